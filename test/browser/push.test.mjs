// Calls to people's browsers by Web Push: a real alarm that nobody answers, a push service on this machine that reads and checks each
// push, and the notification in Chromium. Chromium cannot subscribe without a push service of its maker: PushManager.subscribe() alone
// is a stand-in, whose keys the push service here has made.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { violations } from './accessible.mjs';
import { launch, openPage, openWard, waitFor } from './browser.mjs';
import { PushService } from './push_service.mjs';
import { Server } from './server.mjs';
import { alarmSettings, Strap } from './strap.mjs';

const OUT = new URL('./out/', import.meta.url).pathname;
const PASSWORD = 'a long enough password';
const CONTACT = 'mailto:ward@hospital.example';

/** In the page: a subscription that is kept as a browser keeps it. */
function subscribeAs(made) {
  const KEY = 'subscribed';
  const held = () => {
    const options = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    if (!options) return null;
    return {
      ...made,
      options: { userVisibleOnly: true, applicationServerKey: Uint8Array.from(options).buffer },
      toJSON: () => made,
      unsubscribe: async () => localStorage.removeItem(KEY) === undefined,
    };
  };
  PushManager.prototype.getSubscription = async () => held();
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new TypeError('no such options');
    localStorage.setItem(KEY, JSON.stringify([...applicationServerKey]));
    return held();
  };
}

describe('calls to browsers', { timeout: 400_000 }, () => {
  let browser;
  let server;
  let service;
  let strap;
  let page;
  let subscription;

  before(async () => {
    browser = await launch();
    service = await new PushService().start();
    server = new Server();
    const way = join(server.folder, 'way.json');
    writeFileSync(way, JSON.stringify({ push_contact: CONTACT, push_hosts: service.host }));
    server.options = ['--second-way', way];
    await server.start();
    writeFileSync(join(server.folder, 'password'), PASSWORD);
    server.command('user', 'nurse', '--role', 'clinician', '--password-file', join(server.folder, 'password'));
  });

  after(async () => {
    await strap?.stop();
    await browser?.close();
    await server?.close();
    service?.server.close();
  });

  const ask = (method, path) =>
    page.evaluate(
      async ([verb, where]) => {
        const answer = await fetch(where, { method: verb });
        return answer.status === 200 ? await answer.json() : answer.status;
      },
      [method, path],
    );

  async function signedIn({ notifications = false, ...options } = {}) {
    const opened = await openPage(browser, options);
    if (notifications) await opened.context().grantPermissions(['notifications'], { origin: server.url });
    subscription ??= service.subscribe();
    await opened.addInitScript(subscribeAs, subscription);
    await opened.goto(`${server.url}/signin`);
    await opened.getByLabel('User').fill('nurse');
    await opened.getByLabel('Password').fill(PASSWORD);
    await opened.getByRole('button', { name: 'Sign in' }).click();
    await opened.waitForFunction(() => document.documentElement.dataset.connection === 'live');
    return opened;
  }

  const calls = async (opened) => {
    await opened.getByRole('button', { name: 'Calls to me' }).click();
    const dialog = opened.locator('dialog.calls');
    await dialog.waitFor();
    return dialog;
  };

  it('where no contact is named, the page says that calls to browsers are not set up', async () => {
    const other = await new Server().start();
    const opened = await openWard(browser, other);
    const dialog = await calls(opened);
    await dialog.getByText('Calls to browsers are not set up on this server').waitFor();
    assert.equal(await dialog.getByRole('switch').isDisabled(), true);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
    await other.close();
  });

  it('a browser that blocks notifications says what to do', async () => {
    const opened = await signedIn({ bypassCSP: true });
    const dialog = await calls(opened);
    const button = dialog.getByRole('switch');
    const blocked = dialog.getByText('This browser blocks notifications of Vigil.');
    await opened.waitForFunction(() => document.querySelector('#call-me').disabled === (Notification.permission === 'denied'));
    if (await button.isEnabled()) await button.click();
    await blocked.waitFor();
    assert.equal(await button.isChecked(), false);
    assert.deepEqual(await violations(opened), []);
    await opened.context().close();
  });

  it('a person switches calls on at this browser, and sees which of theirs are called', async () => {
    page = await signedIn({ notifications: true });
    const dialog = await calls(page);
    await dialog.getByLabel('Name of this browser').fill('my phone');
    await dialog.getByRole('switch').click();
    await dialog.getByText('This browser is called.').waitFor();
    assert.equal(await dialog.getByRole('switch').isChecked(), true);
    assert.match(await dialog.locator('.call-browsers li').textContent(), /my phone \(this browser\), by 127\.0\.0\.1, since/);
    await page.screenshot({ path: `${OUT}calls.png` });
    await dialog.getByRole('button', { name: 'Close' }).click();
    const second = await signedIn({ bypassCSP: true });
    await (await calls(second)).getByText('my phone, by 127.0.0.1').waitFor();
    assert.deepEqual(await violations(second), []);
    await second.context().close();
    // Whoever else is signed in sees nothing of it.
    const other = await openWard(browser, server);
    assert.deepEqual((await other.evaluate(async () => (await fetch('/v1/me/pushes')).json())).browsers, []);
    await other.context().close();
  });

  it('an alarm that nobody acknowledges is pushed: refused at first, tried again, read and believed', async () => {
    service.status = 503;
    service.headers = { 'Retry-After': '2' };
    strap = new Strap(server, 'racing').start();
    await page.locator('[data-patient="racing"]').waitFor();
    assert.equal(await alarmSettings(page, 'racing', { switched_on: true, unanswered_medium_after_s: 30 }), 204);
    strap.rate = 150;
    await waitFor(page, 'racing', 'alarm', 'medium', 40_000);
    await service.until((got) => got.length > 0, 60_000);
    service.status = 201;
    service.headers = {};
    await service.until((got) => got.length > 1, 30_000);
    const [first, second] = service.got;
    assert.deepEqual(second.said, first.said);
    const { said, claims, headers } = second;
    assert.equal(said.reason, 'unanswered');
    assert.equal(said.condition, 'tachycardia');
    assert.equal(said.priority, 'medium');
    assert.equal(said.patient, 'racing');
    assert.ok(Math.abs(Date.parse(said.since) - Date.now()) < 120_000);
    assert.deepEqual(Object.keys(said).sort(), ['call', 'condition', 'label', 'made', 'patient', 'priority', 'reason', 'since']);
    assert.equal(claims.aud, `http://${service.host}`);
    assert.equal(claims.sub, CONTACT);
    assert.ok(claims.exp > Date.now() / 1000 && claims.exp <= Date.now() / 1000 + 86_400);
    assert.equal(claims.key, (await ask('GET', '/v1/me/pushes')).key);
    assert.equal(headers.urgency, 'high');
    assert.equal(headers.ttl, '3600');
    assert.ok(headers.topic.length <= 32);
    const told = (await ask('GET', '/v1/calls')).calls[0];
    assert.deepEqual(told.attempts.map(({ outcome, tries }) => [outcome, tries.map(({ way, user, status }) => [way, user, status])]).reverse().slice(0, 1), [['delivered', [['push', 'nurse', 201]]]]);
    assert.equal(told.attempts[0].outcome, 'failed');
    assert.equal(told.attempts[0].tries[0].status, 503);
  });

  it('Chromium shows the call with bed, condition and time, and a click brings the ward to the patient', async () => {
    const { said } = service.got[1];
    const session = await page.context().newCDPSession(page);
    const registered = new Promise((found) => session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations.forEach((one) => one.scopeURL === `${server.url}/` && found(one))));
    await session.send('ServiceWorker.enable');
    const { registrationId } = await registered;
    const deliver = (data) => session.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data });
    await deliver(JSON.stringify(said));
    const shown = async () =>
      page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body, data, requireInteraction }) => ({ title, body, data, requireInteraction })));
    const until = async (count) => {
      for (const end = Date.now() + 20_000; Date.now() < end; await wait(50)) if ((await shown()).length >= count) return shown();
      return shown();
    };
    const [notification] = await until(1);
    assert.equal(notification.title, '!! TACHYCARDIA: racing');
    assert.match(notification.body, /^since \d\d:\d\d\. Nobody has acknowledged it\.$/);
    assert.equal(notification.requireInteraction, true);
    // What cannot be read still calls somebody.
    await deliver('{');
    assert.ok((await until(2)).some(({ title }) => title === 'Call of Vigil'));
    // An idle worker is stopped at any time, and each delivery starts it again.
    const click = async () => {
      const worker = page.context().serviceWorkers().find((one) => one.url().endsWith('/push-worker.js'));
      if (!worker) throw new Error('Chromium has no worker at this moment');
      await worker.evaluate(async () => {
        const [clicked] = (await self.registration.getNotifications()).filter(({ data }) => data.patient);
        self.dispatchEvent(new NotificationEvent('notificationclick', { notification: clicked }));
      });
    };
    for (const end = Date.now() + 20_000; ; await deliver('{')) {
      const done = await click().then(() => true, (error) => (Date.now() < end ? wait(200) : Promise.reject(error)));
      if (done) break;
    }
    await page.waitForFunction(() => location.hash === '#/patient/racing', null, { timeout: 30_000 });
    await page.locator('.detail').waitFor();
    await page.evaluate(() => (location.hash = '#/'));
    assert.deepEqual(page.faults, []);
  });

  it('a call that could not be pushed is pushed after a kill, once, and no browser is forgotten', async () => {
    service.status = 500;
    const before = service.got.length;
    const admin = await openWard(browser, server);
    assert.equal(await admin.evaluate(async () => (await fetch('/v1/admin/calls/test', { method: 'POST' })).status), 202);
    await service.until((got) => got.length > before + 1);
    await admin.locator('.fault-line').filter({ hasText: 'CALLS DO NOT GET OUT' }).waitFor();
    await server.stop('SIGKILL');
    const atKill = service.got.length;
    service.status = 201;
    await server.start();
    await service.until((got) => got.length > atKill);
    await admin.waitForFunction(() => document.documentElement.dataset.connection === 'live', null, { timeout: 30_000 });
    await admin.locator('.fault-line').filter({ hasText: 'CALLS DO NOT GET OUT' }).waitFor({ state: 'hidden', timeout: 20_000 });
    const tests = service.got.slice(before).filter(({ said }) => said.reason === 'test');
    assert.equal(new Set(tests.map(({ said }) => said.call)).size, 1, 'it is the same call in every attempt');
    await wait(2_000);
    assert.equal(service.got.slice(atKill).filter(({ said }) => said.reason === 'test').length, 1, 'it is delivered once');
    await admin.context().close();
  });

  it('a browser that its push service does not know any more is called no more, and its page says so', async () => {
    service.status = 410;
    const admin = await openWard(browser, server);
    const before = service.got.length;
    assert.equal(await admin.evaluate(async () => (await fetch('/v1/admin/calls/test', { method: 'POST' })).status), 202);
    await service.until((got) => got.length > before);
    for (const end = Date.now() + 10_000; Date.now() < end && (await ask('GET', '/v1/me/pushes')).browsers.length > 0; await wait(100));
    assert.deepEqual((await ask('GET', '/v1/me/pushes')).browsers, []);
    assert.match(readFileSync(server.log, 'utf8'), /"event":"push_browser_ended","by":"push service"/);
    await page.reload();
    await page.getByRole('button', { name: 'NOT CALLED any more' }).click();
    await page.locator('dialog.calls').getByText('This browser is called no more').waitFor();
    await admin.context().close();
  });

  it('it can be switched on again, and off', async () => {
    service.status = 201;
    const dialog = page.locator('dialog.calls');
    await dialog.getByRole('switch').click();
    await dialog.getByText('This browser is called.').waitFor();
    await dialog.getByRole('switch').click();
    await dialog.getByText('This browser is not called.').waitFor();
    assert.equal(await dialog.getByRole('switch').isChecked(), false);
    await dialog.getByText('None.').waitFor();
    await dialog.getByRole('switch').click();
    await dialog.getByText('This browser is called.').waitFor();
    await dialog.getByRole('button', { name: /^Take off/ }).click();
    await dialog.getByRole('button', { name: 'Really take it off?' }).click();
    await dialog.getByText('is called no more.').waitFor();
    assert.deepEqual((await ask('GET', '/v1/me/pushes')).browsers, []);
    await page.getByRole('button', { name: 'Calls to me', includeHidden: true }).waitFor({ state: 'attached' });
    assert.deepEqual(page.faults, []);
  });
});
