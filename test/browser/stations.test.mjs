// Sound, stations and the second way, as the people on duty meet them.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { listen, pulses } from './hearing.mjs';
import { launch, openPage, openWard, waitFor } from './browser.mjs';
import { Server } from './server.mjs';
import { Strap } from './strap.mjs';

const SECRET = '0123456789abcdef0123456789abcdef';
const PIN = '204865';

/** Somebody else's server: keeps what it gets, and answers as it is told. */
class Receiver {
  got = [];
  status = 200;

  async start() {
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        this.got.push({ body, signature: request.headers['x-vigil-signature'], at: Date.now(), method: request.method });
        response.writeHead(this.status).end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((ready) => this.server.once('listening', ready));
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this;
  }

  async until(enough, ms = 20_000) {
    for (const end = Date.now() + ms; Date.now() < end; await wait(50)) if (enough(this.got)) return;
    assert.fail(`the receiver got ${JSON.stringify(this.got)}`);
  }
}

const call = (page, method, path, body) =>
  page.evaluate(
    async ([verb, where, text]) => {
      const answer = await fetch(where, { method: verb, headers: text ? { 'Content-Type': 'application/json' } : {}, ...(text ? { body: text } : {}) });
      return { status: answer.status, text: await answer.text() };
    },
    [method, path, body ? JSON.stringify(body) : ''],
  );

const sound = (page, state) => page.waitForFunction((wanted) => document.documentElement.dataset.sound === wanted, state);
const watched = (page, answer) => page.waitForFunction((wanted) => document.documentElement.dataset.watched === wanted, answer, { timeout: 15_000 });

describe('sound and stations', { timeout: 400_000 }, () => {
  let browser;
  let server;
  let receiver;
  let strap;

  before(async () => {
    browser = await launch();
    receiver = await new Receiver().start();
    server = new Server();
    const way = join(server.folder, 'way.json');
    writeFileSync(join(server.folder, 'secret'), SECRET, { mode: 0o600 });
    writeFileSync(way, JSON.stringify({ webhook_url: receiver.url, webhook_secret_file: 'secret' }));
    server.options = ['--second-way', way];
    await server.start();
  });

  after(async () => {
    await strap?.stop();
    await browser?.close();
    await server?.close();
    receiver?.server.close();
  });

  /** A new station: its link is opened at a browser that nobody has signed in at. */
  async function openStation(label) {
    const made = JSON.parse(server.command('station', 'add', '--label', label));
    const page = await openPage(browser);
    await page.addInitScript(listen);
    for (const until = Date.now() + 2000; ; await wait(100)) {
      await page.goto(server.url + made.path);
      if (await page.evaluate(() => document.getElementById('page') !== null)) break;
      assert.ok(Date.now() < until, 'the link of a new station works');
    }
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'live');
    return { page, id: made.id, path: made.path };
  }

  it('a page whose sound is blocked says so, and one click unblocks it', async () => {
    const page = await openWard(browser, server, { prepare: (opened) => opened.addInitScript(listen) });
    await sound(page, 'blocked');
    const line = page.locator('.sound-line');
    assert.match(await line.textContent(), /SOUND BLOCKED/);
    await page.screenshot({ path: 'out/sound-blocked.png' });
    await line.getByRole('button').click();
    await sound(page, 'on');
    assert.equal(await line.isVisible(), false);
    // What is tested is what is heard: one pulse, three, then ten.
    await page.getByRole('button', { name: 'Test sound' }).click();
    await wait(8_000);
    const begun = pulses(await page.evaluate(() => window.heard));
    assert.equal(begun.length, 14, `pulses at ${begun}`);
    const gaps = begun.slice(1).map((at, before) => at - begun[before]);
    const near = (seconds, wanted) => assert.ok(Math.abs(seconds - wanted) < 0.03, `${seconds} s instead of ${wanted} s`);
    near(gaps[1], 0.4);
    near(gaps[2], 0.4);
    [0.25, 0.25, 0.5, 0.25, 0.75, 0.25, 0.25, 0.5, 0.25].forEach((wanted, at) => near(gaps[4 + at], wanted));
    await page.getByRole('button', { name: 'Sound on' }).click();
    await sound(page, 'off');
    assert.match(await line.textContent(), /SOUND OFF/);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('an alarm that nobody answers is called, signed', async () => {
    const page = await openWard(browser, server);
    receiver.got.length = 0;
    strap = new Strap(server, 'racing').start();
    await page.locator('[data-patient="racing"]').waitFor();
    assert.equal((await call(page, 'PUT', '/v1/patients/racing/alarm-settings', { switched_on: true, unanswered_medium_after_s: 30 })).status, 204);
    await watched(page, 'no');
    assert.match(await page.locator('.not-watched-line').textContent(), /NOT WATCHED.*racing.*no station/);
    strap.rate = 150;
    await waitFor(page, 'racing', 'alarm', 'medium', 40_000);
    await receiver.until((got) => got.length > 0, 60_000);
    const { body, signature } = receiver.got[0];
    const told = JSON.parse(body);
    assert.equal(told.reason, 'unanswered');
    assert.equal(told.condition, 'tachycardia');
    assert.equal(told.patient, 'racing');
    const [, seconds, code] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature);
    assert.equal(code, createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
    assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 60);
    const calls = JSON.parse((await call(page, 'GET', '/v1/calls')).text).calls;
    assert.equal(calls[0].attempts[0].outcome, 'delivered');
    await page.context().close();
  });

  it('a station shows and sounds, cannot act without a PIN, and ends within a second', async () => {
    const admin = await openWard(browser, server);
    writeFileSync(join(server.folder, 'password'), 'a long enough password');
    writeFileSync(join(server.folder, 'pin'), PIN);
    server.command('user', 'nurse', '--role', 'clinician', '--password-file', join(server.folder, 'password'));
    await wait(1_000);
    server.command('pin', 'nurse', '--pin-file', join(server.folder, 'pin'));

    const { page, id, path } = await openStation('Desk');
    await page.locator('.station-name').waitFor();
    assert.equal(await page.locator('.station-name').textContent(), 'STATION Desk');
    await sound(page, 'blocked');
    await watched(page, 'no'); // it cannot be heard
    await page.locator('.sound-line').getByRole('button').click();
    await watched(page, 'yes');
    await watched(admin, 'yes');

    // Medium: three pulses, and again after 20 s.
    await wait(2_500);
    const begun = pulses(await page.evaluate(() => window.heard));
    assert.equal(begun.length, 3, `pulses at ${begun}`);

    // It may look, and nothing else.
    assert.equal((await call(page, 'POST', '/v1/patients/racing/acts', { kind: 'audio_pause', for_s: 60 })).status, 401);
    assert.equal((await call(page, 'PUT', '/v1/patients/racing/alarm-settings', { switched_on: false })).status, 403);
    assert.equal((await call(page, 'POST', '/v1/admin/keys', { patient: 'p9' })).status, 403);
    assert.equal((await call(page, 'POST', '/v1/sign-out', null)).status, 403);
    assert.equal((await call(page, 'POST', '/v1/sign-in', { user: 'nurse', password: 'a long enough password' })).status, 403);
    assert.equal((await call(page, 'GET', path)).status, 401, 'its link works once');

    // The pause asks who; a wrong PIN is said, the right one pauses, with a countdown on both pages.
    await page.getByRole('button', { name: 'Pause sound 2 min' }).click();
    const dialog = page.locator('dialog.pin');
    await dialog.waitFor();
    await dialog.getByLabel('Person').selectOption('nurse');
    await dialog.getByLabel('PIN').fill('999990');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByText('Person or PIN is wrong.').waitFor();
    await page.screenshot({ path: 'out/station-pin.png' });
    await dialog.getByLabel('PIN').fill(PIN);
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    for (const shown of [page, admin]) {
      await shown.locator('.sound-paused').filter({ hasText: /SOUND PAUSED [12]:\d\d: racing/ }).waitFor({ timeout: 10_000 });
    }
    await page.screenshot({ path: 'out/station-paused.png' });
    const silentFrom = await page.evaluate(() => window.heard.length);
    await wait(3_000);
    assert.equal(pulses((await page.evaluate(() => window.heard)).slice(silentFrom)).length, 0);

    // Revoked: the page ends, and the ward is not watched.
    server.command('station', 'revoke', id);
    await page.waitForURL(/\/signin/, { timeout: 10_000 });
    await watched(admin, 'no');
    assert.equal((await call(page, 'GET', '/v1/me')).status, 401);
    assert.deepEqual(page.faults, []);
    await page.context().close();
    await admin.context().close();
  });

  it('a high alarm is called after five seconds without a station; a station that shows and sounds it confirms it, and acknowledges by PIN', async () => {
    const admin = await openWard(browser, server);
    await watched(admin, 'no');
    const callForHelp = async () => assert.equal((await call(admin, 'POST', '/v1/patients/racing/mark', { kind: 'manual_alarm', confirm: true })).status, 202);
    const calls = () => receiver.got.map(({ body, at }) => ({ ...JSON.parse(body), at })).filter(({ condition }) => condition === 'manual alarm');
    const standing = async () => JSON.parse((await call(admin, 'GET', '/v1/patients/racing/alarms')).text).alarms.filter(({ condition, state }) => condition === 'manual alarm' && state === 'on');

    await callForHelp();
    await receiver.until(() => calls().length > 0);
    const [first] = calls();
    assert.equal(first.reason, 'unconfirmed');
    assert.equal(first.priority, 'high');
    assert.ok(first.at - Date.parse(first.raised) >= 4_900, `called ${first.at - Date.parse(first.raised)} ms after it was raised`);
    const strip = (page) => page.locator('.strip-alarm', { hasText: 'MANUAL ALARM' });
    await strip(admin).getByRole('button', { name: 'Acknowledge' }).click();
    await strip(admin).waitFor({ state: 'detached' });

    const { page } = await openStation('Bedside');
    await page.locator('.sound-line').getByRole('button').click();
    await watched(admin, 'yes');
    const before = calls().length;
    const from = await page.evaluate(() => window.heard.length);
    await callForHelp();
    await strip(page).waitFor();
    // Two bursts of ten; the second comes ten seconds after the first.
    const heard = async () => pulses((await page.evaluate(() => window.heard)).slice(from));
    for (const until = Date.now() + 40_000; Date.now() < until && (await heard()).length < 20; ) await wait(500);
    const begun = await heard();
    assert.ok(begun.length >= 20, `pulses at ${begun}`);
    assert.equal(calls().length, before, 'a station has confirmed it');
    await strip(page).getByRole('button', { name: 'Acknowledge' }).click();
    const dialog = page.locator('dialog.pin');
    await dialog.getByLabel('Person').selectOption('nurse');
    await dialog.getByLabel('PIN').fill(PIN);
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await strip(page).waitFor({ state: 'detached' });
    for (const until = Date.now() + 20_000; Date.now() < until && (await standing()).length > 0; ) await wait(500);
    assert.deepEqual(await standing(), []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
    await admin.context().close();
  });

  it('a second way that is away is shown on every page, and goes on after a restart', async () => {
    const page = await openWard(browser, server);
    receiver.status = 500;
    const before = receiver.got.length;
    assert.equal((await call(page, 'POST', '/v1/admin/calls/test', null)).status, 202);
    const line = page.locator('.fault-line').filter({ hasText: 'CALLS DO NOT GET OUT' });
    await line.waitFor({ timeout: 10_000 });
    assert.match(await line.textContent(), /1 call waits.*The receiver answered 500/);
    await server.stop('SIGKILL');
    await server.start();
    const since = receiver.got.length;
    await receiver.until((got) => got.length > since);
    receiver.status = 200;
    const tried = receiver.got.length;
    await receiver.until((got) => got.length > tried, 60_000);
    const tests = receiver.got.slice(before).map(({ body }) => JSON.parse(body)).filter(({ reason }) => reason === 'test');
    assert.equal(new Set(tests.map(({ call: id }) => id)).size, 1, 'it is the same call in every attempt');
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'live', null, { timeout: 20_000 });
    await line.waitFor({ state: 'hidden', timeout: 10_000 });
    await page.context().close();
  });
});
