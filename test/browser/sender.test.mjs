// The sender for phones: set up by a QR code that an administrator asked for, sending through the real intake, a night without a network.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { violations } from './accessible.mjs';
import { browser, openPage, openWard, server, startBoth, tile, waitFor } from './browser.mjs';
import { alarmSettings } from './strap.mjs';

startBoth();

const decodeQR = createRequire(new URL('../../web/package.json', import.meta.url))('qr/decode.js').default;
const OUT = new URL('./out/', import.meta.url).pathname;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** What a camera reads from a code on the page. */
async function scan(code) {
  const [size, path] = await code.evaluate((svg) => [svg.viewBox.baseVal.width, svg.querySelector('path').getAttribute('d')]);
  const scale = 6;
  const width = size * scale;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)/g))
    for (let dy = 0; dy < scale; dy++) for (let dx = 0; dx < scale; dx++) data.fill(0, 4 * ((y * scale + dy) * width + x * scale + dx), 4 * ((y * scale + dy) * width + x * scale + dx) + 3);
  return decodeQR({ width, height: width, data });
}

const link = (patient, key) => `${server.url}/sender#${new URLSearchParams({ patient, device: `phone-${patient}`, key })}`;

/** The sender on a phone, set up for a patient. */
async function phoneOf(patient) {
  const page = await openPage(browser, PHONE);
  await page.goto(link(patient, server.key(patient)));
  await page.getByText(`This browser can now send for ${patient}`).waitFor({ timeout: 60_000 });
  return page;
}

const answers = (page) => page.locator('.sender-answers li').evaluateAll((lines) => lines.map(({ dataset, textContent }) => ({ state: dataset.state, text: textContent })).reverse());

/** The first sample and the number of blocks of each accepted answer, in the order in which they came. */
const accepted = (lines) =>
  lines.filter(({ state }) => state === 'accepted').map(({ text }) => ({ first: Number(/from sample (\d+)/.exec(text)[1]), blocks: Number(/, (\d+) blocks/.exec(text)?.[1] ?? 1) }));

describe('a phone', { timeout: 300_000 }, () => {
  it('is set up by a QR code that an administrator asks for, and the key stays in no address', async () => {
    const page = await openWard(browser, server, { bypassCSP: true });
    await page.goto(`${server.url}/administration#keys`);
    const form = page.locator('.admin-form', { has: page.getByRole('heading', { name: 'Make a key', exact: true }) });
    await form.getByLabel('Key of').selectOption('patient');
    await form.getByLabel('Id', { exact: true }).fill('ida');
    await form.getByRole('button').click();
    const key = await page.locator('.new-key', { hasText: 'vk_' }).textContent();
    assert.equal(await page.locator('.phone-codes svg').count(), 0, 'a code is shown that nobody asked for');
    await page.getByRole('button', { name: 'Show as QR codes for a phone' }).click();
    const codes = page.locator('.phone-codes svg');
    const [sender, health] = [await scan(codes.nth(0)), await scan(codes.nth(1))];
    assert.equal(sender, `${server.url}/sender#${new URLSearchParams({ patient: 'ida', device: 'phone-ida', key })}`);
    assert.ok(health.startsWith(`com.HealthExport://automation?url=${encodeURIComponent(`${server.url}/v1/health-auto-export`)}&`), health);
    assert.ok(health.includes(encodeURIComponent(`Authorization,Bearer ${key}`)));
    assert.ok(page.asked.every((address) => !address.includes(key)), 'the key was sent somewhere');
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Hide the codes' }).click();
    assert.equal(await codes.count(), 0);
    await page.context().close();

    const phone = await openPage(browser, PHONE);
    await phone.goto(sender);
    await phone.getByText('This browser can now send for ida').waitFor();
    assert.equal(phone.url(), `${server.url}/sender`);
    assert.ok(phone.asked.every((address) => !address.includes(key)), 'the key was sent somewhere');
    await phone.context().close();
  });

  it('sends in real time through the intake, shows each answer, and ends its stream on purpose', async () => {
    const ward = await openWard(browser, server);
    const phone = await phoneOf('walker');
    await phone.getByRole('button', { name: 'Start sending' }).click();
    await waitFor(ward, 'walker', 'condition', 'live', 60_000);
    assert.ok(await tile(ward, 'walker').locator('.synthetic').isVisible(), 'made by a model, and not marked');
    await waitFor(ward, 'walker', 'level', 'low', 60_000);
    await phone.locator('.sender-answers li').nth(2).waitFor();
    const lines = await answers(phone);
    assert.ok(lines.every(({ state }) => state === 'accepted'), JSON.stringify(lines));
    await phone.screenshot({ path: `${OUT}sender.png` });
    await phone.getByRole('button', { name: 'Stop and end the stream' }).click();
    await waitFor(ward, 'walker', 'condition', 'ended', 30_000);
    assert.equal((await answers(phone)).at(-1).state, 'ended');
    assert.deepEqual(phone.faults, []);
    for (const page of [ward, phone]) await page.context().close();
  });

  it('has a button for the patient: pressed twice it calls staff, also while nothing is sent', async () => {
    const ward = await openWard(browser, server);
    const phone = await phoneOf('presser');
    assert.equal(await alarmSettings(ward, 'presser', { switched_on: true, reason: 'admitted' }), 204);
    await phone.getByRole('button', { name: 'I feel a seizure: call staff' }).click();
    await phone.getByRole('button', { name: 'Really call staff?' }).click();
    await phone.locator('li[data-state="pressed"]').waitFor({ timeout: 30_000 });
    await tile(ward, 'presser').locator('.tile-note', { hasText: /EVENT BUTTON/ }).waitFor({ timeout: 30_000 });
    assert.deepEqual(phone.faults, []);
    for (const page of [ward, phone]) await page.context().close();
  });

  it('sends a file of its own, and says what is wrong with one that it cannot read', async () => {
    const ward = await openWard(browser, server);
    const phone = await phoneOf('reader');
    await phone.getByLabel('Recording').selectOption('file');
    const choose = (name, text) => phone.getByLabel('File', { exact: true }).setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
    await choose('broken.csv', 'Fp1,F7\n1,2\n3');
    await phone.getByRole('button', { name: 'Start sending' }).click();
    await phone.getByText('Line 3 is not made of plain numbers').waitFor();
    await choose('Z001.txt', Array.from({ length: 178 * 4 }, (_, at) => Math.round(50 * Math.sin(at / 3))).join('\n'));
    await phone.getByRole('button', { name: 'Start sending' }).click();
    await phone.getByText('Z001.txt: 1 channel at 173.61 Hz').waitFor();
    await waitFor(ward, 'reader', 'condition', 'ended', 60_000);
    assert.ok(await tile(ward, 'reader').locator('.synthetic').isHidden(), 'a recording is not made by a model');
    for (const page of [ward, phone]) await page.context().close();
  });

  it('keeps its blocks while there is no network, also over a reload, and sends the newest first afterwards', async () => {
    const phone = await phoneOf('traveller');
    await phone.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await phone.getByRole('button', { name: 'Start sending' }).click();
    await phone.locator('li[data-state="accepted"]').first().waitFor({ timeout: 30_000 });
    await phone.context().setOffline(true);
    await phone.getByText(/[89] blocks waiting in this browser, no network/).waitFor({ timeout: 60_000 });
    const before = accepted(await answers(phone));
    await phone.context().setOffline(false);
    await phone.getByText('Nothing waits').waitFor({ timeout: 30_000 });
    const lines = accepted(await answers(phone)).slice(before.length);
    const sent = before.reduce((sum, { blocks }) => sum + blocks, 0);
    assert.ok(lines[0].first > 256 * (sent + 4), `the oldest went first: ${JSON.stringify(lines)}`);
    assert.ok(lines.some(({ first }) => first === 256 * sent), 'the oldest is missing');

    await server.stop('SIGKILL');
    await phone.getByText(/[3-9] blocks waiting in this browser/).waitFor({ timeout: 60_000 });
    await phone.reload();
    await phone.getByText(/\d+ blocks waiting in this browser/).waitFor({ timeout: 30_000 });
    await server.start();
    await phone.getByText('Nothing waits').waitFor({ timeout: 120_000 });
    const late = accepted(await answers(phone));
    assert.ok(late.reduce((sum, { blocks }) => sum + blocks, 0) >= 3, 'what was kept did not arrive');
    assert.deepEqual(phone.faults, []);
    await phone.context().close();
  });

  it('keeps no call of the server in its cache, and is no hindrance to anybody', async () => {
    const page = await openPage(browser, { ...PHONE, bypassCSP: true, colorScheme: 'light' });
    await page.goto(`${server.url}/sender`);
    await page.getByText('Nothing is set up yet').waitFor();
    assert.deepEqual(await violations(page), []);
    const worker = await page.evaluate(async () => {
      const { scope } = await navigator.serviceWorker.ready;
      const kept = [];
      for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) kept.push(new URL(url).pathname);
      return { scope, kept };
    });
    assert.equal(worker.scope, `${server.url}/sender`);
    assert.ok(worker.kept.includes('/sender') && worker.kept.some((path) => path.endsWith('.js')), worker.kept.join());
    assert.ok(worker.kept.every((path) => path === '/sender' || path === '/icon.svg' || path === '/sender.webmanifest' || path.startsWith('/assets/')), worker.kept.join());
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${wide} px too wide`);
    const manifest = await (await page.request.get(`${server.url}/sender.webmanifest`)).json();
    assert.deepEqual([manifest.scope, manifest.start_url], ['/sender', '/sender']);
    await wait(200);
    await page.context().close();
  });
});
