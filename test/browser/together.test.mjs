// What goes wrong on a real ward: two people do the same at once, and the server restarts while an alarm is on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { browser, openPage, openWard, server, startBoth, tile, waitFor } from './browser.mjs';
import { alarmSettings, recordedAlarms, Strap } from './strap.mjs';

startBoth();

const PASSWORD = 'a long enough password';

/** The ward's page of somebody of their own. */
async function signedIn(name, role) {
  server.input = `${PASSWORD}\n`;
  server.command('user', name, '--role', role);
  const page = await openPage(browser);
  await page.goto(`${server.url}/signin`);
  await page.getByLabel('User').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.documentElement.dataset.connection === 'live', null, { timeout: 60_000 });
  return page;
}

const note = (page, patient) => tile(page, patient).locator('.tile-note').textContent();

/** A heart that is too fast, seen on the page. */
async function racing(page, patient) {
  const strap = new Strap(server, patient);
  strap.rate = 150;
  strap.start();
  await tile(page, patient).waitFor({ timeout: 60_000 });
  assert.equal(await alarmSettings(page, patient, { switched_on: true, reason: 'admitted' }), 204);
  await waitFor(page, patient, 'alarm', 'medium', 90_000);
  return strap;
}

describe('an alarm', { timeout: 300_000 }, () => {
  it('that two clinicians acknowledge at once was acknowledged by one of them, and both are told by whom', async () => {
    const [ana, ben] = [await signedIn('ana', 'clinician'), await signedIn('ben', 'clinician')];
    const strap = await racing(ana, 'racing');
    for (const page of [ana, ben]) {
      await page.goto(`${server.url}/#/patient/racing`);
      await page.getByRole('button', { name: 'Acknowledge' }).first().waitFor();
    }
    await Promise.all([ana, ben].map((page) => page.getByRole('button', { name: 'Acknowledge' }).first().click()));
    for (const page of [ana, ben]) await waitFor(page, 'racing', 'alarm', 'acknowledged');
    const [seen, other] = [await note(ana, 'racing'), await note(ben, 'racing')];
    const by = /acknowledged by (ana|ben)/.exec(seen)?.[1];
    assert.ok(by, seen);
    assert.match(other, new RegExp(`acknowledged by ${by}`));
    await strap.stop();
    for (const page of [ana, ben]) await page.context().close();
  });

  it('is still on, as the same one, after the server was killed and started again', async () => {
    const page = await openWard(browser, server);
    const strap = await racing(page, 'outliving');
    const seconds = async () => {
      const [, value, unit] = /limit 120, (\d+) (s|min)/.exec(await note(page, 'outliving')) ?? [];
      return unit === 'min' ? 60 * Number(value) : Number(value);
    };
    const before = await seconds();
    await server.stop('SIGKILL');
    try {
      await page.locator('.banner.lost').waitFor({ timeout: 20_000 });
      assert.equal(await tile(page, 'outliving').getAttribute('data-alarm'), 'none', 'an alarm that nobody knows to be on is shown as on');
    } finally {
      await server.start();
    }
    await page.locator('.banner.lost').waitFor({ state: 'hidden', timeout: 90_000 });
    await waitFor(page, 'outliving', 'alarm', 'medium', 60_000);
    assert.ok((await seconds()) > before, 'the alarm began anew');
    assert.deepEqual(page.faults, []);
    await strap.stop();
    await page.context().close();
  });

  it('comes at most 15 s after its delay where the server is killed at that moment', async () => {
    const page = await openWard(browser, server);
    const strap = new Strap(server, 'orphan').start();
    await tile(page, 'orphan').waitFor();
    assert.equal(await alarmSettings(page, 'orphan', { switched_on: true }), 204);
    await wait(3_000);
    await strap.stop();
    const stoppedMs = Date.now();
    await wait(29_000);
    await server.stop('SIGKILL');
    await server.start();
    await waitFor(page, 'orphan', 'alarm', 'low', 90_000);
    const [{ raised, condition }] = await recordedAlarms(page, 'orphan');
    assert.equal(condition, 'no data');
    const afterS = (Date.parse(raised) - stoppedMs) / 1000;
    console.log(`no data: raised ${afterS.toFixed(1)} s after the last data, the server killed at 29 s`);
    assert.ok(afterS > 27 && afterS <= 45, `raised ${afterS} s after the last data`);
    await page.context().close();
  });
});
