// The states that are neither live nor missing: the detector is behind, and a signal that cannot be scored.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { browser, openWard, server, startBoth, tile, waitFor } from './browser.mjs';
import { Device, quiet } from './device.mjs';
import { FrozenThread } from './frozen_thread.mjs';

startBoth();

describe('a tile', { timeout: 150_000 }, () => {
  it('says BEHIND while the detector hangs, and LIVE once it has caught up', async () => {
    const page = await openWard(browser, server);
    const device = new Device(server, 'waiting', quiet).start();
    await waitFor(page, 'waiting', 'level', 'low');
    const frozen = await FrozenThread.freeze(server.process.pid, 'detector');
    try {
      await waitFor(page, 'waiting', 'condition', 'behind', 20_000);
      assert.equal(await tile(page, 'waiting').locator('.fitted-word').textContent(), 'BEHIND');
      assert.match(await tile(page, 'waiting').locator('.tile-note').textContent(), /DETECTOR BEHIND, newest score \d+ s old, last score 0\.\d\d low/);
      assert.match(await tile(page, 'waiting').locator('a').getAttribute('aria-label'), /BEHIND/);
      await waitFor(page, 'waiting', 'level', 'none', 3_000); // an old score is not shown as current; colours change with the next beat
      assert.match(await tile(page, 'waiting').locator('.tile-age').textContent(), /^\d s ago$/, 'the signal is current');
      await page.locator('.banner.behind-line').waitFor();
      assert.match(await page.locator('.counts').textContent(), /1 BEHIND/);
    } finally {
      await frozen.thaw();
    }
    await waitFor(page, 'waiting', 'level', 'low');
    await page.locator('.banner.behind-line').waitFor({ state: 'hidden' });
    await device.stop();
    await page.context().close();
  });

  it('says NO SCORE for a flat signal, and never that its score is low', async () => {
    const page = await openWard(browser, server);
    const onset = 800;
    const device = new Device(server, 'flat', (index) => (index < onset ? quiet(index) : 0)).start();
    await waitFor(page, 'flat', 'level', 'low');
    await waitFor(page, 'flat', 'condition', 'not-evaluated');
    assert.equal(await tile(page, 'flat').locator('.fitted-word').textContent(), 'NO SCORE');
    assert.match(await tile(page, 'flat').locator('.tile-note').textContent(), /NOT EVALUATED: flat, clipped or too short/);
    assert.match(await tile(page, 'flat').locator('a').getAttribute('aria-label'), /NO SCORE/);
    await waitFor(page, 'flat', 'level', 'none', 3_000); // colours change with the next beat
    await device.stop();
    await page.context().close();
  });

  it('whose sender stops goes to NO DATA and is never called behind on the way', async () => {
    const page = await openWard(browser, server);
    const device = new Device(server, 'stopped', quiet).start();
    await waitFor(page, 'stopped', 'level', 'low');
    await page.evaluate(() => {
      window.conditions = [];
      const watched = document.querySelector('.tile[data-patient="stopped"]');
      new MutationObserver(() => window.conditions.push(watched.dataset.condition)).observe(watched, { attributes: true, attributeFilter: ['data-condition'] });
    });
    await device.stop();
    await waitFor(page, 'stopped', 'condition', 'no-data', 40_000);
    assert.deepEqual(await page.evaluate(() => window.conditions), ['no-data']);
    await page.context().close();
  });
});
