// What the eye meets: many patients on one screen, no motion for those who ask for none, nothing that flashes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { browser, openWard, server, soundOn, startBoth, tile, waitFor } from './browser.mjs';
import { bonn, Device, quiet } from './device.mjs';
import { Server } from './server.mjs';

startBoth();

describe('the screen', { timeout: 200_000 }, () => {
  it('does not flash: under 3 pairs of opposing changes in any second, even with eight devices that disagree', { skip: !process.env.VIGIL_DATA && 'VIGIL_DATA is not set' }, async () => {
    const page = await openWard(browser, server);
    const calm = bonn('setA', 0);
    const seizure = bonn('setE', 3);
    const key = server.key('many');
    const devices = [];
    for (let number = 0; number < 8; number++) {
      const signal = number % 2 ? seizure : calm;
      devices.push(new Device(server, 'many', (index) => signal[index % signal.length], 1, { key, name: `device-${number}` }).start());
      await wait(125);
    }
    await waitFor(page, 'many', 'level', 'high');
    await page.evaluate(watchColours);
    await wait(10_000);
    const changes = await page.evaluate(() => window.changes);
    const most = Math.max(0, ...changes.map(({ at }) => changes.filter((other) => other.at >= at && other.at < at + 1000).length));
    console.log(`${changes.length} changes of colour in 10 s, at most ${most} in a second`);
    assert.ok(most < 6, `${most} changes of colour in one second`);
    await Promise.all(devices.map((device) => device.stop()));
    await page.context().close();
  });
});

describe('many patients', { timeout: 200_000 }, () => {
  it('are all on one screen and readable, forty at 1920 x 1080', async () => {
    const own = await new Server().start();
    const devices = Array.from({ length: 40 }, (_, index) => new Device(own, `bed-${index + 1}`, quiet, 2));
    await Promise.all(devices.map((device) => device.heartRate(100)));
    const page = await openWard(browser, own);
    await soundOn(page);
    for (const device of devices) device.start();
    await page.waitForFunction(() => document.querySelectorAll('.tile[data-level="low"]').length === 40, null, { timeout: 60_000 });
    await page.screenshot({ path: new URL('./out/forty.png', import.meta.url).pathname });
    const tiles = await page.evaluate(measureTiles);
    await Promise.all(devices.map((device) => device.stop()));
    await own.close();
    assert.equal(tiles.length, 40);
    for (const { id, ...seen } of tiles) {
      assert.ok(seen.inside, `${id} is outside the screen`);
      assert.ok(seen.label && seen.word && seen.heart, `${id}: a word is cut off: ${JSON.stringify(seen)}`);
      assert.ok(seen.letterPx >= 24, `${id}: letters of ${seen.letterPx} px`);
      assert.ok(seen.tracePx >= 40, `${id}: a trace of ${seen.tracePx} px`);
    }
    assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= document.documentElement.clientHeight), 'the page scrolls');
    await page.context().close();
  });
});

describe('a reader who wants less motion', { timeout: 60_000 }, () => {
  it('meets no animation and no transition, while the trace goes on', async () => {
    const page = await openWard(browser, server, { reducedMotion: 'reduce' });
    // So that the page's own rule is what is tested, and not that no style moves anything today.
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('@keyframes pulse { to { opacity: 0 } } .tile { animation: pulse 1s infinite; transition: opacity 1s; }');
      document.adoptedStyleSheets = [sheet];
    });
    const device = new Device(server, 'still', quiet).start();
    await waitFor(page, 'still', 'condition', 'live');
    await tile(page, 'still').locator('a').press('Enter');
    await page.locator('section.detail').waitFor();
    const moving = await page.evaluate(() => {
      const isMoving = (style) => style.animationName !== 'none' || style.transitionDuration.split(', ').some((time) => parseFloat(time) > 0);
      return { animations: document.getAnimations().length, elements: [...document.querySelectorAll('*')].filter((element) => isMoving(getComputedStyle(element))).length };
    });
    assert.deepEqual(moving, { animations: 0, elements: 0 });
    const drawn = async () => (await page.screenshot({ clip: await tile(page, 'still').locator('.trace-place').boundingBox() })).toString('base64');
    const before = await drawn();
    await wait(1000);
    assert.notEqual(await drawn(), before);
    await device.stop();
    await page.context().close();
  });
});

/** Runs in the browser: what of each tile can be read. */
function measureTiles() {
  const pen = document.createElement('canvas').getContext('2d');
  const letter = (element) => {
    const style = getComputedStyle(element);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    return pen.measureText('H').actualBoundingBoxAscent;
  };
  const within = (inner, outer) => {
    const [a, b] = [inner.getBoundingClientRect(), outer.getBoundingClientRect()];
    return a.width > 0 && a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  };
  return [...document.querySelectorAll('.tile')].map((tile) => {
    const [label, word, heart, trace] = ['.fitted-label', '.fitted-word', '.heart-value', '.trace-place'].map((what) => tile.querySelector(what));
    const box = tile.getBoundingClientRect();
    return {
      id: tile.dataset.patient,
      inside: box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight,
      label: within(label, label.parentElement),
      word: within(word, tile),
      heart: within(heart, tile) && heart.textContent === '100',
      letterPx: Math.round(Math.min(letter(word), letter(heart))),
      tracePx: trace.clientHeight,
    };
  });
}

/** Runs in the browser: notes each animation frame in which a colour of the tile's state differs from the frame before. */
function watchColours() {
  window.changes = [];
  let before = null;
  const look = () => {
    const { backgroundColor, color } = getComputedStyle(document.querySelector('.tile[data-patient="many"] .state'));
    const now = `${backgroundColor} ${color}`;
    if (before !== null && now !== before) window.changes.push({ at: performance.now(), now });
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
