import { describe, expect, it } from 'vitest';
import { butterworth, filterInPlace, LONGEST_WARM_UP_S, LOW_CUTS_HZ, NOTCH_QUALITY, notchAt, sectionsOf, warmUpSeconds, type Section } from './filters';

const RATE = 256;
const close = (section: Section, [b0, b1, b2, , a1, a2]: number[]) => {
  expect(section.b0).toBeCloseTo(b0!, 12);
  expect(section.b1).toBeCloseTo(b1!, 12);
  expect(section.b2).toBeCloseTo(b2!, 12);
  expect(section.a1).toBeCloseTo(a1!, 12);
  expect(section.a2).toBeCloseTo(a2!, 12);
};

describe('filters', () => {
  it('have the sections of scipy 1.15.3: signal.butter(2, ..., output="sos") and signal.iirnotch(50, 30)', () => {
    close(butterworth('high', 0.5, RATE), [0.9913600344509874, -1.9827200689019748, 0.9913600344509874, 1, -1.9826454185041165, 0.9827947192998336]);
    close(butterworth('low', 70, RATE), [0.33738214367004343, 0.6747642873400869, 0.33738214367004343, 1, 0.17267960734010981, 0.17684896734006356]);
    close(notchAt(50, NOTCH_QUALITY, RATE), [0.9799541272795681, -0.6602732045406293, 0.9799541272795681, 1, -0.6602732045406293, 0.9599082545591362]);
  });

  it('give what scipy 1.15.3 signal.sosfilt gives, begun with sosfilt_zi times the first value', () => {
    const values = Float32Array.from({ length: 64 }, (_, i) => 100 + ((i * 37) % 101) - 50 + 20 * Math.sin((2 * Math.PI * 50 * i) / RATE));
    filterInPlace(values, sectionsOf({ lowCut: 0.5, highCut: 70, notch: 50 }, RATE));
    const expected: [number, number][] = [[0, 0], [1, 18.2993], [2, 61.2869], [10, 29.7902], [31, 52.4182], [63, 6.5371]];
    for (const [at, value] of expected) expect(values[at]).toBeCloseTo(value, 3);
  });

  it('make nothing of an offset, however large', () => {
    const values = new Float32Array(100).fill(20_000);
    filterInPlace(values, sectionsOf({ lowCut: 0.5, highCut: null, notch: null }, RATE));
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(1e-2);
  });

  it('are warm at the page edge: whatever came before the warm-up changes a page by a thousandth at most', () => {
    for (const lowCut of LOW_CUTS_HZ) {
      const sections = sectionsOf({ lowCut, highCut: 70, notch: 50 }, RATE);
      const warm = Math.ceil(warmUpSeconds(sections, RATE) * RATE);
      expect(warm / RATE).toBeLessThanOrEqual(LONGEST_WARM_UP_S);
      const signal = (i: number) => 50 * Math.sin(i / 9) + 30 * Math.cos(i / 31);
      const whole = Float32Array.from({ length: 60 * RATE }, (_, i) => signal(i));
      filterInPlace(whole, sections);
      const page = 40 * RATE;
      const begun = Float32Array.from({ length: 20 * RATE + warm }, (_, i) => signal(page - warm + i));
      filterInPlace(begun, sections);
      let worst = 0;
      for (let i = 0; i < 20 * RATE; i++) worst = Math.max(worst, Math.abs(begun[warm + i]! - whole[page + i]!));
      expect(worst).toBeLessThan(0.1);
    }
  });

  it('are left out where the rate does not carry them', () => {
    expect(sectionsOf({ lowCut: 0.5, highCut: 70, notch: 60 }, 100)).toHaveLength(1);
    expect(warmUpSeconds([], 100)).toBe(0);
  });
});
