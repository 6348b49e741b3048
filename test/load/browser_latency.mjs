// How long the last sample of a window takes to a drawn page: the real program, `vigil play` at a device's pace, Chromium on the ward.
// Prints one JSON object; run by measure.py and by ./browser_latency, which name the program in VIGIL_BIN.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openWard } from '../browser/browser.mjs';
import { Server } from '../browser/server.mjs';
import { installProbe } from './page_probe.mjs';

const PATIENTS = Number(process.env.PATIENTS ?? 100);
const SECONDS = Number(process.env.SECONDS_EACH ?? 15);
const BLOCK_MS = Number(process.env.BLOCK_MS ?? 250);
/** The page's first frames carry what was there before it came. */
const WARM_UP_MS = 5000;

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
/** In milliseconds, to a tenth. */
const summary = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const tenth = (value) => Math.round(value * 10) / 10;
  return { count: sorted.length, p50: tenth(quantile(sorted, 0.5)), p99: tenth(quantile(sorted, 0.99)), most: tenth(sorted.at(-1)) };
};

function keysFile(server) {
  const path = join(server.folder, 'keys');
  writeFileSync(path, Array.from({ length: PATIENTS }, (_, index) => `ward-${index + 1} ${server.key(`ward-${index + 1}`)}\n`).join(''));
  return path;
}

/** What the page's main thread has worked so far, drawing included. */
async function busySeconds(page) {
  page.devtools ??= await page.context().newCDPSession(page);
  await page.devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const { metrics } = await page.devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** The blocks and scores that the page drew while it was watched. */
async function watch(server, browser) {
  const words = ['play', '--to', server.url, '--keys', keysFile(server), '--patients', String(PATIENTS), '--block', String(BLOCK_MS), '--quiet'];
  const play = spawn(process.env.VIGIL_BIN, words, { stdio: 'ignore' });
  try {
    const page = await openWard(browser, server, { prepare: installProbe });
    await wait(WARM_UP_MS);
    const busyBefore = await busySeconds(page);
    await page.evaluate(() => window.vigilProbe.begin());
    await wait(SECONDS * 1000);
    const seen = await page.evaluate(() => window.vigilProbe.end());
    return { ...seen, busy: ((await busySeconds(page)) - busyBefore) / SECONDS };
  } finally {
    play.kill('SIGKILL');
  }
}

const browser = await launch();
const server = await new Server('--log-level', 'warning').start();
try {
  const seen = await watch(server, browser);
  if (seen.windows.length < (PATIENTS * SECONDS) / 2) throw new Error(`only ${seen.windows.length} windows came to the page`);
  console.log(
    JSON.stringify({
      patients: PATIENTS,
      block_ms: BLOCK_MS,
      page_busy: seen.busy,
      frames_a_second: seen.frames / SECONDS,
      window_to_arrived_ms: summary(seen.windows.map((window) => window.arrived)),
      window_to_drawn_ms: summary(seen.windows.map((window) => window.drawn)),
      block_to_drawn_ms: summary(seen.blocks.map((block) => block.drawn)),
    }),
  );
} finally {
  await browser.close();
  await server.close();
}
