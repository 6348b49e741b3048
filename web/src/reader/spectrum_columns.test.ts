import { describe, expect, it } from 'vitest';
import type { Stretch } from './sample_store';
import { Spectrum } from './spectrum';
import { columnOf, peakOf, segmentsOf, SpectrumColumns } from './spectrum_columns';

const RATE = 256;
const START_S = 1_790_000_000;

const stretch = (seconds: number, startUs = START_S * 1e6, channels = [(i: number) => 50 * Math.sin((2 * Math.PI * 10 * i) / RATE)]): Stretch => ({
  rate: RATE,
  samples: Math.round(seconds * RATE),
  channels: channels.map((signal) => Float32Array.from({ length: Math.round(seconds * RATE) }, (_, i) => signal(i))),
  anchors: [{ sample: 0, us: startUs }],
});

describe('columns', () => {
  const spectrum = new Spectrum(RATE);

  it('are of whole segments only: none reaches over the end of a stretch', () => {
    expect([...segmentsOf(stretch(5), spectrum)]).toEqual([0, 1, 2, 3].map((second) => ({ second: START_S + second, sample: second * RATE })));
    expect([...segmentsOf(stretch(1.9), spectrum)]).toEqual([]);
    // Begun a third of a second late: the first whole second is the next one.
    const late = [...segmentsOf(stretch(5, START_S * 1e6 + 333_000), spectrum)];
    expect(late.map(({ second }) => second - START_S)).toEqual([1, 2, 3]);
    expect(Math.abs(late[0]!.sample - 0.667 * RATE)).toBeLessThanOrEqual(0.5);
  });

  it('lie where the time of their samples says, also after a day with a crystal 100 ppm off', () => {
    const drifting: Stretch = { ...stretch(20), anchors: [{ sample: 0, us: START_S * 1e6 + 0.0001 * 86_400e6 }] };
    for (const { second, sample } of segmentsOf(drifting, spectrum)) expect(Math.abs(drifting.anchors[0]!.us + (sample * 1e6) / RATE - second * 1e6)).toBeLessThan(1e6 / RATE);
  });

  it('of several channels are the mean of their densities', () => {
    const two = stretch(2, START_S * 1e6, [(i) => 50 * Math.sin((2 * Math.PI * 10 * i) / RATE), (i) => 20 * Math.sin((2 * Math.PI * 4 * i) / RATE)]);
    const column = columnOf(two, [0, 1], 0, spectrum);
    expect(column[20]).toBeCloseTo((50 ** 2 * 2) / 3 / 2, 2);
    expect(column[8]).toBeCloseTo((20 ** 2 * 2) / 3 / 2, 2);
    expect(peakOf(column, spectrum.hertzPerBin)?.hertz).toBe(10);
    expect(columnOf(two, [1], 0, spectrum)[20]).toBeLessThan(1e-3);
  });

  it('are bounded in number: what lies farthest from what is shown goes', () => {
    const columns = new SpectrumColumns(100);
    for (let second = 0; second < 250; second++) columns.add(second, new Float32Array(61));
    columns.trim(200);
    expect(columns.size).toBe(100);
    expect(columns.at(149)).toBeUndefined();
    expect(columns.at(200)).toBeDefined();
    expect(columns.count(0, 250)).toBe(100);
  });

  it('that are not there are no part of a mean, and none at all make none', () => {
    const columns = new SpectrumColumns();
    columns.add(1, Float32Array.of(2, 4));
    columns.add(3, Float32Array.of(4, 8));
    expect(columns.mean(0, 4)).toEqual(Float32Array.of(3, 6));
    expect(columns.mean(4, 9)).toBeNull();
    expect(columns.at(1)).toEqual(Float32Array.of(2, 4));
  });
});
