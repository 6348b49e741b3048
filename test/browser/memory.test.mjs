// The page's memory stays flat however long it is open: many minutes of windows in one, and the heap after each third of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openWard } from './browser.mjs';
import { Server } from './server.mjs';

const PATIENTS = 4;
const CHANNELS = 2;
const SPEED = 20;
/** The page keeps three minutes of scores and 600 heart rates, here half a second apart; from then on each replaces one. */
const FILLED_S = 360;
const SECONDS = 1260;

/** Compiled code and computed styles still grow a little. */
const ALLOWED = 200_000;
/** What the browser itself notes of a page's slow moments, in buffers of its own with a bound; more on a busy machine. */
const NOTED = /^(Performance\w*Timing|blink::ScriptTimingInfo|TaskAttributionTiming|LayoutShift|LayoutShiftAttribution|DOMRectReadOnly)$/;

/** Bytes of all objects that can be reached. A collection on request leaves garbage behind; a snapshot counts what lives. */
async function heap(devtools) {
  let text = '';
  const take = ({ chunk }) => void (text += chunk);
  devtools.on('HeapProfiler.addHeapSnapshotChunk', take);
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  devtools.off('HeapProfiler.addHeapSnapshotChunk', take);
  const { snapshot, nodes, strings } = JSON.parse(text);
  const fields = snapshot.meta.node_fields;
  const [name, size] = [fields.indexOf('name'), fields.indexOf('self_size')];
  let bytes = 0;
  for (let node = 0; node < nodes.length; node += fields.length) if (!NOTED.test(strings[nodes[node + name]])) bytes += nodes[node + size];
  return bytes;
}

describe('the page', { timeout: 300_000 }, () => {
  it(`holds no more after ${SECONDS / 60} minutes of windows than after ${FILLED_S / 60}`, async () => {
    const browser = await launch();
    const server = await new Server('--log-level', 'warning').start();
    const keys = join(server.folder, 'keys');
    writeFileSync(keys, Array.from({ length: PATIENTS }, (_, index) => `ward-${index + 1} ${server.key(`ward-${index + 1}`)}\n`).join(''));
    const page = await openWard(browser, server);
    const devtools = await page.context().newCDPSession(page);
    const words = ['--to', server.url, '--keys', keys, '--patients', PATIENTS, '--channels', CHANNELS, '--speed', SPEED, '--heart-every', 0.5, '--duration', SECONDS, '--quiet'];
    const play = spawn(process.env.VIGIL_BIN, ['play', ...words.map(String)], { stdio: 'ignore' });
    const ended = new Promise((done) => play.once('exit', done));
    try {
      const until = async (windows) => {
        while ((await server.metric('vigil_detector_windows_total')) < windows * CHANNELS) await wait(250);
      };
      const sizes = [];
      for (const seconds of [FILLED_S, (FILLED_S + SECONDS) / 2, SECONDS - 60]) {
        await until(seconds * PATIENTS);
        sizes.push(await heap(devtools));
      }
      const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
      console.log(`heap ${sizes.map((size) => (size / 1e6).toFixed(2)).join(', ')} MB, ${nodes} elements`);
      assert.ok(sizes.at(-1) - sizes[0] < ALLOWED, `the heap grew from ${sizes[0]} to ${sizes.at(-1)} bytes`);
      assert.deepEqual(page.faults, []);
    } finally {
      play.kill('SIGKILL');
      await ended;
      await browser.close();
      await server.close();
    }
  });
});
