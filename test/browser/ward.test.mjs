// The page as people meet it: the real program, a real device, a real browser.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it as nodeTest } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { violations } from './accessible.mjs';
import { browser, openPage, openWard, server, startBoth, tile, waitFor } from './browser.mjs';
import { bonn, Device, quiet } from './device.mjs';
import { Server } from './server.mjs';

const OUT = new URL('./out/', import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

/** Longer than any wait inside a test, so that a test that hangs names itself. */
const it = (name, options, act = options) => nodeTest(name, { timeout: 150_000, ...(act === options ? {} : options) }, act);

startBoth();

describe('the live page', () => {
  it('shows a played seizure within 2 s of its window end', { skip: !process.env.VIGIL_DATA && 'VIGIL_DATA is not set' }, async () => {
    const late = await playSeizure('seizure');
    console.log(`shown ${late} ms after the window's last sample`);
    assert.ok(late < 2000 && late > -1000, `${late} ms`);
  });

  it('says for how long an event goes on, and answers it as ended once its stream has', { skip: !process.env.VIGIL_DATA && 'VIGIL_DATA is not set' }, async () => {
    const seizure = bonn('setE', 3);
    const page = await openWard(browser, server);
    const device = new Device(server, 'event', (index) => seizure[index % seizure.length]).start();
    const note = tile(page, 'event').locator('.tile-note');
    await waitFor(page, 'event', 'level', 'high');
    const says = (text) => page.waitForFunction(([id, wanted]) => new RegExp(wanted).test(document.querySelector(`.tile[data-patient="${id}"] .tile-note`)?.textContent ?? ''), ['event', text], { timeout: 30_000 });
    await says('^EVENT for \\d+ s, not validated$');
    await page.screenshot({ path: `${OUT}event.png` });
    assert.equal((await eventsOf(page, 'event'))[0].state, 'ongoing');
    await device.end();
    let events = [];
    for (let attempt = 0; attempt < 50 && events[0]?.state !== 'ended'; attempt++) {
      await wait(200);
      events = await eventsOf(page, 'event');
    }
    assert.equal(events.length, 1);
    assert.equal(events[0].state, 'ended');
    assert.ok(events[0].duration_s > 5 && events[0].duration_s < 60, `${events[0].duration_s} s`);
    await page.context().close();
  });

  it('says NO DATA when the sender stops, ENDED when it ends on purpose, and LIVE again when it returns', async () => {
    const page = await openWard(browser, server);
    const stopping = new Device(server, 'stopping', quiet).start();
    const ending = new Device(server, 'ending', quiet).start();
    for (const patient of ['stopping', 'ending']) await waitFor(page, patient, 'condition', 'live');
    await Promise.all([stopping.stop(), ending.end()]);
    await waitFor(page, 'ending', 'condition', 'ended');
    await waitFor(page, 'stopping', 'condition', 'no-data', 40_000);
    assert.equal(await tile(page, 'stopping').locator('.fitted-word').textContent(), 'NO DATA');
    assert.match(await tile(page, 'stopping').locator('.tile-note').textContent(), /NO DATA for \d+ s/);
    assert.match(await tile(page, 'stopping').locator('a').getAttribute('aria-label'), /NO DATA/);
    assert.equal(await tile(page, 'ending').getAttribute('data-condition'), 'ended');
    const back = new Device(server, 'stopping', quiet).start();
    await waitFor(page, 'stopping', 'condition', 'live');
    await back.stop();
    await page.context().close();
  });

  it('shows heart rate with its age', async () => {
    const page = await openWard(browser, server);
    const device = new Device(server, 'heart', quiet);
    await device.heartRate(87);
    await page.waitForFunction(() => document.querySelector('.tile[data-patient="heart"] .heart-value')?.textContent === '87');
    assert.match(await tile(page, 'heart').locator('.heart-age').textContent(), /^\d+ s ago$/);
    await page.context().close();
  });

  it('is not fooled by a wrong clock of the browser', async () => {
    const device = new Device(server, 'clock', quiet).start();
    const page = await openPage(browser);
    await page.clock.install({ time: new Date('2031-05-05T05:05:05Z') });
    const link = server.command('link').trim();
    await page.goto(server.url + link.slice(link.indexOf('/signin')));
    await waitFor(page, 'clock', 'condition', 'live');
    await page.clock.runFor(600);
    assert.match(await tile(page, 'clock').locator('.tile-age').textContent(), /^LIVE \d s ago$/);
    await device.stop();
    await page.context().close();
  });

  it('says CONNECTION LOST while the server is away, and recovers by itself', async () => {
    const page = await openWard(browser, server);
    const device = new Device(server, 'restart', quiet).start();
    await waitFor(page, 'restart', 'condition', 'live');
    await server.stop('SIGKILL');
    try {
      await page.locator('.banner.lost').waitFor({ timeout: 20_000 });
      assert.match(await page.locator('.banner.lost').textContent(), /CONNECTION LOST.*Nothing shown here is current/);
      assert.equal(await tile(page, 'restart').getAttribute('data-condition'), 'lost');
      await page.screenshot({ path: `${OUT}lost.png` });
    } finally {
      await server.start();
    }
    await page.locator('.banner.lost').waitFor({ state: 'hidden', timeout: 40_000 });
    await waitFor(page, 'restart', 'condition', 'live');
    await device.stop();
    await page.context().close();
  });

  it('says CONNECTION LOST when the server goes silent without closing, and recovers', async () => {
    const page = await openWard(browser, server);
    server.process.kill('SIGSTOP');
    try {
      await page.locator('.banner.lost').waitFor({ timeout: 20_000 });
      await wait(5000);
    } finally {
      server.process.kill('SIGCONT');
    }
    await page.locator('.banner.lost').waitFor({ state: 'hidden', timeout: 40_000 });
    await page.context().close();
  });

  it('asks no other host', async () => {
    const page = await openWard(browser, server);
    await wait(1500);
    const hosts = new Set(page.asked.map((address) => new URL(address).host));
    assert.deepEqual([...hosts], [new URL(server.url).host]);
    await page.context().close();
  });
});

/** Plays six calm seconds and then a seizure; how many milliseconds after its first high window's end the page says HIGH. */
async function playSeizure(patient) {
  const calm = bonn('setA', 0);
  const seizure = bonn('setE', 3);
  const onset = Math.round(6 * 173.61);
  const device = new Device(server, patient, (index) => (index < onset ? calm[index] : seizure[(index - onset) % seizure.length]));
  const page = await openWard(browser, server);
  device.start();
  await waitFor(page, patient, 'level', 'low');
  await page.evaluate((id) => {
    new MutationObserver(() => {
      if (document.querySelector(`.tile[data-patient="${id}"] .fitted-word`)?.textContent === 'HIGH') window.seenHigh ??= Date.now();
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, patient);
  await waitFor(page, patient, 'level', 'high');
  assert.equal(await tile(page, patient).locator('.fitted-word').textContent(), 'HIGH');
  await page.screenshot({ path: `${OUT}seizure.png` });
  await device.stop();
  const shown = await page.evaluate(() => window.seenHigh);
  const windowEnd = await firstHighEnd(page, patient);
  assert.ok(windowEnd > device.timeUs(onset) / 1000 - 50, 'no high score before the seizure');
  assert.deepEqual(page.faults, []);
  await page.context().close();
  return Math.round(shown - windowEnd);
}

const eventsOf = (page, patient) => page.evaluate(async (id) => (await (await fetch(`/v1/patients/${id}/events`)).json()).events, patient);

/** UTC milliseconds of the end of the first window whose score is high, as the store has it. */
async function firstHighEnd(page, patient) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const answer = await page.evaluate(async (id) => (await fetch(`/v1/patients/${id}/detections`)).json(), patient);
    const high = (answer.detections ?? []).filter((row) => row.score > 0.7).map((row) => Date.parse(row.end_time));
    if (high.length > 0) return Math.min(...high);
    await wait(200);
  }
  throw new Error('the store has no high score');
}

describe('people', () => {
  it('use the page with the keyboard alone', async () => {
    const devices = ['k1', 'k2', 'k3', 'k4'].map((patient) => new Device(server, patient, quiet, 8).start());
    const page = await openWard(browser, server);
    await waitFor(page, 'k4', 'condition', 'live');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('href') ?? document.activeElement?.className);
    await page.keyboard.press('Home');
    const first = await focused();
    await page.keyboard.press('ArrowRight');
    assert.notEqual(await focused(), first);
    await page.keyboard.press('ArrowLeft');
    assert.equal(await focused(), first);
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(ring, '3px');
    await tile(page, 'k2').locator('a').focus();
    await page.keyboard.press('Enter');
    await page.locator('section.detail').waitFor();
    await page.waitForFunction(() => /8 channels/.test(document.querySelector('.detail-facts')?.textContent ?? ''));
    assert.ok((await page.locator('.ward .tile').count()) >= 4, 'the others stay in sight');
    await page.keyboard.press('?');
    assert.ok(await page.locator('dialog[open]').isVisible());
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('section.detail').count(), 1, 'Esc closes the list of keys first');
    await page.keyboard.press('Escape');
    await page.locator('section.detail').waitFor({ state: 'detached' });
    assert.equal(await focused(), '#/patient/k2');
    await page.context().close();
    await Promise.all(devices.map((device) => device.stop()));
  });

  it('choose light or dark, and turn the single-letter keys off', async () => {
    const page = await openWard(browser, server);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.screenshot({ path: `${OUT}dark.png` });
    const dark = await ground();
    await page.keyboard.press('t');
    assert.notEqual(await ground(), dark);
    await wait(500);
    await page.screenshot({ path: `${OUT}light.png` });
    const light = await ground();
    await page.keyboard.press('?');
    await page.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    assert.equal(await ground(), light);
    await page.context().close();
  });

  for (const colorScheme of ['dark', 'light']) {
    it(`find no barrier that axe knows, ${colorScheme}`, async () => {
      const device = new Device(server, 'axe', quiet, 4).start();
      const page = await openWard(browser, server, { colorScheme, bypassCSP: true });
      await waitFor(page, 'axe', 'condition', 'live');
      assert.deepEqual(await violations(page), [], 'the ward');
      await tile(page, 'axe').locator('a').press('Enter');
      await page.locator('section.detail').waitFor();
      assert.deepEqual(await violations(page), [], 'the detail view');
      await page.keyboard.press('?');
      assert.deepEqual(await violations(page), [], 'the keys');
      await page.goto(`${server.url}/signin`);
      assert.deepEqual(await violations(page), [], 'the sign-in form');
      await device.stop();
      await page.context().close();
    });
  }

  it('can use a phone and 200 % zoom without sideways scrolling', async () => {
    for (const viewport of [{ width: 390, height: 844 }, { width: 960, height: 540 }]) {
      const page = await openWard(browser, server, { viewport });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${viewport.width}: ${wide} px too wide`);
      await page.context().close();
    }
  });

  it('sign in with a password, are told when it is wrong, and sign out', async () => {
    server.input = 'a long enough password\n';
    server.command('user', 'nurse', '--role', 'viewer');
    const page = await openPage(browser);
    await page.goto(server.url);
    await page.waitForURL('**/signin');
    await page.getByLabel('User').fill('nurse');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('User or password is wrong.').waitFor();
    await page.getByLabel('Password').fill('a long enough password');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'live');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/signin');
    await page.goto(server.url);
    await page.waitForURL('**/signin');
    await page.context().close();
  });
});

describe('from three metres', () => {
  it('state and heart rate are 50 px high and more with 16 patients at 1920 x 1080', async () => {
    const own = await new Server().start();
    const devices = Array.from({ length: 16 }, (_, index) => new Device(own, `bed-${index + 1}`, quiet));
    await Promise.all(devices.map((device) => device.heartRate(100)));
    const page = await openWard(browser, own);
    await page.waitForFunction(() => document.querySelectorAll('.tile').length === 16);
    await wait(500);
    const heights = await page.evaluate(() => {
      const pen = document.createElement('canvas').getContext('2d');
      return [...document.querySelectorAll('.heart-value, .fitted-word')].map((word) => {
        const style = getComputedStyle(word);
        pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
        return pen.measureText('H').actualBoundingBoxAscent;
      });
    });
    assert.equal(heights.length, 32);
    assert.ok(Math.min(...heights) >= 50, `lowest letter ${Math.min(...heights)} px`);
    const overflow = await page.evaluate(() => document.documentElement.scrollHeight - document.documentElement.clientHeight);
    assert.ok(overflow <= 0, 'all on one screen');
    await page.context().close();
    await own.close();
  });
});
