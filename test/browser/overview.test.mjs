// The ward's screen under what a real ward seldom has: sixteen and sixty-four patients, many alarms at once, a drawing thread that
// hangs, pushes that are lost, a machine that slept. The server is played (stage.mjs); what the real one sends is tested beside this.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it as nodeTest } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { violations } from './accessible.mjs';
import { launch, openPage, soundOn, tile, waitFor } from './browser.mjs';
import { ACKNOWLEDGED, Stage, StagePatient } from './stage.mjs';

const OUT = new URL('./out/', import.meta.url).pathname;
const it = (name, act) => nodeTest(name, { timeout: 150_000 }, act);

let browser;
/** Wards of the test that runs: one that fails leaves none behind. */
const opened = new Set();
before(async () => void (browser = await launch()));
afterEach(async () => {
  for (const ward of opened) await ward.drop();
});
after(() => browser?.close());

/** A ward of `count` patients whose devices send four times a second until close(). */
class PlayedWard {
  static async open(count, { channels = 4, prepare, quiet = false, history = false, ...options } = {}) {
    const ward = new PlayedWard();
    opened.add(ward);
    ward.stage = await new Stage().start();
    ward.patients = Array.from({ length: count }, (_, index) => new StagePatient(`Bed ${index + 1}`, channels));
    ward.stage.whole = () => ({ patients: ward.patients.map((patient) => (history ? patient.history() : patient.state())) });
    ward.page = await openPage(browser, options);
    await prepare?.(ward.page);
    await ward.page.goto(ward.stage.url, { timeout: 100_000 });
    await ward.page.waitForFunction((wanted) => document.querySelectorAll('.tile').length === wanted, count, { timeout: 60_000 });
    await soundOn(ward.page);
    if (!quiet) ward.timer = setInterval(() => ward.push(), 250);
    return ward;
  }

  push() {
    this.stage.send({ patients: this.patients.map((patient) => patient.news(250, this.stage.request.channels)) });
  }

  /** News without samples. */
  tell(...patients) {
    this.stage.send({ patients: patients.map((patient) => patient.state()) });
  }

  bed(number) {
    return this.patients[number - 1];
  }

  get order() {
    return this.page.evaluate(() => [...document.querySelectorAll('.tile')].map((tile) => tile.dataset.patient));
  }

  /** Waits until the first tile is this bed's. */
  first(id, timeout = 10_000) {
    return this.page.waitForFunction((wanted) => document.querySelector('.tile').dataset.patient === wanted, id, { timeout });
  }

  async close() {
    await this.drop();
    assert.deepEqual(this.page.faults, []);
  }

  async drop() {
    opened.delete(this);
    clearInterval(this.timer);
    await this.page?.context().close();
    this.stage?.close();
  }
}

/** Runs in the browser: heights of capital letters, in px. */
function letters(selector) {
  const pen = document.createElement('canvas').getContext('2d');
  return [...document.querySelectorAll(selector)].map((word) => {
    const style = getComputedStyle(word);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    return pen.measureText('H').actualBoundingBoxAscent;
  });
}

const WORDS = '.heart-value, .fitted-word, .fitted-label';

describe('from where people stand', () => {
  it('bed, state and heart rate are 50 px high and more with 16 patients at 1920 x 1080', async () => {
    const ward = await PlayedWard.open(16);
    ward.bed(3).alarm('high');
    await waitFor(ward.page, 'Bed 3', 'alarm', 'high');
    const heights = await ward.page.evaluate(letters, WORDS);
    assert.equal(heights.length, 48);
    assert.ok(Math.min(...heights) >= 50, `lowest letter ${Math.min(...heights)} px`);
    assert.ok(await ward.page.evaluate(() => document.documentElement.scrollHeight <= document.documentElement.clientHeight), 'all on one screen');
    await wait(3000);
    await ward.page.screenshot({ path: `${OUT}sixteen.png` });
    await ward.close();
  });

  it('64 patients are on one screen with letters of 25 px and more, ages and a trace each, and one in alarm grows', async () => {
    const ward = await PlayedWard.open(64);
    ward.bed(40).alarm('high');
    await ward.first('Bed 40');
    ward.bed(41).alarm('medium');
    await ward.page.waitForFunction(() => document.querySelectorAll('[data-grown="true"]').length === 2);
    await wait(5000);
    await ward.page.screenshot({ path: `${OUT}sixty-four.png` });
    const heights = await ward.page.evaluate(letters, WORDS);
    assert.ok(Math.min(...heights) >= 25, `lowest letter ${Math.min(...heights)} px`);
    const tiles = await ward.page.evaluate(() =>
      [...document.querySelectorAll('.tile')].map((tile) => {
        const { left, top, right, bottom, width } = tile.getBoundingClientRect();
        const ages = [...tile.querySelectorAll('.tile-age, .heart-age')];
        const cut = ages.filter((age) => age.getBoundingClientRect().right > right || age.getBoundingClientRect().width === 0 || !/\d+ s ago$/.test(age.textContent));
        const words = [...tile.querySelectorAll('.fitted-word, .fitted-label')].filter((word) => word.getBoundingClientRect().right > word.parentElement.getBoundingClientRect().right + 1);
        return { id: tile.dataset.patient, words: words.map((word) => word.textContent).join(' '), inside: left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight, width, cut: cut.length, trace: tile.querySelector('.trace-place').clientHeight };
      }),
    );
    for (const { id, words } of tiles) assert.equal(words, '', `${id}: cut off`);
    for (const { id, inside, cut, trace } of tiles) assert.ok(inside && cut === 0 && trace >= 30, `${id}: inside ${inside}, ${cut} ages cut off, a trace of ${trace} px`);
    const [grown, , other] = tiles;
    assert.ok(grown.width > 1.9 * other.width, `${grown.width} px beside ${other.width}`);
    assert.ok((await inked(ward.page, 'Bed 1')) > 200, 'nothing is drawn');
    await ward.close();
  });

  it('each of 64 shows its last ten minutes where the reader wants that', async () => {
    const ward = await PlayedWard.open(64, { history: true });
    await ward.page.getByLabel('What the tiles show').selectOption('trend');
    await ward.page.waitForFunction(() => document.documentElement.dataset.tiles === 'trend');
    await wait(4000);
    await ward.page.screenshot({ path: `${OUT}trend.png` });
    assert.ok((await inked(ward.page, 'Bed 1')) > 20, 'nothing is drawn');
    await ward.close();
  });
});

/** Of the trace of a tile the pixels that a trace may have, from a picture of the screen. */
async function inked(page, patient) {
  const clip = await tile(page, patient).locator('.trace-place').boundingBox();
  const png = (await page.screenshot({ clip })).toString('base64');
  return page.evaluate(async (data) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))]));
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    pen.drawImage(picture, 0, 0);
    const { data: bytes } = pen.getImageData(0, 0, picture.width, picture.height);
    let count = 0;
    for (let at = 0; at < bytes.length; at += 4) if (bytes[at + 1] > 140) count++;
    return count;
  }, png);
}

describe('the most urgent patient', () => {
  it('stands first, with the others in the order of their beds', async () => {
    const ward = await PlayedWard.open(12, { quiet: true });
    assert.deepEqual(await ward.order, ward.patients.map(({ id }) => id));
    ward.tell(ward.bed(9).alarm('low'));
    await ward.first('Bed 9');
    ward.tell(ward.bed(11).alarm('medium'));
    await ward.first('Bed 11');
    ward.tell(ward.bed(5).alarm('high'));
    await ward.first('Bed 5');
    assert.deepEqual((await ward.order).slice(0, 5), ['Bed 5', 'Bed 11', 'Bed 9', 'Bed 1', 'Bed 2']);
    ward.tell(ward.bed(5).alarm('high', ACKNOWLEDGED));
    await ward.first('Bed 11');
    await ward.close();
  });

  it('never jumps under the pointer or under the focus, and a trace is never seen in the wrong tile', async () => {
    const ward = await PlayedWard.open(12);
    const { page } = ward;
    await page.waitForFunction(() => document.querySelector('.pictures').style.opacity === '');
    await page.evaluate(() => {
      window.seenWhileMoving = [];
      const grid = document.querySelector('.ward');
      new MutationObserver(() => window.seenWhileMoving.push(document.querySelector('.pictures').style.opacity)).observe(grid, { childList: true });
    });
    await tile(page, 'Bed 2').hover();
    ward.tell(ward.bed(10).alarm('high'));
    await waitFor(page, 'Bed 10', 'alarm', 'high');
    await wait(2000);
    assert.equal((await ward.order)[0], 'Bed 1', 'a tile jumped under the pointer');
    await page.mouse.move(5, 5);
    await ward.first('Bed 10');
    assert.ok((await page.evaluate(() => window.seenWhileMoving)).every((opacity) => opacity === '0'), 'traces were seen while tiles moved');
    await page.waitForFunction(() => document.querySelector('.pictures').style.opacity === '');
    await tile(page, 'Bed 3').locator('a').focus();
    ward.tell(ward.bed(12).alarm('high'));
    await waitFor(page, 'Bed 12', 'alarm', 'high');
    await wait(2000);
    assert.equal((await ward.order)[1], 'Bed 1', 'a tile jumped under the focus');
    await page.waitForFunction(() => [...document.querySelectorAll('.tile')].slice(0, 2).some((tile) => tile.dataset.patient === 'Bed 12'), null, { timeout: 15_000 });
    assert.equal(await page.evaluate(() => document.activeElement.closest('.tile').dataset.patient), 'Bed 3', 'the focus was lost');
    await ward.close();
  });
});

/** Runs in the browser: the opacity of each alarm's border in each animation frame. */
function watchEdges(ms) {
  return new Promise((done) => {
    const seen = [];
    const until = performance.now() + ms;
    const look = () => {
      const edges = [...document.querySelectorAll('.tile:not([data-alarm="none"]) .edge')].map((edge) => [edge.closest('.tile').dataset.patient, Number(getComputedStyle(edge).opacity)]);
      seen.push({ at: performance.now(), ...Object.fromEntries(edges) });
      if (performance.now() < until) requestAnimationFrame(look);
      else done(seen);
    };
    requestAnimationFrame(look);
  });
}

/** Runs in the browser: in each animation frame what of a border has risen and which surfaces have another colour, and all animations. */
async function watchColours(ms) {
  const WATCHED = '.edge, .state, .tile-note, .banner, .strip-alarm, .alarm';
  const before = new Map();
  const frames = [];
  const until = performance.now() + ms;
  const look = () => {
    const changes = [];
    for (const one of document.querySelectorAll(WATCHED)) {
      const { opacity, backgroundColor } = getComputedStyle(one);
      const known = before.get(one);
      before.set(one, { opacity, backgroundColor });
      if (!known) continue;
      if (Number(opacity) > Number(known.opacity) || backgroundColor !== known.backgroundColor) changes.push(one.classList[0]);
    }
    frames.push({ at: performance.now(), changes });
  };
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame);
    look();
  }
  const animations = document.getAnimations().map((animation) => ({ of: animation.effect.target.className, startTime: animation.startTime, duration: animation.effect.getTiming().duration }));
  return { frames, animations };
}

describe('alarms flash', () => {
  const open = async (options) => {
    const ward = await PlayedWard.open(8, { quiet: true, ...options });
    // Each begins at a moment of its own.
    for (const [bed, urgency] of [[1, 'high'], [2, 'high'], [3, 'medium'], [4, 'medium'], [5, 'low']]) {
      ward.tell(ward.bed(bed).alarm(urgency));
      await waitFor(ward.page, `Bed ${bed}`, 'alarm', urgency);
      await wait(130);
    }
    ward.timer = setInterval(() => ward.tell(ward.bed(8)), 500);
    return ward;
  };

  it('in one phase: high 2 Hz, medium 0.5 Hz, half on, low steady, and in sum under three flashes a second', async () => {
    const ward = await open();
    const seen = await ward.page.evaluate(watchEdges, 8000);
    const rises = (bed) => seen.filter((frame, at) => at > 0 && frame[bed] === 1 && seen[at - 1][bed] === 0);
    const on = (bed) => seen.filter((frame) => frame[bed] === 1).length / seen.length;
    assert.ok(Math.abs(rises('Bed 1').length - 16) <= 1, `high rose ${rises('Bed 1').length} times in 8 s`);
    assert.ok(Math.abs(rises('Bed 3').length - 4) <= 1, `medium rose ${rises('Bed 3').length} times in 8 s`);
    for (const bed of ['Bed 1', 'Bed 3']) assert.ok(Math.abs(on(bed) - 0.5) < 0.15, `${bed} is on for ${on(bed)} of the time`);
    assert.equal(on('Bed 5'), 1, 'low is steady');
    for (const frame of seen) {
      assert.equal(frame['Bed 1'], frame['Bed 2'], 'two high ones differ');
      assert.equal(frame['Bed 3'], frame['Bed 4'], 'two medium ones differ');
    }
    // Any instant at which anything rises counts once: what rises together is one flash.
    const flashes = seen.filter((frame, at) => at > 0 && ward.patients.some(({ id }) => frame[id] === 1 && seen[at - 1][id] === 0)).map(({ at }) => at);
    const most = Math.max(...flashes.map((from) => flashes.filter((at) => at >= from && at < from + 1000).length));
    assert.ok(most <= 3, `${most} flashes in one second`);
    await ward.close();
  });

  it('three times a second at most, with everything else that changes its colour, where everybody is in alarm and scores leap', async () => {
    const ward = await PlayedWard.open(16, { quiet: true });
    for (const [at, patient] of ward.patients.entries()) patient.alarm(at % 3 === 2 ? 'medium' : 'high');
    ward.tell(...ward.patients);
    await waitFor(ward.page, 'Bed 16', 'alarm', 'high');
    await ward.page.evaluate(() => void (location.hash = '#/patient/Bed%201'));
    await ward.page.locator('.detail').waitFor();
    // Each patient's score is now high and now low, at a moment of its own.
    const leaping = ward.patients.map((patient, at) => setInterval(() => ward.stage.send({ patients: [patient.score(Math.random() < 0.5 ? 0.95 : 0.05)] }), 700 + 37 * at));
    const { frames, animations } = await ward.page.evaluate(watchColours, 15_000);
    for (const timer of leaping) clearInterval(timer);
    // Whatever moves by itself is a border, on the one clock.
    assert.ok(animations.length >= 16, `${animations.length} animations`);
    for (const animation of animations) {
      assert.equal(animation.of, 'edge', JSON.stringify(animation));
      assert.equal(animation.startTime, 0, JSON.stringify(animation));
      assert.ok([500, 2000].includes(animation.duration), JSON.stringify(animation));
    }
    const bands = frames.flatMap(({ changes }) => changes).filter((change) => change === 'state');
    assert.ok(bands.length >= 20, `only ${bands.length} bands changed`);
    // What changes within a few frames is one flash; an instant is a frame at which anything rises, or a band changes either way.
    const instants = frames.filter(({ changes }, at) => changes.length > 0 && !frames.slice(Math.max(0, at - 3), at).some((frame) => frame.changes.length > 0)).map(({ at }) => at);
    const most = Math.max(...instants.map((from) => instants.filter((at) => at >= from && at < from + 950).length));
    assert.ok(most <= 3, `${most} flashes in one second`);
    await ward.drop(); // what the reader asks of a played server is refused
  });

  it('not at all for whoever wants less motion', async () => {
    const ward = await open({ reducedMotion: 'reduce' });
    const seen = await ward.page.evaluate(watchEdges, 2500);
    assert.ok(seen.every((frame) => frame['Bed 1'] === 1 && frame['Bed 3'] === 1));
    await ward.close();
  });
});

describe('what is shown', () => {
  it('is called stopped, and grows old, when the drawing thread hangs', async () => {
    const ward = await PlayedWard.open(2);
    const { page } = ward;
    const age = async () => Number(/(\d+) s ago/.exec(await tile(page, 'Bed 1').locator('.tile-age').textContent())?.[1]);
    await page.waitForFunction(() => /µV/.test(document.querySelector('.unit-bar-text').textContent));
    void page.workers()[0].evaluate(() => {
      for (const until = performance.now() + 12_000; performance.now() < until; );
    });
    await page.getByText('TRACES STOPPED').waitFor({ timeout: 11_000 });
    assert.ok((await age()) >= 4, `the age says ${await age()} s while nothing is drawn`);
    await page.getByText('TRACES STOPPED').waitFor({ state: 'hidden', timeout: 30_000 });
    await ward.close();
  });

  it('is not current after the machine slept, until the server has spoken anew', async () => {
    const ward = await PlayedWard.open(1, { quiet: true });
    const { page, stage } = ward;
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'live');
    const sockets = stage.sockets.size;
    stage.open = (request, socket) => socket.destroy();
    // While a machine sleeps the browser's own clock stands still and the wall clock goes on.
    await page.evaluate(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 3_600_000;
    });
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'lost', null, { timeout: 1500 });
    ward.push();
    await wait(1000);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.connection), 'lost', 'what was under way counted as news');
    delete stage.open;
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'live', null, { timeout: 30_000 });
    assert.equal(sockets, 1);
    await ward.close();
  });

  it('is lost while the whole browser stands still, and back when it goes on', async () => {
    const ward = await PlayedWard.open(2);
    const { page } = ward;
    await waitFor(page, 'Bed 1', 'condition', 'live');
    await page.evaluate(() => {
      window.claims = [];
      const look = () => {
        window.claims.push({ at: Date.now(), connection: document.documentElement.dataset.connection });
        setTimeout(look, 50);
      };
      look();
    });
    const browserTools = await browser.newBrowserCDPSession();
    const { processInfo } = await browserTools.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
    for (const id of renderers) process.kill(id, 'SIGSTOP');
    clearInterval(ward.timer);
    await wait(8000);
    ward.bed(2).alarm('high');
    for (const id of renderers) process.kill(id, 'SIGCONT');
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'lost', null, { timeout: 5000 });
    ward.timer = setInterval(() => ward.push(), 250);
    await waitFor(page, 'Bed 2', 'alarm', 'high');
    await page.waitForFunction(() => document.documentElement.dataset.connection === 'live');
    await ward.close();
  });

  it('is whole although one push in twenty is lost: each alarm and each end of one arrives', async () => {
    const ward = await PlayedWard.open(4);
    const { page, stage } = ward;
    stage.loss = 0.05;
    // An alarm is told of once, as the real server does.
    const tellOnce = async (bed, urgency, state) => {
      stage.send({ patients: [bed.alarm(urgency, state).state()] });
      const { alarms } = bed;
      bed.alarms = [];
      stage.whole = () => ({ patients: ward.patients.map((patient) => ({ ...patient.state(), alarms: patient === bed ? alarms : patient.alarms })) });
      await waitFor(page, bed.id, 'alarm', state === ACKNOWLEDGED ? 'acknowledged' : urgency, 10_000);
    };
    for (let round = 0; round < 12; round++) {
      if (round % 4 === 3) stage.loss = 1;
      const told = tellOnce(ward.bed(1 + (round % 4)), 'medium', round % 2 ? ACKNOWLEDGED : undefined);
      stage.loss = 0.05;
      await told;
    }
    await ward.close();
  });

  it('goes on in the background, where the browser slows timers and draws nothing', async () => {
    const slowed = (page) =>
      page.addInitScript(() => {
        // As Chromium does to a page that has been hidden for five minutes: timers once a minute, no animation frames.
        const slow = (start) => (act, ms = 0, ...rest) => start(act, Math.max(ms, 60_000), ...rest);
        window.hide = () => {
          window.setInterval = slow(window.setInterval);
          window.setTimeout = slow(window.setTimeout);
          window.requestAnimationFrame = () => 1;
          Object.defineProperty(document, 'hidden', { get: () => true });
          document.dispatchEvent(new Event('visibilitychange'));
          for (let timer = 1; timer < 1000; timer++) clearInterval(timer);
        };
      });
    const ward = await PlayedWard.open(3, { prepare: slowed });
    await waitFor(ward.page, 'Bed 1', 'condition', 'live');
    await ward.page.evaluate(() => window.hide());
    ward.bed(2).alarm('high');
    await waitFor(ward.page, 'Bed 2', 'alarm', 'high', 5000);
    for (const until = Date.now() + 5000; !(await ward.page.title()).startsWith('!!! 1'); await wait(200)) assert.ok(Date.now() < until, 'the title does not tell of the alarm');
    clearInterval(ward.timer);
    await ward.page.locator('.banner.lost').waitFor({ timeout: 10_000 });
    await ward.close();
  });
});

describe('everybody', () => {
  for (const colorScheme of ['dark', 'light']) {
    it(`finds no barrier that axe knows with alarms of all kinds, ${colorScheme}`, async () => {
      const ward = await PlayedWard.open(20, { colorScheme, bypassCSP: true });
      ward.bed(1).alarm('high');
      ward.bed(2).alarm('medium');
      ward.bed(3).alarm('low');
      ward.bed(4).alarm('medium', ACKNOWLEDGED);
      await waitFor(ward.page, 'Bed 4', 'alarm', 'acknowledged');
      await wait(1000);
      assert.deepEqual(await violations(ward.page), []);
      await ward.page.screenshot({ path: `${OUT}alarms-${colorScheme}.png` });
      await ward.close();
    });
  }

  it('meets no shift of the layout while a ward of sixteen runs, and none sideways at 200 % or on a phone', async () => {
    const watch = (page) =>
      page.addInitScript(() => {
        window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
      });
    for (const viewport of [{ width: 1920, height: 1080 }, { width: 960, height: 540 }, { width: 390, height: 844 }]) {
      const ward = await PlayedWard.open(16, { viewport, prepare: watch });
      await ward.page.waitForFunction(() => document.querySelectorAll('.tile[data-condition="live"] .heart-value').length === 16 && document.querySelector('.heart-value').textContent === '70');
      await ward.page.evaluate(() => void (window.shift = 0));
      for (const patient of ward.patients) patient.beat = 130;
      await ward.page.waitForFunction(() => [...document.querySelectorAll('.heart-value')].every((value) => value.textContent === '130'));
      await wait(2000);
      const { shift, wide } = await ward.page.evaluate(() => ({ shift: window.shift, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth }));
      assert.ok(shift < 0.01, `${viewport.width}: the layout shifted by ${shift}`);
      assert.ok(wide <= 0, `${viewport.width}: ${wide} px too wide`);
      await ward.page.screenshot({ path: `${OUT}ward-${viewport.width}.png` });
      await ward.close();
    }
  });
});
