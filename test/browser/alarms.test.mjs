// Alarms from the heart's own samples to a person who acknowledges them on the page.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { browser, openWard, server, startBoth, tile, waitFor } from './browser.mjs';

startBoth();

/** Beats in real time, `rate` a minute, an entry each second or so. */
class Strap {
  constructor(patient) {
    Object.assign(this, { patient, key: server.key(patient), rate: 75, next: 0, running: true, timeUs: Date.now() * 1000 });
  }

  start() {
    this.done = this.run();
    return this;
  }

  async run() {
    while (this.running) {
      const rr_us = Array.from({ length: Math.max(1, Math.round(this.rate / 60)) }, () => Math.round(60e6 / this.rate));
      const endUs = this.timeUs + rr_us.reduce((sum, rr) => sum + rr, 0);
      await wait(Math.max(0, endUs / 1000 - Date.now()));
      await server.post('/v1/beats', { device: 'strap', stream: 's1', first_beat: this.next, start_time_us: this.timeUs, rr_us }, this.key);
      this.next += rr_us.length;
      this.timeUs = endUs;
    }
  }

  async stop() {
    this.running = false;
    await this.done;
  }
}

const set = (page, patient, settings) =>
  page.evaluate(
    async ([id, body]) => (await fetch(`/v1/patients/${id}/alarm-settings`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body })).status,
    [patient, JSON.stringify(settings)],
  );

describe('an alarm', { timeout: 150_000 }, () => {
  it('is raised only once somebody has switched alarms on, and stays until a person acknowledges it or the heart is calm', async () => {
    const page = await openWard(browser, server);
    const other = await openWard(browser, server);
    const strap = new Strap('racing').start();
    const note = (where) => tile(where, 'racing').locator('.tile-note');
    strap.rate = 150;
    await page.waitForFunction(() => /TACHYCARDIA 1\d\d\/min/.test(document.querySelector('[data-patient="racing"] .tile-note')?.textContent ?? ''), null, { timeout: 40_000 });
    assert.equal(await tile(page, 'racing').getAttribute('data-alarm'), 'none', 'nobody has switched alarms on');
    assert.equal(await set(page, 'racing', { switched_on: true, tachycardia_bpm: 400 }), 400, 'no heart has such a limit');
    assert.equal(await set(page, 'racing', { switched_on: true, reason: 'admitted' }), 204);
    await waitFor(page, 'racing', 'alarm', 'medium', 10_000);
    await waitFor(other, 'racing', 'alarm', 'medium', 10_000);
    assert.match(await note(page).textContent(), /^!! TACHYCARDIA 1\d\d\/min, limit 120, \d+ s/);

    await page.goto(`${server.url}/#/patient/racing`);
    const row = page.locator('.alarm');
    assert.match(await row.locator('.alarm-text').textContent(), /^!! TACHYCARDIA/);
    await row.getByRole('button', { name: 'Acknowledge' }).click();
    await waitFor(other, 'racing', 'alarm', 'acknowledged', 10_000);
    assert.match(await note(other).textContent(), /^!! tachycardia .*acknowledged by local/, 'acknowledged, and still there');
    await page.waitForFunction(() => document.querySelector('.alarm button')?.hidden === true);

    strap.rate = 75;
    await waitFor(other, 'racing', 'alarm', 'none', 30_000);
    assert.deepEqual(page.faults, []);
    await strap.stop();
    for (const opened of [page, other]) await opened.context().close();
  });

  it('of a sender that stops is no data, low after half a minute', async () => {
    const page = await openWard(browser, server);
    const strap = new Strap('gone').start();
    await tile(page, 'gone').waitFor();
    assert.equal(await set(page, 'gone', { switched_on: true }), 204);
    await wait(3_000);
    await strap.stop();
    await waitFor(page, 'gone', 'alarm', 'low', 60_000);
    assert.match(await tile(page, 'gone').locator('.tile-note').textContent(), /^! NO DATA/);
    await page.context().close();
  });
});
