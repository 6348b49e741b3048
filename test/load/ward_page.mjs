// What the ward's screen costs with 64 patients of 19 channels at 256 Hz: CPU of the page's threads and the time from one animation
// frame to the next. The server is played (test/browser/stage.mjs) in a process of its own; run by ./ward_page. Prints one JSON object.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openPage } from '../browser/browser.mjs';

const PATIENTS = Number(process.env.PATIENTS ?? 64);
const CHANNELS = Number(process.env.CHANNELS ?? 19);
const SECONDS = Number(process.env.SECONDS_EACH ?? 20);
const SHOW = process.env.SHOW ?? 'all';
const WARM_UP_MS = 12_000;

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
const tenth = (value) => Math.round(value * 10) / 10;

/** Runs in both threads: notes how long after one animation frame the next came, and how long what was asked of each took. */
function probe() {
  const own = requestAnimationFrame;
  const frames = (globalThis.vigilFrames = { works: [], intervals: [] });
  globalThis.requestAnimationFrame = (act) =>
    own((time) => {
      const started = performance.now();
      act(time);
      frames.works.push(performance.now() - started);
    });
  let before = 0;
  const tick = (time) => {
    if (before) frames.intervals.push(time - before);
    before = time;
    own(tick);
  };
  own(tick);
}

const begin = () => Object.assign(globalThis.vigilFrames, { works: [], intervals: [] });
const end = () => globalThis.vigilFrames;

const summary = ({ works, intervals }) => ({
  frames_a_second: tenth(intervals.length / SECONDS),
  interval_p50_ms: tenth(quantile(intervals, 0.5)),
  interval_p95_ms: tenth(quantile(intervals, 0.95)),
  work_p50_ms: tenth(quantile(works, 0.5)),
  work_p95_ms: tenth(quantile(works, 0.95)),
});

const server = fork(new URL('./ward_page_server.mjs', import.meta.url), [String(PATIENTS), String(CHANNELS)]);
const [url] = await once(server, 'message');
const browser = await launch();
try {
  const page = await openPage(browser);
  await page.addInitScript(probe);
  await page.addInitScript((show) => localStorage.setItem('vigil-tiles', show), SHOW);
  await page.goto(url);
  await page.waitForFunction((count) => document.querySelectorAll('.tile').length === count, PATIENTS);
  const [worker] = page.workers();
  await worker.evaluate(probe);
  await wait(WARM_UP_MS);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => Object.fromEntries((await devtools.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  const tools = await browser.newBrowserCDPSession();
  /** CPU seconds of Chromium's processes, by type. */
  const processes = async () => {
    const sums = {};
    for (const { type, cpuTime } of (await tools.send('SystemInfo.getProcessInfo')).processInfo) sums[type] = (sums[type] ?? 0) + cpuTime;
    return sums;
  };
  const [before, cpuBefore] = [await spent(), await processes()];
  await page.evaluate(begin);
  await worker.evaluate(begin);
  await wait(SECONDS * 1000);
  const [after, cpuAfter] = [await spent(), await processes()];
  const each = (name) => Math.round(((after[name] - before[name]) / SECONDS) * 1000);
  console.log(
    JSON.stringify(
      {
        patients: PATIENTS,
        channels: CHANNELS,
        show: SHOW,
        page_ms_a_second: { script: each('ScriptDuration'), style: each('RecalcStyleDuration'), layout: each('LayoutDuration'), all: each('TaskDuration') },
        processes_ms_a_second: Object.fromEntries(Object.entries(cpuAfter).map(([type, value]) => [type, Math.round(((value - (cpuBefore[type] ?? 0)) / SECONDS) * 1000)])),
        page: summary(await page.evaluate(end)),
        drawing_thread: summary(await worker.evaluate(end)),
      },
      null,
      1,
    ),
  );
} finally {
  await browser.close();
  server.kill();
}
