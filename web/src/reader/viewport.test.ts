import { describe, expect, it } from 'vitest';
import { fittingSensitivity, measured, nextSensitivity, scaleOf } from './sensitivity';
import { HISTORY_DAYS, Viewport } from './viewport';

const SECOND = 1e6;
const NOW = 1_767_225_600_000_000 + 3 * SECOND;

const viewportAt = (nowUs = NOW) => {
  const viewport = new Viewport();
  viewport.follow(nowUs, nowUs);
  return viewport;
};

describe('the page of the reader', () => {
  it('is live as a sweep: every moment of the last page has its own place, and the newest is at the head', () => {
    const viewport = viewportAt();
    expect(viewport.bands()).toEqual([
      { fromUs: NOW - 3 * SECOND, untilUs: NOW, left: 0, right: 0.3 },
      { fromUs: NOW - 3 * SECOND - 6.75 * SECOND, untilUs: NOW - 3 * SECOND, left: 0.325, right: 1 },
    ]);
    for (const back of [0.5, 2.9, 4, 9]) expect(viewport.timeAt(viewport.xOf(NOW - back * SECOND)!)).toBeCloseTo(NOW - back * SECOND, -2);
    expect(viewport.timeAt(0.31)).toBeNull();
  });

  it('scrolls by page and by second, and is live again past now', () => {
    const viewport = viewportAt();
    viewport.move(-1, 'page');
    expect(viewport.live).toBe(false);
    expect(viewport.fromUs).toBe(NOW - 20 * SECOND);
    viewport.move(-1, 'second');
    expect(viewport.fromUs).toBe(NOW - 21 * SECOND);
    viewport.move(1, 'page');
    expect(viewport.fromUs).toBe(NOW - 11 * SECOND);
    viewport.move(1, 'page');
    expect(viewport.live).toBe(true);
  });

  it('stays where it is while time goes on in history', () => {
    const viewport = viewportAt();
    viewport.move(-1, 'page');
    const { fromUs } = viewport;
    viewport.follow(NOW + 100 * SECOND, NOW + 100 * SECOND);
    expect(viewport.fromUs).toBe(fromUs);
  });

  it('goes back seven days and no further', () => {
    const viewport = viewportAt();
    viewport.show(0);
    expect(viewport.fromUs).toBe(NOW - HISTORY_DAYS * 86_400 * SECOND);
  });

  it('keeps its middle when its length changes', () => {
    const viewport = viewportAt();
    viewport.show(NOW - 100 * SECOND);
    viewport.resize(30);
    expect((viewport.fromUs + viewport.untilUs) / 2).toBe(NOW - 95 * SECOND);
  });
});

describe('sensitivity', () => {
  const screen = { width: 1920, height: 1080, density: 1 };

  it('is in real millimetres only on the screen that was measured, also when the browser zooms', () => {
    const kept = measured(342.4, screen);
    expect(scaleOf(kept, screen)).toEqual({ pxPerMm: 4, calibrated: true });
    expect(scaleOf(kept, { ...screen, density: 2 })).toEqual({ pxPerMm: 2, calibrated: true });
    expect(scaleOf(kept, { ...screen, width: 2560 }).calibrated).toBe(false);
    expect(scaleOf(null, screen).calibrated).toBe(false);
    expect(scaleOf('1920 1080 900', screen).calibrated).toBe(false);
    expect(measured(20, screen)).toBeNull();
  });

  it('goes by steps and fits what is there', () => {
    expect(nextSensitivity(7, 1)).toBe(10);
    expect(nextSensitivity(7, -1)).toBe(5);
    expect(nextSensitivity(0.5, -1)).toBe(0.5);
    expect(fittingSensitivity(60, 10)).toBe(10);
    expect(fittingSensitivity(1e9, 10)).toBe(2000);
  });
});
