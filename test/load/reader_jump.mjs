// How long a reader waits: jumps to minutes of the last seven days, and the spectrum of an hour, over the real program in Chromium.
//   VIGIL_BIN=... node test/load/reader_jump.mjs [HOURS]     HOURS (1): of 19 channels at 256 Hz, spread over the days; 168 is all of them
//   KEEP=FOLDER stores there, and measures what was stored there before: seven days take a quarter of an hour to send
// Called by hand; docs/performance.md has the figures. It needs `test/browser/modules` once.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openWard } from '../browser/browser.mjs';
import { background, RATE, Recorded } from '../browser/recorded.mjs';
import { Server } from '../browser/server.mjs';

const hours = Number(process.argv[2] ?? 1);
const BLOCK_S = 30;
/** Blocks that are on their way at a time. */
const AT_ONCE = 4;
const now = Math.floor(Date.now() / 1000) - 60;
const DAYS_S = hours === 168 ? 7 * 86_400 : 6.9 * 86_400;
const keep = process.env.KEEP;
const notes = keep && join(keep, 'starts.json');
const isStored = Boolean(notes) && existsSync(notes);
const starts = isStored ? JSON.parse(readFileSync(notes, 'utf8')) : Array.from({ length: hours }, (_, hour) => now - 3600 - Math.round((hour * DAYS_S) / Math.max(1, hours)));
const local = (second) => new Date((second - new Date(second * 1000).getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 19);
const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

async function send() {
  const recorded = new Recorded(server, 'jump');
  const began = Date.now();
  // Every half minute has the same samples: what is stored is no shorter for it, since each row is compressed by itself.
  const samples = JSON.stringify(recorded.labels.map((_, channel) => Array.from({ length: BLOCK_S * RATE }, (_, index) => background(index, channel))));
  const blocks = starts.flatMap((start) => Array.from({ length: 3600 / BLOCK_S }, (_, at) => start + at * BLOCK_S));
  await Promise.all(Array.from({ length: AT_ONCE }, () => (async () => {
    for (let second = blocks.pop(); second !== undefined; second = blocks.pop()) await server.post('/v1/eeg/blocks', recorded.block(second, BLOCK_S, samples), recorded.key);
  })()));
  console.log(`${hours} h of 19 channels at 256 Hz sent in ${Math.round((Date.now() - began) / 1000)} s`);
  await wait(15_000); // records writes every 10 s
  if (notes) writeFileSync(notes, JSON.stringify(starts));
}

const server = new Server();
if (keep) {
  mkdirSync(keep, { recursive: true });
  server.state = join(keep, 'state');
}
await server.start();
const browser = await launch();
try {
  if (!isStored) await send();
  const page = await openWard(browser, server);
  await page.evaluate(() => {
    localStorage.setItem('vigil-spectrum-span', 'page');
    location.hash = '#/patient/jump';
  });
  await page.locator('.reader[data-drawn]').waitFor();
  const goTo = (second) =>
    page.evaluate(
      async ([text, us]) => {
        const field = document.querySelector('.reader-day input');
        const begin = performance.now();
        field.value = text;
        field.dispatchEvent(new Event('change'));
        while (document.querySelector('.reader').dataset.drawn !== us) await new Promise(requestAnimationFrame);
        return performance.now() - begin;
      },
      [local(second), String(second * 1e6)],
    );
  const times = [];
  for (let jump = 0; jump < 60; jump++) times.push(await goTo(starts[jump % starts.length] + ((jump * 1193) % 3500)));
  console.log(`60 jumps: p50 ${Math.round(percentile(times, 0.5))} ms, p95 ${Math.round(percentile(times, 0.95))} ms, longest ${Math.round(Math.max(...times))} ms`);

  for (const channels of ['', '&channels=0,2,3,7,8,12,13,17', '&channels=8']) {
    const cost = await page.evaluate(
      async ([from, query]) => {
        const begin = performance.now();
        let bytes = 0;
        let cursor = null;
        do {
          const answer = await fetch(`/v1/patients/jump/eeg?from=${from}&until=${from + 3600e6}&format=protobuf${query}${cursor ? `&cursor=${cursor}` : ''}`);
          bytes += (await answer.arrayBuffer()).byteLength;
          cursor = answer.headers.get('Vigil-Next-Cursor');
        } while (cursor);
        return { bytes, ms: performance.now() - begin };
      },
      [starts[0] * 1e6, channels],
    );
    console.log(`an hour of ${channels === '' ? 'all channels' : channels.slice(1)}: ${(cost.bytes / 2 ** 20).toFixed(1)} MiB in ${Math.round(cost.ms)} ms`);
  }
  await goTo(starts[0] + 1800);
  const begin = Date.now();
  await page.locator('.spectrum-controls select').first().selectOption('3600');
  await page.waitForFunction(() => /Loading/.test(document.querySelector('.spectrum-said').textContent));
  await page.waitForFunction(() => !/Loading/.test(document.querySelector('.spectrum-said').textContent), null, { timeout: 120_000 });
  console.log(`the spectrum of an hour, ${await page.locator('.spectrum-controls select').nth(1).evaluate((select) => select.selectedOptions[0].textContent)}: ${((Date.now() - begin) / 1000).toFixed(1)} s`);
} finally {
  await browser.close();
  await server.close();
}
