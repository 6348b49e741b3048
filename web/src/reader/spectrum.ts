// The power spectral density of one segment of EEG. Pure.
// source: Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70 (segments of half overlap, mean of their densities); the Hann window
// and its sums: Harris, Proc. IEEE 66 (1978) 51.

export const SEGMENT_S = 2;
/** Half of a segment. */
export const STEP_S = 1;
export const HIGHEST_HZ = 30;

/** Densities of segments of one rate. */
export class Spectrum {
  /** Of a segment. */
  readonly samples: number;
  readonly hertzPerBin: number;
  /** From 0 Hz to HIGHEST_HZ or to half of the rate. */
  readonly shownBins: number;
  private readonly length: number;
  private readonly window: Float64Array;
  /** The squares of the window, summed. */
  private readonly windowPower: number;
  private readonly real: Float64Array;
  private readonly imaginary: Float64Array;
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;

  constructor(readonly rateHz: number) {
    this.samples = Math.round(SEGMENT_S * rateHz);
    // Zeros at the end up to a power of two: bins come closer together, no power is added.
    this.length = 2 ** Math.ceil(Math.log2(Math.max(2, this.samples)));
    this.hertzPerBin = rateHz / this.length;
    this.shownBins = Math.min(this.length / 2, Math.floor(HIGHEST_HZ / this.hertzPerBin)) + 1;
    this.window = Float64Array.from({ length: this.samples }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / this.samples));
    this.windowPower = this.window.reduce((sum, value) => sum + value * value, 0);
    this.real = new Float64Array(this.length);
    this.imaginary = new Float64Array(this.length);
    this.cosines = Float64Array.from({ length: this.length / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / this.length));
    this.sines = Float64Array.from({ length: this.length / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / this.length));
  }

  /**
   * The one-sided density of the segment that begins at `from`, without its mean.
   * units µV in, µV²/Hz out; shape [length / 2 + 1], or fewer where `bins` asks for the lowest only
   */
  density(values: Float32Array, from: number, bins = this.length / 2 + 1): Float64Array {
    const { real, imaginary, samples, window, length } = this;
    let mean = 0;
    for (let i = 0; i < samples; i++) mean += values[from + i]!;
    mean /= samples;
    real.fill(0);
    imaginary.fill(0);
    for (let i = 0; i < samples; i++) real[i] = (values[from + i]! - mean) * window[i]!;
    this.transform();
    const out = new Float64Array(bins);
    const scale = 1 / (this.rateHz * this.windowPower);
    for (let bin = 0; bin < bins; bin++) {
      // 0 Hz and half of the rate have no twin among the negative frequencies.
      const sides = bin === 0 || bin === length / 2 ? 1 : 2;
      out[bin] = sides * scale * (real[bin]! * real[bin]! + imaginary[bin]! * imaginary[bin]!);
    }
    return out;
  }

  /** source: Cooley and Tukey, Math. Comput. 19 (1965) 297, radix 2, in place. */
  private transform(): void {
    const { real, imaginary, length, cosines, sines } = this;
    for (let i = 1, j = 0; i < length; i++) {
      let bit = length >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j |= bit;
      if (i >= j) continue;
      [real[i], real[j]] = [real[j]!, real[i]!];
      [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
    }
    for (let half = 1; half < length; half *= 2) {
      const stride = length / (2 * half);
      for (let begin = 0; begin < length; begin += 2 * half)
        for (let k = 0; k < half; k++) {
          const [c, s] = [cosines[k * stride]!, sines[k * stride]!];
          const [low, high] = [begin + k, begin + k + half];
          const re = real[high]! * c - imaginary[high]! * s;
          const im = real[high]! * s + imaginary[high]! * c;
          real[high] = real[low]! - re;
          imaginary[high] = imaginary[low]! - im;
          real[low] = real[low]! + re;
          imaginary[low] = imaginary[low]! + im;
        }
    }
  }
}

/** Decibels of a density over 1 µV²/Hz; what is nothing is very low and not infinite. */
export const decibels = (density: number): number => 10 * Math.log10(Math.max(density, 1e-12));
