// The EEG reader: live and history in one view, over the real program.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { violations } from './accessible.mjs';
import { browser, openWard, server, startBoth } from './browser.mjs';
import { bonn, Device, quiet } from './device.mjs';
import { RATE, Recorded } from './recorded.mjs';

const OUT = new URL('./out/', import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

startBoth();

const nowS = () => Math.floor(Date.now() / 1000);
const local = (second) => new Date((second - new Date(second * 1000).getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 19);

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

async function openReader(patient, options) {
  const page = await openWard(browser, server, options);
  await page.evaluate((id) => (location.hash = `#/patient/${id}`), patient);
  await page.locator('.reader[data-drawn]').waitFor();
  return page;
}

/** Goes to a second by the page's own field and waits until it is drawn whole; milliseconds from one to the other. */
const goTo = (page, second) =>
  page.evaluate(
    async ([text, us]) => {
      const field = document.querySelector('.reader-day input');
      const begin = performance.now();
      field.value = text;
      field.dispatchEvent(new Event('change'));
      while (document.querySelector('.reader').dataset.drawn !== us && performance.now() - begin < 30_000) await new Promise(requestAnimationFrame);
      return performance.now() - begin;
    },
    [local(second), String(second * 1e6)],
  );

const inked = (page, from = 0, until = 1) =>
  page.evaluate(
    ([from, until]) => {
      const canvas = document.querySelector('.reader-traces');
      const left = 90 + (canvas.width - 90) * from;
      const { data } = canvas.getContext('2d').getImageData(left, 0, (canvas.width - 90) * (until - from), canvas.height - 24);
      const trace = getComputedStyle(document.documentElement).getPropertyValue('--trace').trim().match(/\w\w/g).map((hex) => parseInt(hex, 16));
      let count = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && trace.every((value, part) => Math.abs(value - data[at + part]) < 12)) count++;
      return count;
    },
    [from, until],
  );

const text = (page, selector) => page.locator(selector).textContent();
const choose = (page, label, value) => page.locator('.reader-choice', { hasText: label }).locator('select').selectOption(value);

describe('the reader', { timeout: 600_000 }, () => {
  it('shows now and any earlier minute in one view, by keys, with gaps as gaps', async () => {
    const recorded = new Recorded(server, 'reading');
    const start = nowS() - 60;
    await recorded.send(start, start + 20);
    await recorded.send(start + 24, nowS());
    recorded.start();
    const page = await openReader('reading');
    assert.equal(await page.locator('.reader').getAttribute('data-mode'), 'live');
    await wait(2000);
    assert.ok((await inked(page)) > 2000, 'the live page is bare');
    await page.screenshot({ path: `${OUT}reader-live.png` });
    await page.keyboard.press('PageUp');
    assert.equal(await page.locator('.reader').getAttribute('data-mode'), 'history');
    assert.match(await text(page, '.reader-where'), /^HISTORY.* ago/);
    await page.locator('.reader:not([data-drawn="live"])').waitFor();
    const left = Number(await page.locator('.reader').getAttribute('data-drawn'));
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((us) => Number(document.querySelector('.reader').dataset.drawn) === us - 1e6, left);
    await goTo(page, start + 17);
    // Samples of 3 s, then none for 4 s, then 3 s of samples.
    assert.ok((await inked(page, 0, 0.28)) > 500, 'samples before the gap');
    assert.equal(await inked(page, 0.31, 0.69), 0, 'something was drawn where nothing was recorded');
    assert.ok((await inked(page, 0.72, 1)) > 500, 'samples after the gap');
    await page.screenshot({ path: `${OUT}reader-gap.png` });
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Save EDF+' }).click()]);
    const file = readFileSync(await download.path());
    assert.match(download.suggestedFilename(), /^reading_\d{8}T\d{6}Z\.edf$/);
    assert.equal(file.subarray(192, 197).toString(), 'EDF+D', 'the gap is a gap in the file');
    // 3 s and 3 s of 19 channels at 256 Hz; a stretch that ends within a second fills its record.
    const records = Number(file.subarray(236, 244));
    assert.ok(records >= 6 && records <= 8, `${records} records`);
    await page.keyboard.press('End');
    await page.locator('.reader[data-mode="live"]').waitFor();
    await recorded.stop();
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('live, calls nothing missing where the sweep begins anew at the left edge', async () => {
    const recorded = new Recorded(server, 'sweeping');
    await recorded.send(nowS() - 30, nowS());
    recorded.start();
    const page = await openReader('sweeping');
    await wait(4000);
    await page.evaluate(() => {
      window.written = [];
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (words, ...more) {
        if (this.canvas.classList.contains('reader-traces')) window.written.push(words);
        return fillText.call(this, words, ...more);
      };
    });
    await wait(12_000); // a sweep takes ten seconds
    const written = await page.evaluate(() => window.written);
    assert.ok(written.some((words) => /:\d\d$/.test(words)), 'the times were written');
    assert.ok(!written.includes('no samples'), 'samples that are there are hatched as missing');
    await recorded.stop();
    await page.context().close();
  });

  // How long it takes is test/load/reader_jump.mjs's to measure; here, that a jump costs the same little wherever it goes.
  it('has any minute of the last seven days by asking for little more than the page shows', async () => {
    const recorded = new Recorded(server, 'week');
    const now = nowS();
    const minutes = Array.from({ length: 14 }, (_, half) => now - Math.round((half + 0.37) * 43_200));
    for (const minute of minutes) await recorded.send(minute - 30, minute + 60, 30);
    const page = await openReader('week');
    const times = [];
    page.asked.length = 0;
    for (const minute of [...minutes].reverse()) {
      times.push(await goTo(page, minute));
      for (const end = Date.now() + 20_000; Date.now() < end && (await inked(page)) <= 2000; ) await wait(200);
      assert.ok((await inked(page)) > 2000, `nothing drawn ${now - minute} s ago`);
    }
    // What it asks ahead of a page may reach the log when the next page is on its way: so each question is held against every minute.
    const spans = page.asked
      .map((address) => new URL(address))
      .filter(({ pathname, searchParams }) => pathname.endsWith('/week/eeg') && !searchParams.has('channels'))
      .map(({ searchParams }) => ({ from: Number(searchParams.get('from')) / 1e6, until: Number(searchParams.get('until')) / 1e6 }));
    for (const { from, until } of spans) {
      assert.ok(until - from <= 60, `asked for ${until - from} s at once`);
      assert.ok(from > now - 60 || minutes.some((minute) => from <= minute + 20 && until >= minute - 10), `asked for ${now - from} s ago, where nobody went`);
    }
    for (const minute of minutes) assert.ok(spans.some(({ from, until }) => from <= minute && until >= minute + 10), `never asked for ${now - minute} s ago`);
    console.log(`a minute of the last seven days: ${times.map(Math.round).join(', ')} ms`);
    await page.context().close();
  });

  it('shows the spectrum over time, of the page and of an hour, and jumps to where it is clicked', async () => {
    const now = nowS();
    const alpha = (index) => Math.round(50 * Math.sin((2 * Math.PI * 10 * index) / 256));
    const recorded = new Recorded(server, 'spectrum', { labels: ['C3', 'P3', 'C4', 'ECG'], signal: alpha });
    await recorded.send(now - 1500, now - 900, 60);
    await recorded.send(now - 300, now, 60);
    const page = await openReader('spectrum', { bypassCSP: true });
    const asked = () => page.asked.filter((address) => address.includes('channels='));
    await page.locator('.spectrum-controls select').first().selectOption('page');
    const before = asked().length; // of ten minutes, which it begins with
    await goTo(page, now - 1200);
    await page.waitForFunction(() => /strongest at 10\.0 Hz, 32 dB/.test(document.querySelector('.spectrum-said').textContent));
    assert.deepEqual(asked().slice(before), [], 'the page asks again for what it has');
    await page.locator('.spectrum-controls select').first().selectOption('3600');
    const part = (second) => (second - (now - 1195 - 1800)) / 3600;
    /** How many pixels of the plot are coloured in a narrow strip around a second. */
    const coloured = (second) =>
      page.evaluate((part) => {
        const canvas = document.querySelector('.spectrum-canvas');
        const density = canvas.width / canvas.clientWidth;
        const x = (84 + part * (canvas.clientWidth - 84)) * density;
        const { data } = canvas.getContext('2d').getImageData(x - 2, 0, 5, canvas.height - 18 * density);
        let count = 0;
        for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count++;
        return count / (data.length / 4);
      }, part(second));
    // The worker's own requests: only the left half's two channels of this device.
    // Seen together: while parts come in, the strip is drawn anew between two looks.
    const seen = async () => ({ recorded: (await coloured(now - 1000)) > 0.9, later: (await coloured(now - 150)) > 0.9, gap: (await coloured(now - 600)) === 0, before: (await coloured(now - 2000)) === 0 });
    const all = { recorded: true, later: true, gap: true, before: true };
    const until = Date.now() + 20_000;
    while (Date.now() < until && Object.values(await seen()).includes(false)) await wait(200);
    await wait(1000);
    for (const settled = Date.now() + 5000; Date.now() < settled && Object.values(await seen()).includes(false); ) await wait(200);
    assert.deepEqual(await seen(), all, 'what was recorded is coloured, what was not is bare');
    await page.screenshot({ path: `${OUT}reader-spectrum.png` });
    assert.deepEqual(await violations(page), []);
    const box = await page.locator('.spectrum-canvas').boundingBox();
    await page.mouse.click(box.x + 84 + part(now - 150) * (box.width - 84), box.y + 40);
    await page.waitForFunction((us) => Math.abs(Number(document.querySelector('.reader').dataset.drawn) - us) <= 5e6, (now - 155) * 1e6);
    await page.locator('.spectrum-slider').focus();
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((us) => Math.abs(Number(document.querySelector('.reader').dataset.drawn) - us) <= 5e6, (now - 215) * 1e6);
    await page.locator('.spectrum-controls select').nth(1).selectOption({ label: 'C4' });
    await page.waitForFunction(() => /strongest at 10\.0 Hz/.test(document.querySelector('.spectrum-said').textContent));
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('shows the heart rate under the traces, each beat where the ECG has it within 100 ms, gaps bare, and from whom it is', async () => {
    const start = nowS() - 120;
    const [first, second] = [800_000, 600_000];
    /** Beats of 10 s, 4 s in which the strap is silent, beats of 10 s. */
    const runs = [
      { first_beat: 0, start_us: start * 1e6, rr_us: Array(12).fill(first) },
      { first_beat: 18, start_us: start * 1e6 + 13_600_000, rr_us: Array(16).fill(second) },
    ];
    const beatsUs = runs.flatMap(({ start_us, rr_us }) => rr_us.map((_, at) => start_us + rr_us.slice(0, at + 1).reduce((sum, rr) => sum + rr, 0)));
    const recorded = new Recorded(server, 'hearted', { labels: ['C3', 'C4', 'P3', 'ECG'] });
    const originS = Math.floor(recorded.originUs / 1e6);
    const spikes = new Set(beatsUs.map((us) => Math.round((us / 1e6 - originS) * 256)));
    recorded.signal = (index, channel) => (channel < 3 ? Math.round(10 * Math.sin(index / 3 + channel)) : spikes.has(index) ? 1500 : 0);
    await recorded.send(start, start + 60);
    for (const { first_beat, start_us, rr_us } of runs) await server.post('/v1/beats', { device: 'strap', stream: 's1', first_beat, start_time_us: start_us, rr_us }, recorded.key);
    const value = (atS, rate, more) => ({ name: 'heart_rate', unit: '/min', value: rate, start_time_us: (start + atS) * 1e6, ...more });
    await server.post('/v1/vitals', { vitals: [value(33, 88, { source: 'Watch', batched: true }), value(36, 91, { source: 'Watch', batched: true })] }, recorded.key);

    let page = await openReader('hearted');
    const at = async (second) => {
      await goTo(page, second);
      await page.locator(`.reader-heart-box[data-fetched="${second * 1e6} ${(second + 10) * 1e6}"]`).waitFor();
      await wait(300);
    };
    /** Runs in the browser: columns of the heart rate's canvas with its colour, between two heights from its foot. */
    const columns = (from, until) =>
      page.evaluate(
        ([from, until]) => {
          const canvas = document.querySelector('.reader-heart');
          const heart = getComputedStyle(document.documentElement).getPropertyValue('--heart').trim().match(/\w\w/g).map((hex) => parseInt(hex, 16));
          const { data } = canvas.getContext('2d').getImageData(0, canvas.height - until, canvas.width, until - from);
          const found = new Set();
          for (let place = 0; place < data.length; place += 4) if (data[place + 3] > 150 && heart.every((part, at) => Math.abs(part - data[place + at]) < 30)) found.add((place / 4) % canvas.width);
          return [...found].sort((a, b) => a - b);
        },
        [from, until],
      );
    /** Columns where the ECG, the lowest of four lanes, is far from its middle. */
    const peaks = () =>
      page.evaluate(() => {
        const canvas = document.querySelector('.reader-traces');
        const lane = (canvas.height - 18) / 4;
        const trace = getComputedStyle(document.documentElement).getPropertyValue('--trace').trim().match(/\w\w/g).map((hex) => parseInt(hex, 16));
        const top = Math.round(lane * 3.5 + lane * 0.3);
        const { data, width } = canvas.getContext('2d').getImageData(0, top, canvas.width, 4);
        const found = [];
        for (let place = 0; place < data.length; place += 4) if (data[place + 3] > 120 && trace.every((part, at) => Math.abs(part - data[place + at]) < 40)) found.push((place / 4) % width);
        return [...new Set(found)].sort((a, b) => a - b);
      });

    await at(start + 1);
    assert.match(await text(page, '.reader-heart-said'), /^Heart rate from the beats of strap: 75 \/min\.$/);
    const width = await page.evaluate(() => document.querySelector('.reader-heart').width);
    const px = (us) => 84 + ((us - (start + 1) * 1e6) / 10e6) * (width - 84);
    const within = ((width - 84) / 10) * 0.1;
    const ticks = (await columns(0, 5)).filter((x) => x > 84);
    const seen = await peaks();
    const expected = beatsUs.filter((us) => us > (start + 1.1) * 1e6 && us < (start + 10.9) * 1e6);
    assert.equal(expected.length, 11);
    for (const us of expected) {
      assert.ok(ticks.some((x) => Math.abs(x - px(us)) <= 2), `no tick at ${px(us)}: ${ticks}`);
      assert.ok(seen.some((x) => Math.abs(x - px(us)) <= within), `no R wave at ${px(us)}: ${seen}`);
    }
    for (const x of ticks) assert.ok(expected.some((us) => Math.abs(x - px(us)) <= 3), `a tick at ${x} where no beat is`);
    await page.screenshot({ path: `${OUT}reader-heart.png` });

    // Silent from 9.6 s to 13.6 s.
    await at(start + 8);
    assert.match(await text(page, '.reader-heart-said'), /strap: 75 to 100 \/min/);
    const gap = (second) => 84 + ((second - 8) / 10) * (width - 84);
    assert.deepEqual((await columns(0, 62)).filter((x) => x > gap(9.6) + 3 && x < gap(13.6) - 3), [], 'something is drawn where no beat came');

    await at(start + 30);
    assert.match(await text(page, '.reader-heart-said'), /^Heart rate as values of Watch, sent in a batch: 88 to 91 \/min\.$/);
    await at(start + 45);
    assert.match(await text(page, '.reader-heart-said'), /^No heart rate here: the last was 91 \/min, 19 s before this page ends \(Watch\)\.$/);
    assert.deepEqual((await columns(0, 62)).filter((x) => x > 84), []);
    assert.deepEqual(page.faults, []);
    await page.context().close();

    // What the server has found out of clocks is added, for each device its own, and said; clocks_test has what it finds out.
    const clock = (device, data, by_us) => ({ device, data, grows_ppm: 0, corrections: [{ device_us: start * 1e6, by_us }] });
    const clocks = [clock('device-hearted', 'eeg', -5_000_000), clock('strap', 'beats', -2_000_000)];
    page = await openReader('hearted', { prepare: (opened) => opened.route('**/hearted/clocks', (route) => route.fulfill({ json: { patient: 'hearted', clocks } })) });
    await at(start - 2);
    assert.equal(await text(page, '.reader-corrected'), 'Clock of device-hearted corrected by −5.0 s.');
    assert.match(await text(page, '.reader-heart-said'), /75 \/min\. Clock of strap corrected by −2\.0 s\.$/);
    const moved = (us) => 84 + ((us - (start - 2) * 1e6) / 10e6) * (width - 84);
    const on = (byUs) => beatsUs.map((us) => us + byUs).filter((us) => us > (start - 1.9) * 1e6 && us < (start + 7.5) * 1e6);
    const [ticksMoved, wavesMoved] = [(await columns(0, 5)).filter((x) => x > 84), await peaks()];
    for (const us of on(-2e6)) assert.ok(ticksMoved.some((x) => Math.abs(x - moved(us)) <= 2), `no tick at ${moved(us)}: ${ticksMoved}`);
    for (const us of on(-5e6)) assert.ok(wavesMoved.some((x) => Math.abs(x - moved(us)) <= within), `no R wave at ${moved(us)}: ${wavesMoved}`);
    assert.ok(on(-2e6).length >= 9 && on(-5e6).length >= 8);
    const file = new URL(await page.locator('.reader a[download]').getAttribute('href'), server.url);
    assert.equal(Number(file.searchParams.get('from')), (start + 3) * 1e6, 'the file has the device’s own times');
    await page.screenshot({ path: `${OUT}reader-corrected.png` });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('makes montages where the channels allow it, and says why not where they do not', async () => {
    const now = nowS();
    await new Recorded(server, 'ref').send(now - 40, now);
    await new Recorded(server, 'bip', { labels: ['Fp1-F7', 'F7-T7', 'T7-P7', 'P7-O1'] }).send(now - 40, now);
    const page = await openReader('ref');
    await goTo(page, now - 20);
    await choose(page, 'Montage', 'bipolar');
    await page.screenshot({ path: `${OUT}reader-bipolar.png` });
    assert.match(await text(page, '.reader-said'), /^Low cut 0.5 Hz, high cut 70 Hz: Butterworth/);
    await choose(page, 'Low cut', 'off');
    await page.waitForFunction(() => /around its median/.test(document.querySelector('.reader-said').textContent));
    await page.evaluate(() => (location.hash = '#/patient/bip'));
    await page.locator('.detail-title', { hasText: 'bip' }).waitFor();
    await page.locator('.reader[data-drawn]').waitFor();
    await goTo(page, now - 20);
    await choose(page, 'Montage', 'average');
    await page.waitForFunction(() => /^Common average cannot be made: the channels are recorded bipolar/.test(document.querySelector('.reader-said').textContent));
    await page.context().close();
  });

  it('is in millimetres once the screen was measured, and keeps that', async () => {
    const now = nowS();
    await new Recorded(server, 'scale').send(now - 40, now);
    const page = await openReader('scale');
    const size = page.locator('.reader-choice', { hasText: 'Size' }).locator('select');
    assert.match(await size.locator('option').first().textContent(), /a bar$/);
    await page.getByRole('button', { name: 'Calibrate screen' }).click();
    await page.locator('#calibration-width').fill('428');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.waitForFunction(() => document.querySelector('.reader-bar-text').textContent.endsWith('10 mm'));
    // 428 px for 85.6 mm are 5 px a millimetre.
    assert.equal(await page.evaluate(() => document.querySelector('.reader-bar-line').style.height), '50px');
    await page.reload();
    await page.locator('.reader[data-drawn]').waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll('.reader-choice option')].some(({ textContent }) => textContent === '7 µV/mm'));
    await page.context().close();
  });

  it('measures amplitude, duration and frequency between two points by keys', async () => {
    const now = nowS();
    await new Recorded(server, 'wave', { labels: ['Cz'], signal: (index) => Math.round(100 * Math.sin((2 * Math.PI * 4 * index) / 256)) }).send(now - 60, now);
    const page = await openReader('wave');
    await goTo(page, now - 30);
    await choose(page, 'Low cut', 'off');
    await choose(page, 'High cut', 'off');
    await page.locator('.reader-plot').focus();
    await page.keyboard.press('m');
    // The points are a second apart, four waves of 250 ms: the same value.
    await page.waitForFunction(() => /^Cz · -?\d\.\d µV · 1\.00 s · 1\.00 Hz$/.test(document.querySelector('.reader-measured').textContent));
    for (let press = 0; press < 5; press++) await page.keyboard.press('Shift+ArrowLeft');
    await page.waitForFunction(() => /µV · \d{3} ms · \d\.\d\d Hz$/.test(document.querySelector('.reader-measured').textContent));
    await page.screenshot({ path: `${OUT}reader-measure.png` });
    await page.keyboard.press('Escape');
    assert.equal(await text(page, '.reader-measured'), '');
    assert.equal(await page.locator('section.detail').count(), 1, 'Esc ends measuring first');
    await page.context().close();
  });

  it('goes from event to event and says why each was raised and what would have silenced it', { skip: !process.env.VIGIL_DATA && 'VIGIL_DATA is not set' }, async () => {
    const seizure = bonn('setE', 3);
    const device = new Device(server, 'why', (index) => seizure[index % seizure.length]).start();
    const page = await openReader('why');
    await page.waitForFunction(() => /^1 event in the last 7 days/.test(document.querySelector('.reader-event').textContent), null, { timeout: 40_000 });
    await page.keyboard.press('Shift+E');
    await page.waitForFunction(() => /Not raised at a threshold above 0\.\d\d, or if more than \d+ s were asked for, or without C1\.$/.test(document.querySelector('.reader-event').textContent), null, { timeout: 10_000 });
    assert.match(await text(page, '.reader-event'), /^Event 1 of 1: .*Raised by window-178 \(not validated for this signal\): mean score up to \d\.\d\d, threshold 0\.50 for 5 s\. Channels over it: C1 \d\.\d\d\./);
    await page.screenshot({ path: `${OUT}reader-event.png` });
    await device.stop();
    await page.context().close();
  });

  it('goes between two events, and from an alarm to its event; score and events stand under the traces', { skip: !process.env.VIGIL_DATA && 'VIGIL_DATA is not set' }, async () => {
    const seizure = bonn('setE', 3);
    // Twelve seconds of it in each half minute: an event ends ten seconds below the threshold.
    const device = new Device(server, 'twice', (index) => (index % 5208 < 2083 ? seizure[index % seizure.length] : quiet(index))).start();
    const page = await openReader('twice');
    assert.equal(await page.evaluate(async () => (await fetch('/v1/patients/twice/alarm-settings', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ switched_on: true, reason: 'admitted' }) })).status), 204);
    await page.waitForFunction(() => /^2 events in the last 7 days/.test(document.querySelector('.reader-event').textContent), null, { timeout: 90_000 });
    const told = (start) => page.waitForFunction((words) => document.querySelector('.reader-event').textContent.startsWith(words), start, { timeout: 20_000 });
    await page.locator('.reader-plot').focus();
    await page.keyboard.press('Shift+E');
    await told('Event 2 of ');
    await page.keyboard.press('Shift+E');
    await told('Event 1 of ');
    await page.keyboard.press('e');
    await told('Event 2 of ');
    /** Pixels of the strip in a colour of the page, in its top rows or below them. */
    const strip = (colour, top) =>
      page.evaluate(
        ([name, above]) => {
          const canvas = document.querySelector('.reader-score');
          const wanted = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim().match(/\w\w/g).map((hex) => parseInt(hex, 16));
          const { data } = canvas.getContext('2d').getImageData(90, above ? 0 : 5, canvas.width - 90, above ? 4 : canvas.height - 5);
          let count = 0;
          for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && wanted.every((value, part) => Math.abs(value - data[at + part]) < 12)) count++;
          return count;
        },
        [colour, top],
      );
    for (const until = Date.now() + 20_000; Date.now() < until && !((await strip('high', false)) > 100 && (await strip('text', true)) > 50); ) await wait(200);
    assert.ok((await strip('high', false)) > 100, 'no high score under the traces of an event');
    assert.ok((await strip('text', true)) > 50, 'no bar over the scores of an event');

    await page.keyboard.press('End');
    await page.locator('.reader[data-mode="live"]').waitFor();
    const alarm = page.locator('.alarm', { hasText: /SEIZURE POSSIBLE/i }).first();
    assert.match(await alarm.locator('.alarm-why').textContent(), /^Score up to [01]\.\d\d\.$/);
    await alarm.getByRole('button', { name: 'Show why' }).click();
    await page.locator('.reader[data-mode="history"]').waitFor();
    await page.waitForFunction(() => /^Event \d of \d: .*Not raised at a threshold above/.test(document.querySelector('.reader-event').textContent), null, { timeout: 20_000 });
    assert.deepEqual(page.faults, []);
    await device.stop();
    await page.context().close();
  });

  it('turns traces over for whoever reads negative up, and takes the mains out', async () => {
    const now = nowS();
    // Upward spikes of 200 µV twice a second, on 50 Hz of 40 µV.
    await new Recorded(server, 'spikes', { labels: ['Cz'], signal: (index) => (index % 128 < 6 ? 200 : 0) + Math.round(40 * Math.sin((2 * Math.PI * 50 * index) / RATE)) }).send(now - 60, now);
    const page = await openReader('spikes');
    await goTo(page, now - 30);
    await choose(page, 'Low cut', 'off');
    await choose(page, 'High cut', 'off');
    /** Where the trace reaches: pixels above and below the middle of the page's one lane, and how many it inks. */
    const reach = () =>
      page.evaluate(() => {
        const canvas = document.querySelector('.reader-traces');
        const trace = getComputedStyle(document.documentElement).getPropertyValue('--trace').trim().match(/\w\w/g).map((hex) => parseInt(hex, 16));
        const { data, width, height } = canvas.getContext('2d').getImageData(90, 0, canvas.width - 90, canvas.height - 24);
        const rows = new Map();
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && trace.every((value, part) => Math.abs(value - data[at + part]) < 12)) rows.set(Math.floor(at / 4 / width), (rows.get(Math.floor(at / 4 / width)) ?? 0) + 1);
        const ink = [...rows.values()].reduce((sum, one) => sum + one, 0);
        const mean = [...rows].reduce((sum, [row, one]) => sum + row * one, 0) / ink;
        return { above: mean - Math.min(...rows.keys()), below: Math.max(...rows.keys()) - mean, ink, height };
      });
    const settled = async (wanted) => {
      let seen = await reach();
      for (const until = Date.now() + 20_000; Date.now() < until && !wanted(seen); seen = await reach()) await wait(200);
      return seen;
    };
    const down = await settled(({ above, below }) => below > 1.5 * above);
    assert.ok(down.below > 1.5 * down.above, `negative up, spikes point down: ${JSON.stringify(down)}`);
    await page.getByRole('button', { name: 'Negative up' }).click();
    const up = await settled(({ above, below }) => above > 1.5 * below);
    assert.ok(up.above > 1.5 * up.below, `positive up, spikes point up: ${JSON.stringify(up)}`);
    await choose(page, 'Notch', '50');
    const clean = await settled(({ ink }) => ink < 0.8 * up.ink);
    assert.ok(clean.ink < 0.8 * up.ink, `the mains are still there: ${up.ink} and ${clean.ink} pixels`);
    await page.context().close();
  });
});

describe('the reader for everybody', { timeout: 200_000 }, () => {
  it('breaks no rule of WCAG 2.2 AA, dark and light, in history and while calibrating', async () => {
    const now = nowS();
    await new Recorded(server, 'rules').send(now - 40, now);
    for (const colorScheme of ['dark', 'light']) {
      const page = await openReader('rules', { colorScheme, bypassCSP: true });
      await goTo(page, now - 20);
      assert.deepEqual(await violations(page), []);
      await page.getByRole('button', { name: 'Calibrate screen' }).click();
      assert.deepEqual(await violations(page), []);
      await page.screenshot({ path: `${OUT}reader-calibrate-${colorScheme}.png` });
      await page.context().close();
    }
  });

  it('fits a phone and 200 % zoom without scrolling sideways', async () => {
    const now = nowS();
    await new Recorded(server, 'small').send(now - 40, now);
    for (const [name, options] of [
      ['phone', { viewport: { width: 390, height: 844 }, bypassCSP: true }],
      ['zoom', { viewport: { width: 960, height: 540 }, deviceScaleFactor: 2, bypassCSP: true }],
    ]) {
      const page = await openReader('small', options);
      await goTo(page, now - 20);
      assert.ok((await inked(page)) > 500, `${name}: bare`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${name} scrolls sideways`);
      assert.ok(await page.evaluate(() => document.querySelector('.reader-plot').clientHeight >= 180), `${name}: low`);
      await page.screenshot({ path: `${OUT}reader-${name}.png`, fullPage: true });
      assert.deepEqual(await violations(page), []);
      await page.context().close();
    }
  });

  it('moves nothing while a reader pages, changes choices and goes live', async () => {
    const recorded = await new Recorded(server, 'still').send(nowS() - 90, nowS());
    recorded.start();
    const page = await openReader('still');
    await wait(1500);
    await page.evaluate(() => {
      window.shifts = [];
      const inside = ({ node }) => node instanceof Element && node.closest('.reader') !== null;
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) if (sources.some(inside)) window.shifts.push([value, ...sources.map(({ node }) => node?.className)]);
      }).observe({ type: 'layout-shift' });
    });
    for (const key of ['PageUp', 'PageUp', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'm', 'Escape', 'e', 'PageDown', 'End']) {
      await page.keyboard.press(key);
      await wait(400);
    }
    assert.deepEqual(await page.evaluate(() => window.shifts), []);
    await recorded.stop();
    await page.context().close();
  });
});
