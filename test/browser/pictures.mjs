// The pictures of docs/screens.md: the real program with a synthetic ward, each view at 1280 x 800 and under 200 kB. Run by ./pictures,
// which may be given the names of some of them.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openPage, openWard, soundOn, waitFor } from './browser.mjs';
import { FrozenThread } from './frozen_thread.mjs';
import { Recorded } from './recorded.mjs';
import { Server } from './server.mjs';
import { alarmSettings, Strap } from './strap.mjs';

const OUT = new URL('../../docs/images/', import.meta.url).pathname;
const MOST_BYTES = 200_000;
const QUALITIES = [90, 80, 70, 60, 50, 40, 30];
const SCREEN = { viewport: { width: 1280, height: 800 } };
const PATIENTS = 6;
const chosen = process.argv.slice(2);

const browser = await launch();
const server = await new Server('--log-level', 'warning').start();
const running = [];

/** A picture as good as its bound lets it be. */
async function picture(page, name, options = {}) {
  for (const quality of QUALITIES) {
    const bytes = await page.screenshot({ type: 'jpeg', quality, ...options });
    if (bytes.length > MOST_BYTES) continue;
    writeFileSync(join(OUT, `${name}.jpg`), bytes);
    console.log(`${name}.jpg ${Math.round(bytes.length / 1000)} kB`);
    return;
  }
  throw new Error(`${name} is over ${MOST_BYTES} bytes`);
}

async function ward(options = {}) {
  const page = await openWard(browser, server, { ...SCREEN, ...options });
  await soundOn(page).catch(() => {});
  return page;
}

async function openStation(label) {
  const made = JSON.parse(server.command('station', 'add', '--label', label));
  await wait(1200);
  const page = await openPage(browser, SCREEN);
  await page.goto(server.url + made.path);
  await page.waitForFunction(() => document.documentElement.dataset.connection === 'live');
  return page;
}

const put = (page, path, body) => page.evaluate(([to, text]) => fetch(to, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: text }).then(({ status }) => status), [path, JSON.stringify(body)]);

/** What each picture needs to be taken; each begins on a page of its own. */
const VIEWS = {
  async ward() {
    const page = await ward();
    await page.waitForFunction((count) => document.querySelectorAll('.tile[data-condition="live"]').length >= count, PATIENTS);
    await wait(12_000);
    await picture(page, 'ward');
    return page;
  },
  async 'ward-light'() {
    const page = await ward({ colorScheme: 'light' });
    await wait(12_000);
    await picture(page, 'ward-light');
    return page;
  },
  async patient() {
    const page = await ward();
    await page.evaluate(() => (location.hash = '#/patient/ward-1'));
    await page.locator('.reader[data-drawn="live"]').waitFor();
    await wait(12_000);
    await picture(page, 'patient', { fullPage: true });
    return page;
  },
  async 'reader-spectrum'() {
    const page = await ward({ viewport: { width: 1280, height: 1000 } });
    await page.evaluate(() => (location.hash = '#/patient/recorded'));
    await page.locator('.reader[data-drawn]').waitFor();
    for (let times = 0; times < 3; times++) await page.keyboard.press('PageUp');
    await page.waitForFunction(() => !/Loading/.test(document.querySelector('.spectrum-said').textContent));
    await wait(4_000);
    await page.locator('.reader').screenshot();
    await picture(page, 'reader-spectrum', { fullPage: true });
    return page;
  },
  async station() {
    const page = await openStation('Nurses’ desk');
    await page.locator('.sound-line').getByRole('button').click();
    await wait(4_000);
    await picture(page, 'station');
    await page.getByRole('button', { name: 'Pause sound 2 min' }).click();
    await page.locator('dialog.pin').waitFor();
    await picture(page, 'station-pin');
    return page;
  },
  async handover() {
    const page = await ward();
    await page.goto(`${server.url}/handover`);
    await page.locator('.handover-patient').first().waitFor();
    await page.emulateMedia({ media: 'print' });
    await picture(page, 'handover', { fullPage: true });
    return page;
  },
  async administration() {
    const page = await ward();
    for (const section of ['patients', 'devices', 'keys', 'staff', 'stations', 'alarms', 'clock', 'sizing']) {
      await page.goto(`${server.url}/administration#${section}`);
      await page.reload();
      await page.locator('.admin-body > *').first().waitFor();
      if (section === 'keys') {
        const form = page.locator('.admin-form', { has: page.getByRole('heading', { name: 'Make a key', exact: true }) });
        await form.getByLabel('Key of').selectOption('patient');
        await form.getByLabel('Id', { exact: true }).fill('ward-1');
        await form.getByRole('button').click();
        await page.getByRole('button', { name: 'Show as QR codes for a phone' }).click();
        await page.locator('.phone-codes svg').first().waitFor();
      }
      await wait(500);
      await picture(page, `administration-${section}`);
    }
    return page;
  },
  async sender() {
    const page = await openPage(browser, { viewport: { width: 390, height: 844 }, hasTouch: true });
    await page.goto(`${server.url}/sender#${new URLSearchParams({ patient: 'phone', device: 'phone-1', key: server.key('phone') })}`);
    await page.getByText('This browser can now send for phone').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Start sending' }).click();
    await wait(8_000);
    await picture(page, 'sender');
    return page;
  },
  async 'not-watched'() {
    const page = await ward();
    await page.locator('.not-watched-line').waitFor({ timeout: 30_000 });
    await picture(page, 'not-watched');
    return page;
  },
  async 'monitoring-stopped'() {
    const page = await ward();
    const frozen = await FrozenThread.freeze(server.process.pid, 'detector');
    try {
      await page.locator('.banner.stopped').waitFor({ timeout: 30_000 });
      await wait(2_000);
      await picture(page, 'monitoring-stopped');
    } finally {
      await frozen.thaw();
    }
    return page;
  },
};

/** A ward of six synthetic patients, one with a fast heart, one with an hour in the store, and what people need to act. */
async function prepare() {
  const keys = join(server.folder, 'keys');
  writeFileSync(keys, Array.from({ length: PATIENTS }, (_, at) => `ward-${at + 1} ${server.key(`ward-${at + 1}`)}\n`).join(''));
  const words = ['--to', server.url, '--keys', keys, '--patients', PATIENTS, '--channels', 8, '--first-seizure', 40, '--duration', 3600, '--quiet'];
  running.push(spawn(process.env.VIGIL_BIN, ['play', ...words.map(String)], { stdio: 'ignore' }));
  const now = Math.floor(Date.now() / 1000);
  const recorded = new Recorded(server, 'recorded');
  await recorded.send(now - 900, now, 30);
  let at = now - 900;
  for (let beat = 0; at < now - 2; ) {
    const rr_us = Array.from({ length: 60 }, (_, index) => Math.round(820_000 + 60_000 * Math.sin((beat + index) / 9)));
    await server.post('/v1/beats', { device: 'strap', stream: 's1', first_beat: beat, start_time_us: Math.round(at * 1e6), rr_us, synthetic: true }, recorded.key);
    beat += 60;
    at += rr_us.reduce((sum, rr) => sum + rr, 0) / 1e6;
  }
  recorded.start();
  const strap = new Strap(server, 'ward-2');
  strap.rate = 150;
  strap.start();
  running.push({ kill: () => void (strap.running = recorded.running = false) });
  const page = await ward();
  await page.waitForFunction(() => document.querySelectorAll('.tile[data-condition="live"]').length >= 6, null, { timeout: 60_000 });
  for (const patient of ['ward-1', 'ward-2', 'ward-3']) await alarmSettings(page, patient, { switched_on: true, reason: 'admitted' });
  await put(page, '/v1/vigil/alarm-settings', { switched_on: true, reason: 'the store is watched' });
  writeFileSync(join(server.folder, 'password'), 'a long enough password');
  server.command('user', 'nurse', '--role', 'clinician', '--password-file', join(server.folder, 'password'));
  await waitFor(page, 'ward-2', 'alarm', 'medium', 60_000);
  await page.context().close();
}

try {
  await prepare();
  for (const [name, take] of Object.entries(VIEWS)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const page = await take();
    await page.context().close();
  }
} finally {
  for (const one of running) one.kill('SIGKILL');
  await browser.close();
  await server.close();
}
