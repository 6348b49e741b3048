// The columns of a density spectral array: one for each second that a segment is centred behind, bounded in number. Pure.
import { sampleAt, timeOf, type Stretch } from './sample_store';
import { SEGMENT_S, type Spectrum } from './spectrum';

/** Three hours: the longest span, and what was shown before and after it. */
const MOST_COLUMNS = 10_800;

/** Densities by the second, UTC, that their segment begins at; what no segment covers is not there. */
export class SpectrumColumns {
  /** Grows with every change. */
  version = 0;
  private readonly columns = new Map<number, Float32Array>();

  constructor(private readonly most = MOST_COLUMNS) {}

  get size(): number {
    return this.columns.size;
  }

  at(second: number): Float32Array | undefined {
    return this.columns.get(second);
  }

  add(second: number, density: Float32Array): void {
    this.columns.set(second, density);
    this.version++;
  }

  /** Forgets what lies farthest from a second, until the rest fits. */
  trim(shown: number): void {
    const over = this.columns.size - this.most;
    if (over <= 0) return;
    const farthest = [...this.columns.keys()].sort((a, b) => Math.abs(b - shown) - Math.abs(a - shown));
    for (const second of farthest.slice(0, over)) this.columns.delete(second);
    this.version++;
  }

  /** How many of the seconds [from, until) have a column. */
  count(from: number, until: number): number {
    let count = 0;
    for (let second = from; second < until; second++) if (this.columns.has(second)) count++;
    return count;
  }

  /** The mean density of the columns in [from, until); null where there is none. */
  mean(from: number, until: number): Float32Array | null {
    let sum: Float32Array | null = null;
    let count = 0;
    for (let second = from; second < until; second++) {
      const column = this.columns.get(second);
      if (!column) continue;
      count++;
      if (!sum) sum = column.slice();
      else for (let bin = 0; bin < sum.length; bin++) sum[bin] = sum[bin]! + column[bin]!;
    }
    if (sum && count > 1) for (let bin = 0; bin < sum.length; bin++) sum[bin] = sum[bin]! / count;
    return sum;
  }
}

/** The seconds whose segment lies whole in an unbroken stretch, with the segment's first sample. */
export function* segmentsOf(stretch: Stretch, spectrum: Spectrum): Iterable<{ second: number; sample: number }> {
  const first = Math.floor(timeOf(stretch, 0) / 1e6);
  const last = Math.ceil(timeOf(stretch, stretch.samples) / 1e6) - SEGMENT_S;
  for (let second = first; second <= last; second++) {
    const sample = sampleAt(stretch, second * 1e6);
    if (sample === null || sample + spectrum.samples > stretch.samples) continue;
    if (Math.abs(timeOf(stretch, sample) - second * 1e6) > 1e6 / stretch.rate) continue;
    yield { second, sample };
  }
}

/** The mean of the channels' densities, µV²/Hz, up to HIGHEST_HZ. */
export function columnOf(stretch: Stretch, channels: readonly number[], sample: number, spectrum: Spectrum): Float32Array {
  const sum = new Float32Array(spectrum.shownBins);
  for (const channel of channels) {
    const density = spectrum.density(stretch.channels[channel]!, sample, spectrum.shownBins);
    for (let bin = 0; bin < sum.length; bin++) sum[bin] = sum[bin]! + density[bin]! / channels.length;
  }
  return sum;
}

/** Where a column has most power from 1 Hz on: an electrode's drift below it is no rhythm. */
export function peakOf(column: Float32Array, hertzPerBin: number): { hertz: number; density: number } | null {
  let peak = -1;
  for (let bin = Math.ceil(1 / hertzPerBin); bin < column.length; bin++) if (peak < 0 || column[bin]! > column[peak]!) peak = bin;
  return peak < 0 || column[peak]! <= 0 ? null : { hertz: peak * hertzPerBin, density: column[peak]! };
}
