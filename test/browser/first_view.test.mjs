// What a browser that has nothing kept loads and meets until a page is there: little script, compressed, and nothing that moves.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { browser, openPage, server, startBoth, waitFor } from './browser.mjs';
import { Recorded } from './recorded.mjs';

startBoth();

const MOST_BYTES = Number(process.env.FIRST_VIEW_BYTES ?? 300_000);
/// Less than a tenth of what is called good on the public web (0.1).
const MOST_SHIFT = 0.01;

/** The body as it comes over the wire. */
const servedBytes = (url) =>
  new Promise((done, failed) => {
    http
      .get(url, { headers: { 'Accept-Encoding': 'gzip, deflate, br' } }, (answer) => {
        let bytes = 0;
        answer.on('data', (part) => (bytes += part.length));
        answer.on('end', () => done({ bytes, status: answer.statusCode, encoding: answer.headers['content-encoding'] }));
      })
      .on('error', failed);
  });

const watchShifts = () => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) window.shifts.push({ value, what: sources.map(({ node }) => node?.className ?? node?.nodeName) });
  }).observe({ type: 'layout-shift', buffered: true });
};

/** Opens an address in a browser that has nothing kept, signed in or not; `there(page)` waits until the view is. */
async function firstView(path, there, { signedIn = true } = {}) {
  const page = await openPage(browser);
  if (signedIn) {
    const link = server.command('link').trim().split(/\s+/).find((word) => word.includes('token='));
    // Signs in without loading the page, whose parts would then be kept.
    await page.context().request.get(server.url + link.slice(link.indexOf('/signin')), { maxRedirects: 0 });
  }
  await page.addInitScript(watchShifts);
  await page.goto(server.url + path);
  await there(page);
  await wait(2000);
  const shifts = await page.evaluate(() => window.shifts);
  const foot = await page.locator('.foot').innerText();
  const scripts = [...new Set(page.asked.filter((url) => new URL(url).pathname.endsWith('.js')))];
  const served = await Promise.all(scripts.map(servedBytes));
  assert.deepEqual(page.faults, []);
  await page.context().close();
  return { foot, shift: shifts.reduce((sum, { value }) => sum + value, 0), shifts, scripts, served, bytes: served.reduce((sum, { bytes }) => sum + bytes, 0) };
}

const VIEWS = [
  ['the sign-in', '/signin', (page) => page.locator('form').waitFor(), { signedIn: false }],
  ['the ward', '/', (page) => waitFor(page, 'first', 'condition', 'live'), { threads: ['picture_worker'] }],
  ['one patient', '/#/patient/first', (page) => page.locator('.reader[data-drawn="live"]').waitFor(), { threads: ['picture_worker', 'spectrum_worker'] }],
  ['the administration', '/administration', (page) => page.locator('.admin-body > *').first().waitFor()],
  ['the hand-over', '/handover', (page) => page.locator('.handover-patient').first().waitFor()],
  ['the sender', '/sender', (page) => page.getByRole('button').first().waitFor(), { signedIn: false }],
];

describe('at first view', { timeout: 400_000 }, () => {
  let recorded;
  before(async () => {
    const now = Math.floor(Date.now() / 1000);
    recorded = await new Recorded(server, 'first').send(now - 20, now);
    recorded.start();
  });
  after(() => recorded?.stop());

  for (const [name, path, there, options] of VIEWS) {
    it(`${name} loads under 300 kB of compressed script, and nothing on it moves`, async () => {
      const seen = await firstView(path, there, options);
      console.log(`${name}: ${seen.bytes} bytes of ${seen.scripts.length} scripts, layout shift ${seen.shift.toFixed(4)}`);
      assert.match(seen.foot, /^For research and evaluation\. Not a medical device: not CE marked, not FDA cleared, never the sole source of an alarm\./);
      assert.ok(seen.scripts.length > 0, 'no script was seen');
      for (const thread of options?.threads ?? []) assert.ok(seen.scripts.some((url) => url.includes(thread)), `${thread} was not seen`);
      for (const [index, { status, encoding }] of seen.served.entries()) {
        assert.equal(status, 200, seen.scripts[index]);
        assert.equal(encoding, 'gzip', seen.scripts[index]);
      }
      assert.ok(seen.bytes < MOST_BYTES, `${seen.bytes} bytes: ${seen.scripts.join(' ')}`);
      assert.ok(seen.shift < MOST_SHIFT, JSON.stringify(seen.shifts));
    });
  }
});
