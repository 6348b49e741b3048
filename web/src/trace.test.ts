import { describe, expect, it } from 'vitest';
import { block, ramp, START_US, type BlockWish } from './test_data';
import { Trace } from './trace';

const RATE: [number, number] = [4, 1];
const traceOf = (wish: BlockWish, seconds = 2) => new Trace('d', 's', block(wish), seconds);
const held = (trace: Trace) => {
  const { from, to } = trace.held();
  return Array.from({ length: to - from }, (_, index) => trace.high[0]![(from + index) % trace.bins]!);
};

describe('trace', () => {
  it('keeps the newest sweep and forgets what is older', () => {
    const trace = traceOf({ rate: RATE });
    trace.add(block({ rate: RATE, channels: [ramp(6)] }));
    trace.add(block({ rate: RATE, first: 6, channels: [ramp(6, 6)] }));
    expect(held(trace)).toEqual(ramp(8, 4));
    expect(trace.newestUs).toBe(START_US + 3_000_000);
  });
  it('shows a gap as a gap, never as zeros or as the sweep before', () => {
    const trace = traceOf({ rate: RATE });
    trace.add(block({ rate: RATE, channels: [ramp(8)] }));
    trace.add(block({ rate: RATE, first: 11, channels: [[11]] }));
    expect(held(trace)).toEqual([4, 5, 6, 7, Number.NaN, Number.NaN, Number.NaN, 11]);
  });
  it('fills a gap when the late block comes, in any order and any number of times', () => {
    const trace = traceOf({ rate: RATE });
    for (const first of [4, 0, 6, 2, 4, 0]) trace.add(block({ rate: RATE, first, channels: [ramp(2, first)] }));
    expect(held(trace)).toEqual(ramp(8));
  });
  it('drops what is a whole sweep late', () => {
    const trace = traceOf({ rate: RATE });
    trace.add(block({ rate: RATE, first: 100, channels: [ramp(8, 100)] }));
    trace.takeChanged();
    trace.add(block({ rate: RATE, first: 84, channels: [ramp(8)] }));
    expect(held(trace)).toEqual(ramp(8, 100));
    expect(trace.takeChanged()).toBeNull();
  });
  it('is cleared by a jump longer than a sweep', () => {
    const trace = traceOf({ rate: RATE });
    trace.add(block({ rate: RATE, channels: [ramp(8)] }));
    trace.add(block({ rate: RATE, first: 1_000_003, channels: [[5]] }));
    expect(held(trace).filter((value) => !Number.isNaN(value))).toEqual([5]);
  });
  it('takes a block longer than the sweep', () => {
    const trace = traceOf({ rate: RATE });
    trace.add(block({ rate: RATE, channels: [ramp(20)] }));
    expect(held(trace)).toEqual(ramp(8, 12));
  });
  it('holds the extremes of each bin at a high rate, in memory that does not grow with the rate', () => {
    const rate: [number, number] = [4000, 1];
    const wave = ramp(4000).map((index) => (index % 16 === 0 ? 900 : index % 16 === 8 ? -900 : 0));
    const trace = new Trace('d', 's', block({ rate }), 10);
    trace.add(block({ rate, channels: [wave] }));
    expect(trace.bins).toBeLessThanOrEqual(2560);
    expect([trace.high[0]![3], trace.low[0]![3]]).toEqual([900, -900]);
  });
  it('keeps a rational rate exact over a day', () => {
    const rate: [number, number] = [17361, 100];
    const first = 15_000_000;
    const trace = new Trace('d', 's', block({ rate }), 10);
    trace.add(block({ rate, first, channels: [ramp(178)] }));
    expect(trace.head).toBe(first + 178);
    expect(trace.bins).toBe(1736);
  });
  it('places isolated windows by their time and never joins them', () => {
    const wish = { rate: RATE, isolated: true };
    const trace = traceOf(wish);
    trace.add(block({ ...wish, startUs: START_US, channels: [[1, 2, 3, 4]] }));
    trace.add(block({ ...wish, startUs: START_US + 1_000_000, channels: [[5, 6, 7, 8]] }));
    expect(held(trace)).toEqual(ramp(8, 1));
    const { from } = trace.held();
    expect(Array.from({ length: 8 }, (_, index) => trace.breaks[(from + index) % trace.bins])).toEqual([1, 0, 0, 0, 1, 0, 0, 0]);
  });
  it('says which bins changed, the skipped ones too', () => {
    const trace = traceOf({ rate: RATE }, 10);
    trace.add(block({ rate: RATE, channels: [ramp(4)] }));
    expect(trace.takeChanged()).toEqual({ from: 0, to: 4 });
    trace.add(block({ rate: RATE, first: 6, channels: [[1, 1]] }));
    expect(trace.takeChanged()).toEqual({ from: 4, to: 8 });
    expect(trace.takeChanged()).toBeNull();
  });
});
