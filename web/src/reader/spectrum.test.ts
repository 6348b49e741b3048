import { describe, expect, it } from 'vitest';
import { decibels, Spectrum } from './spectrum';

/** Numbers between -1 and 1 that are the same each time. source: Park and Miller, Commun. ACM 31 (1988) 1192 */
function noise(count: number): Float32Array {
  let state = 20_261_129;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (2 * state) / 2_147_483_647 - 1;
  });
}

const sine = (rate: number, amplitude: number, hertz: number, count: number, offset = 0) =>
  Float32Array.from({ length: count }, (_, i) => offset + amplitude * Math.sin((2 * Math.PI * hertz * i) / rate + 0.7));

const total = (density: Float64Array, hertzPerBin: number) => density.reduce((sum, value) => sum + value, 0) * hertzPerBin;

describe('a spectrum', () => {
  it('holds the power of the windowed signal, by Parseval, at rates that are powers of two and others', () => {
    for (const rate of [256, 173.61, 200, 500]) {
      const spectrum = new Spectrum(rate);
      const values = noise(spectrum.samples + 3).map((value) => 40 * value);
      const segment = [...values.subarray(3)];
      const mean = segment.reduce((sum, value) => sum + value, 0) / segment.length;
      const hann = segment.map((_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / segment.length));
      const power = segment.reduce((sum, value, i) => sum + ((value - mean) * hann[i]!) ** 2, 0) / hann.reduce((sum, value) => sum + value * value, 0);
      expect(total(spectrum.density(values, 3), spectrum.hertzPerBin) / power).toBeCloseTo(1, 9);
    }
  });

  it('has of a sine its power, amplitude squared over two, and its peak, amplitude squared times the segment over three', () => {
    const spectrum = new Spectrum(256);
    for (const hertz of [1, 4, 10.5, 29]) {
      const density = spectrum.density(sine(256, 50, hertz, 512), 0);
      expect(total(density, spectrum.hertzPerBin)).toBeCloseTo(50 ** 2 / 2, 3);
      expect(density.indexOf(Math.max(...density)) * spectrum.hertzPerBin).toBe(hertz);
      expect(Math.max(...density)).toBeCloseTo((50 ** 2 * 2) / 3, 3);
    }
  });

  it('has of noise its variance spread evenly to half of the rate', () => {
    const spectrum = new Spectrum(256);
    const values = noise(256 * 600).map((value) => 30 * value);
    let mean = 0;
    for (let from = 0; from + 512 <= values.length; from += 256) mean += spectrum.density(values, from, 61).slice(2).reduce((sum, value) => sum + value / 59, 0);
    mean /= Math.floor(values.length / 256) - 1;
    // Variance 30² / 3 over 128 Hz.
    expect(mean).toBeGreaterThan(0.97 * (300 / 128));
    expect(mean).toBeLessThan(1.03 * (300 / 128));
  });

  it('makes nothing of an electrode offset, however large', () => {
    const spectrum = new Spectrum(256);
    expect(spectrum.density(new Float32Array(512).fill(20_000), 0).every((value) => value < 1e-9)).toBe(true);
    const density = spectrum.density(sine(256, 50, 4, 512, 20_000), 0);
    expect(density[0]! + density[1]!).toBeLessThan(0.01);
  });

  it('ends at 30 Hz, or at half of the rate', () => {
    expect((new Spectrum(256).shownBins - 1) * new Spectrum(256).hertzPerBin).toBe(30);
    const slow = new Spectrum(32);
    expect((slow.shownBins - 1) * slow.hertzPerBin).toBe(16);
  });

  it('is in decibels over 1 µV²/Hz', () => {
    expect(decibels(100)).toBe(20);
    expect(decibels(0)).toBe(-120);
  });
});
