// What is seldom seen can be used by everybody too: a station, its PINs, the lines that say what is wrong, remarks, the hand-over.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { beyond, NARROW, violations } from './accessible.mjs';
import { launch, openPage, openWard, waitFor } from './browser.mjs';
import { FrozenThread } from './frozen_thread.mjs';
import { Server } from './server.mjs';
import { alarmSettings, post, Strap } from './strap.mjs';

const LONG = { timeout: 30_000 };
const OPEN = { bypassCSP: true };

describe('what is seldom seen', { timeout: 600_000 }, () => {
  let browser;
  let server;
  let strap;
  let ward;

  before(async () => {
    browser = await launch();
    server = new Server();
    // A receiver that nobody has set up: the calls do not get out.
    writeFileSync(join(server.folder, 'secret'), '0123456789abcdef0123456789abcdef', { mode: 0o600 });
    writeFileSync(join(server.folder, 'way.json'), JSON.stringify({ webhook_url: 'http://127.0.0.1:9/', webhook_secret_file: 'secret' }));
    server.options = ['--second-way', join(server.folder, 'way.json')];
    await server.start();
    ward = await openWard(browser, server, OPEN);
    strap = new Strap(server, 'racing').start();
    strap.rate = 150;
    await ward.locator('.tile').waitFor(LONG);
    assert.equal(await alarmSettings(ward, 'racing', { switched_on: true, reason: 'admitted' }), 204);
    assert.equal(await post(ward, '/v1/patients/racing/mark', { kind: 'manual_alarm', confirm: true }), 202);
    await waitFor(ward, 'racing', 'alarm', 'high');
  });

  after(async () => {
    await strap?.stop();
    await browser?.close();
    await server?.close();
  });

  /** At its own size axe alone; at the others nothing is cut, and the page does not scroll sideways. */
  async function look(page, what) {
    assert.deepEqual(await violations(page), [], what);
    for (const viewport of NARROW) {
      await page.setViewportSize(viewport);
      await wait(500); // words are fitted anew
      assert.deepEqual(await beyond(page), [], `${what} at ${viewport.width}`);
      await page.screenshot({ path: `out/seldom-${what.replaceAll(/\W+/g, '-')}-${viewport.width}.png` });
      assert.deepEqual(await violations(page), [], `${what} at ${viewport.width}`);
    }
    await page.setViewportSize({ width: 1920, height: 1080 });
  }

  async function openStation() {
    const made = JSON.parse(server.command('station', 'add', '--label', 'Nurses’ desk'));
    const page = await openPage(browser, OPEN);
    for (const until = Date.now() + LONG.timeout; ; await wait(100)) {
      await page.goto(server.url + made.path);
      if (await page.evaluate(() => document.getElementById('page') !== null)) break;
      assert.ok(Date.now() < until, 'the link of a new station works');
    }
    await page.locator('.strip-alarm').first().waitFor(LONG);
    return page;
  }

  it('NOT WATCHED, and calls that do not get out', async () => {
    await ward.locator('.banner').filter({ hasText: 'NOT WATCHED' }).waitFor(LONG);
    await ward.locator('.banner').filter({ hasText: 'CALLS DO NOT GET OUT' }).waitFor(LONG);
    await look(ward, 'not watched');
  });

  it('a station, and who acts there', async () => {
    writeFileSync(join(server.folder, 'password'), 'a long enough password');
    writeFileSync(join(server.folder, 'pin'), '204865');
    server.command('user', 'nurse', '--role', 'clinician', '--password-file', join(server.folder, 'password'));
    await wait(1_000);
    server.command('pin', 'nurse', '--pin-file', join(server.folder, 'pin'));
    const station = await openStation();
    await look(station, 'station');
    // Also the click that unblocks the sound, which takes its line away: what was pressed is what is done.
    await station.locator('.sound-line').waitFor(LONG);
    await station.locator('.strip-alarm').first().getByRole('button', { name: 'Acknowledge' }).click({ delay: 1_500 });
    await station.getByLabel('Person').waitFor(LONG);
    await station.getByRole('button', { name: 'Confirm' }).click();
    await station.getByText('Choose a person and enter the PIN.').waitFor(LONG);
    await look(station, 'pin');
    await station.context().close();
  });

  it('remarks, with rows', async () => {
    const page = await openWard(browser, server, OPEN);
    await page.goto(`${server.url}/#/patient/racing`);
    await page.getByRole('button', { name: 'Remarks and verdicts' }).click();
    await page.getByRole('textbox', { name: 'Remark' }).fill('Looked at: awake, talks.');
    await page.getByRole('button', { name: 'Note it now' }).click();
    await page.locator('.work-lists li').filter({ hasText: 'Looked at' }).waitFor(LONG);
    await page.locator('.alarm').filter({ hasText: 'TACHYCARDIA' }).getByRole('button', { name: 'Switch off' }).click();
    await look(page, 'remarks');
    await page.context().close();
  });

  it('the hand-over of a shift, and the sign-in', async () => {
    const page = await openWard(browser, server, OPEN);
    await page.goto(`${server.url}/handover`);
    await page.locator('.handover-patient').first().waitFor(LONG);
    await look(page, 'hand-over');
    const stranger = await openPage(browser, OPEN);
    await stranger.goto(`${server.url}/signin`);
    await stranger.getByRole('button', { name: 'Sign in' }).click();
    await stranger.getByText('Enter user and password.').waitFor(LONG);
    await look(stranger, 'sign-in');
    for (const opened of [page, stranger]) await opened.context().close();
  });

  it('MONITORING STOPPED', async () => {
    const pages = [ward];
    for (const path of ['/administration', '/handover', '/#/patient/racing']) {
      const page = await openWard(browser, server, OPEN);
      await page.goto(server.url + path);
      pages.push(page);
    }
    const frozen = await FrozenThread.freeze(server.process.pid, 'detector');
    try {
      for (const page of pages) {
        await page.locator('.banner.stopped').waitFor(LONG);
        await look(page, `stopped ${new URL(page.url()).pathname}${new URL(page.url()).hash}`);
      }
    } finally {
      await frozen.thaw();
    }
    for (const page of pages) {
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });
});
