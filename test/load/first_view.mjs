// How long a page takes until it is there, in a browser that has nothing kept: the ward of 16 patients that send, one of them, the
// administration, the hand-over, over the real program in Chromium.
//   VIGIL_BIN=... node test/load/first_view.mjs [TIMES]     TIMES (20): how often each is opened
// Called by hand; docs/performance.md has the figures. It needs `test/browser/modules` once.
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openPage } from '../browser/browser.mjs';
import { Device, quiet } from '../browser/device.mjs';
import { Server } from '../browser/server.mjs';

const times = Number(process.argv[2] ?? 20);
const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

const PATIENTS = 16;
/** What must be on the page, asked in each animation frame. */
const VIEWS = [
  ['the ward, 16 patients live', '/', (count) => document.querySelectorAll('.tile[data-condition="live"]').length === count],
  ['one patient, traces drawn', '/#/patient/bed-1', () => document.querySelector('.reader[data-drawn="live"]') !== null],
  ['the administration', '/administration', () => document.querySelector('.admin-body > *') !== null],
  ['the hand-over', '/handover', (count) => document.querySelectorAll('.handover-patient').length >= count],
];

/** Runs in the browser before its first document: notes when the view is there, and a frame later, when it is painted. */
function watch([there, count]) {
  const isThere = new Function(`return (${there})(${count})`);
  const look = () => {
    if (document.body && isThere()) requestAnimationFrame(() => (window.thereMs = performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

const server = await new Server().start();
const browser = await launch();
const devices = Array.from({ length: PATIENTS }, (_, at) => new Device(server, `bed-${at + 1}`, quiet, 4).start());
try {
  await wait(5_000);
  for (const [name, path, there] of VIEWS) {
    const taken = [];
    const painted = [];
    for (let time = 0; time < times; time++) {
      const page = await openPage(browser);
      const link = server.command('link').trim().split(/\s+/).find((word) => word.includes('token='));
      await page.context().request.get(server.url + link.slice(link.indexOf('/signin')), { maxRedirects: 0 });
      await page.addInitScript(watch, [String(there), PATIENTS]);
      await page.goto(server.url + path);
      await page.waitForFunction(() => window.thereMs !== undefined, null, { timeout: 30_000 });
      const [ms, first] = await page.evaluate(() => [window.thereMs, performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN]);
      taken.push(ms);
      if (Number.isFinite(first)) painted.push(first); // not yet: it comes with the first words
      await page.context().close();
    }
    const said = (values) => `p50 ${Math.round(percentile(values, 0.5))}, p95 ${Math.round(percentile(values, 0.95))}, longest ${Math.round(Math.max(...values))} ms`;
    console.log(`${name}: ${said(taken)}${painted.length ? `; first paint ${said(painted)}` : ''}`);
  }
} finally {
  await Promise.all(devices.map((device) => device.stop()));
  await browser.close();
  await server.close();
}
