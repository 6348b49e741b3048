import { describe, expect, it } from 'vitest';
import { block, ramp, START_US } from '../test_data';
import { pageSignals, valueAt, warmUpUs } from './page_signals';
import { sampleAt, SampleStore, timeOf, type Stretch } from './sample_store';

const RATE: [number, number] = [4, 1];
const SECOND = 1e6;
const store = () => new SampleStore();
const name = (held: SampleStore) => held.sources[0]!.name;
const values = ({ channels }: Stretch) => [...channels[0]!];
const OFF = { lowCut: null, highCut: null, notch: null };

describe('the samples that the reader holds', () => {
  it('are each there once, in whatever order and however often their blocks come', () => {
    const held = store();
    for (const first of [8, 0, 4, 4, 2, 8]) held.add(block({ rate: RATE, first, channels: [ramp(4, first)] }));
    const stretches = held.stretches(name(held), START_US, START_US + 10 * SECOND);
    expect(stretches).toHaveLength(1);
    expect(values(stretches[0]!)).toEqual(ramp(12));
    expect(held.coveredUs(name(held), START_US, START_US + 10 * SECOND)).toBe(3 * SECOND);
  });

  it('stay apart where samples are missing, also of separate windows that follow each other', () => {
    const held = store();
    held.add(block({ rate: RATE, first: 0, channels: [ramp(4)] }));
    held.add(block({ rate: RATE, first: 5, channels: [ramp(4, 5)] }));
    expect(held.stretches(name(held), START_US, START_US + 10 * SECOND).map(values)).toEqual([ramp(4), ramp(4, 5)]);
    const windows = store();
    for (const second of [0, 1]) windows.add(block({ rate: RATE, isolated: true, startUs: START_US + second * SECOND, channels: [ramp(4)] }));
    expect(windows.stretches(name(windows), START_US, START_US + 10 * SECOND)).toHaveLength(2);
  });

  it('are cut to the time that is asked for', () => {
    const held = store();
    held.add(block({ rate: RATE, channels: [ramp(40)] }));
    const [cut] = held.stretches(name(held), START_US + 2 * SECOND, START_US + 3 * SECOND);
    expect(values(cut!)).toEqual([8, 9, 10, 11]);
    expect(timeOf(cut!, 0)).toBe(START_US + 2 * SECOND);
  });

  it('are one source over a restart of the device, and two where the channels differ', () => {
    const held = store();
    held.add(block({ rate: RATE, stream: 's1', channels: [ramp(4)] }));
    held.add(block({ rate: RATE, stream: 's2', startUs: START_US + 60 * SECOND, channels: [ramp(4)] }));
    held.add(block({ rate: RATE, stream: 's3', channels: [ramp(4), ramp(4)] }));
    expect(held.sources).toHaveLength(2);
    expect(held.stretches(name(held), START_US, START_US + 100 * SECOND)).toHaveLength(2);
    expect(held.newestUs(name(held))).toBe(START_US + 61 * SECOND);
  });

  it('have all channels once any block had: a frame with only the first ones neither makes a source nor hides one', () => {
    const held = store();
    held.add(block({ rate: RATE, channels: [ramp(4)] }));
    held.add(block({ rate: RATE, channels: [ramp(4), ramp(4, 9)] }));
    held.add(block({ rate: RATE, first: 4, channels: [ramp(4)] }));
    expect(held.sources.map(({ labels }) => labels.length)).toEqual([2]);
    expect(held.coveredUs(name(held), START_US, START_US + 10 * SECOND)).toBe(SECOND);
  });

  it('never hold more bytes than allowed, and keep what is near to the time shown', () => {
    const held = new SampleStore(40_000);
    for (let minute = 0; minute < 60; minute++) held.add(block({ rate: [256, 1], first: minute * 60 * 256, channels: [ramp(2560)] }));
    const shown = START_US + 30 * 60 * SECOND;
    held.trim(shown);
    expect(held.heldBytes).toBeLessThanOrEqual(40_000);
    expect(held.coveredUs(name(held), shown, shown + 10 * SECOND)).toBe(10 * SECOND);
  });
});

describe('time', () => {
  /** A day of a device whose crystal is off by `ppm`, its blocks stamped by a clock that is right. */
  const dayOf = (ppm: number, hours: readonly number[]) => {
    const held = store();
    const real = 256 * (1 + ppm / 1e6);
    for (const hour of hours)
      for (let second = 0; second < 30; second++) {
        const first = Math.round((hour * 3600 + second) * 256);
        held.add(block({ first, startUs: START_US + Math.round((first * 1e6) / real), channels: [ramp(256, first % 1000)] }));
      }
    return { held, real };
  };

  it('of a sample is within 100 ms after 24 h with a crystal that is 100 ppm fast or slow', () => {
    for (const ppm of [100, -100]) {
      const { held, real } = dayOf(ppm, [0, 12, 24]);
      let worst = 0;
      for (const hour of [0, 12, 24]) {
        const aboutUs = START_US + (hour * 3600 * 256 * 1e6) / real;
        const [stretch] = held.stretches(name(held), aboutUs - SECOND, aboutUs + 60 * SECOND);
        for (let second = 0; second < 30; second++) {
          const trueUs = START_US + (Math.round((hour * 3600 + second) * 256) * 1e6) / real;
          worst = Math.max(worst, Math.abs(timeOf(stretch!, second * 256) - trueUs));
          expect(sampleAt(stretch!, trueUs)).toBe(second * 256);
        }
      }
      expect(worst).toBeLessThan(100_000);
      // The index and the nominal rate alone would be 8.6 s off by then.
      expect(Math.abs((24 * 3600 * 256 * 1e6) / 256 - (24 * 3600 * 256 * 1e6) / real)).toBeGreaterThan(8 * SECOND);
    }
  });

  it('that does not go on with the index makes no gap: the crystal is off, no sample is missing', () => {
    const { held } = dayOf(100, [24]);
    expect(held.stretches(name(held), 0, START_US + 90_000 * SECOND)).toHaveLength(1);
  });
});

describe('the signals of a page', () => {
  it('do not depend on where the page begins: the filters are warm at its left edge', () => {
    const held = store();
    for (let second = 0; second < 60; second++) held.add(block({ first: second * 256, channels: [Array.from({ length: 256 }, (_, i) => Math.round(300 + 80 * Math.sin((second * 256 + i) / 7)))] }));
    const filters = { lowCut: 0.5, highCut: 70, notch: 50 };
    const [source] = held.sources;
    const derivations = [{ label: 'C0', terms: [{ channel: 0, weight: 1 }] }];
    expect(warmUpUs(filters, 256)).toBeGreaterThan(SECOND);
    const at = START_US + 40 * SECOND;
    const early = pageSignals(held, source!, START_US + 30 * SECOND, START_US + 50 * SECOND, derivations, filters);
    const late = pageSignals(held, source!, at, at + 10 * SECOND, derivations, filters);
    let worst = 0;
    for (let us = at; us < at + 10 * SECOND; us += 1e6 / 256) worst = Math.max(worst, Math.abs(valueAt(early, 0, us)! - valueAt(late, 0, us)!));
    expect(worst).toBeLessThan(0.4);
  });

  it('have no value in a gap', () => {
    const held = store();
    held.add(block({ rate: RATE, channels: [ramp(8)] }));
    held.add(block({ rate: RATE, first: 40, channels: [ramp(8)] }));
    const page = pageSignals(held, held.sources[0]!, START_US, START_US + 20 * SECOND, [{ label: 'C0', terms: [{ channel: 0, weight: 1 }] }], OFF);
    expect(valueAt(page, 0, START_US + SECOND)).toBe(4);
    expect(valueAt(page, 0, START_US + 5 * SECOND)).toBeNull();
    expect(page.middles[0]).toBe(4);
  });
});
