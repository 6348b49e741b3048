import { describe, expect, it } from 'vitest';
import { heartScale, lastBefore, runsOf, sourcesOn, type BeatsRow, type ValueRow } from './heart_trace';

const START_US = Date.parse('2026-11-24T12:00:00Z') * 1000;
const time = (us: number) => `${new Date(us / 1000).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`;

const beats = (first_beat: number, afterUs: number, rr_us: number[], stream = 's1'): BeatsRow => ({ device: 'strap', stream, first_beat, start_time: time(START_US + afterUs), rr_us });
const value = (afterUs: number, rate: number, more: Partial<ValueRow> = {}): ValueRow => ({ name: 'heart_rate', value: rate, time: time(START_US + afterUs), source: 'watch', batched: false, ...more });

describe('the heart rate of a page', () => {
  it('has each interval of the beats where it was, to the microsecond', () => {
    const [run, ...others] = runsOf([beats(2, 1_650_000, [600_000]), beats(0, 0, [800_000, 850_000])], []);
    expect(others).toEqual([]);
    expect(run!.points.map(({ fromUs, untilUs }) => [fromUs - START_US, untilUs - START_US])).toEqual([[0, 800_000], [800_000, 1_650_000], [1_650_000, 2_250_000]]);
    expect(run!.points.map(({ bpm }) => bpm)).toEqual([75, 60e6 / 850_000, 100]);
  });

  it('is bare where beats are missing, where the clock was set, and between streams', () => {
    expect(runsOf([beats(0, 0, [800_000]), beats(2, 1_600_000, [800_000])], [])).toHaveLength(2);
    expect(runsOf([beats(0, 0, [800_000]), beats(1, 2_000_000, [800_000])], [])).toHaveLength(2);
    expect(runsOf([beats(0, 0, [800_000]), beats(1, 899_999, [800_000])], [])).toHaveLength(1);
    expect(runsOf([beats(0, 0, [800_000]), beats(1, 800_000, [800_000], 's2')], [])).toHaveLength(2);
  });

  it('joins values to a course only where they are close, of one source and one kind', () => {
    const runs = runsOf([], [value(0, 70), value(1e6, 71), value(6e6, 72), value(12e6, 73), value(13e6, 74, { batched: true }), value(13e6, 90, { source: 'ring' }), value(0, 12, { name: 'respiratory_rate' })]);
    expect(runs.map(({ source, batched, points }) => [source, batched, points.map(({ bpm }) => bpm)])).toEqual([
      ['watch', false, [70, 71, 72]],
      ['watch', false, [73]],
      ['watch', true, [74]],
      ['ring', false, [90]],
    ]);
  });

  it('says what of each source is on a page, and what was last known before it', () => {
    const runs = runsOf([beats(0, 0, [800_000, 1_000_000, 500_000])], [value(1e6, 88, { batched: true })]);
    expect(sourcesOn(runs, START_US + 1_000_000, START_US + 3e6)).toEqual([
      { source: 'strap', kind: 'beats', batched: false, lowest: 60, highest: 120 },
      { source: 'watch', kind: 'values', batched: true, lowest: 88, highest: 88 },
    ]);
    expect(sourcesOn(runs, START_US + 10e6, START_US + 20e6)).toEqual([]);
    expect(lastBefore(runs, START_US + 10e6)?.point.bpm).toBe(120);
    expect(lastBefore(runs, START_US)).toBeNull();
  });

  it('is drawn from 60 to 120 and further where it must be', () => {
    expect(heartScale([], 0, 1)).toEqual([60, 120]);
    const runs = runsOf([beats(0, 0, [1_500_000, 400_000])], []);
    expect(heartScale(runs, START_US, START_US + 2e6)).toEqual([40, 160]);
  });
});
