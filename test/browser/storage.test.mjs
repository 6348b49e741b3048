// A store that takes nothing while the page is open: people are told, monitoring goes on, and nothing is lost.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openWard, waitFor } from './browser.mjs';
import { Device, quiet } from './device.mjs';
import { Server } from './server.mjs';

const SHIM = process.env.FULL_SHIM;
/// A write to the store every 10 s, 5 s until it is said, a clock entry.
const TOLD_WITHIN_MS = 30_000;
let browser;
let server;

/** The indices that a query gives. errors an index that comes twice */
async function stored(page, patient, fromUs) {
  const found = new Set();
  let cursor = '';
  do {
    const answer = await page.evaluate(async (path) => (await fetch(path)).json(), `/v1/patients/${patient}/eeg?from=${fromUs}&until=${fromUs + 3600e6}&limit=100${cursor && `&cursor=${cursor}`}`);
    for (const { runs } of answer.streams)
      for (const { first_sample, data } of runs)
        data[0].forEach((_, index) => {
          assert.ok(!found.has(first_sample + index), `sample ${first_sample + index} is there twice`);
          found.add(first_sample + index);
        });
    cursor = answer.cursor ?? '';
  } while (cursor);
  return found;
}

/** Samples that are in the file of the store itself, whatever the program still holds. */
const inTheFile = () =>
  Number(
    execFileSync('python3', ['-c', 'import sqlite3,sys; print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("SELECT coalesce(sum(end_sample - first_sample), 0) FROM chunks").fetchone()[0])', join(server.state, 'store.db')], {
      encoding: 'utf8',
    }),
  );

describe('a store that takes nothing', { timeout: 240_000, skip: !SHIM && 'FULL_SHIM is not set' }, () => {
  before(async () => {
    browser = await launch();
    server = new Server();
    server.full = join(server.folder, 'full');
    server.environment = { LD_PRELOAD: SHIM, FULL_FOR: 'store.db', FULL_WHILE: server.full, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` };
    await server.start();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('is an alarm on the page while the traces go on, is over when it takes again, and has lost nothing', async () => {
    const page = await openWard(browser, server);
    const settings = { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ switched_on: true, reason: 'the store is watched' }) };
    assert.equal(await page.evaluate(async (put) => (await fetch('/v1/vigil/alarm-settings', put)).status, settings), 204);
    const device = new Device(server, 'kept', quiet).start();
    await waitFor(page, 'kept', 'condition', 'live');
    const own = page.locator('.own-alarms');
    // That it was switched on is told there for a while; an alarm there is none.
    assert.equal(await own.locator('.alarm').count(), 0);

    writeFileSync(server.full, '');
    const before = inTheFile();
    const fullAt = Date.now();
    await own.getByText(/storage failing/).waitFor({ timeout: TOLD_WITHIN_MS });
    console.log(`storage failing: on the page ${((Date.now() - fullAt) / 1000).toFixed(1)} s after the disk was full`);
    const sent = device.next;
    await wait(15_000); // another write is due, and fails
    assert.equal(await server.metric('vigil_records_store_failing'), 1);
    assert.equal(inTheFile(), before, 'the store takes something');
    assert.ok(device.next > sent + 1000, 'the device is refused');
    assert.equal(device.fault, undefined);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.monitoring), 'on');
    await waitFor(page, 'kept', 'condition', 'live', 1_000);
    assert.equal(await own.locator('.alarm').count(), 1);
    assert.ok((await stored(page, 'kept', device.startUs)).size > sent, 'what the store has not is not found');
    await page.screenshot({ path: 'out/storage-failing.png' });

    rmSync(server.full);
    await own.locator('.alarm').waitFor({ state: 'detached', timeout: TOLD_WITHIN_MS });
    assert.equal(await server.metric('vigil_records_store_failing'), 0);
    await device.end();
    const all = device.next;
    for (const until = Date.now() + 20_000; inTheFile() < all && Date.now() < until; ) await wait(250);
    assert.equal(inTheFile(), all, 'in the file');
    const found = await stored(page, 'kept', device.startUs);
    assert.equal(found.size, all);
    assert.ok(found.has(0) && found.has(all - 1));
    assert.deepEqual(page.faults, []);

    // Also for a program that begins with the file alone.
    await server.stop();
    await server.start();
    const again = await openWard(browser, server);
    assert.equal((await stored(again, 'kept', device.startUs)).size, all);
    for (const opened of [page, again]) await opened.context().close();
  });
});
