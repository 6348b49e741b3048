// The last seconds of one stream, ready to draw as a sweep: lowest and highest value of each short bin, by the stream's own
// index. Its memory depends on the channels only, whatever the rate; samples that never came stay NaN.
import type { EegBlock } from './generated/vigil/v1/eeg_pb';
import { readable, readChannel } from './samples';

/** A screen has fewer columns than this in a second of the sweep, so finer bins would not show. */
const BINS_PER_SECOND = 256;

export interface Range {
  from: number;
  to: number;
}

export class Trace {
  readonly labels: readonly string[];
  readonly rate: number;
  /** Bins in the ring, which is one sweep from left to right: bin number modulo this is the place on the screen. */
  readonly bins: number;
  readonly binsPerSecond: number;
  readonly low: Float32Array[];
  readonly high: Float32Array[];
  /** 1 where a bin does not continue the one before it. */
  readonly breaks: Uint8Array;
  /** One past the newest bin; 0 before the first block. */
  head = 0;
  /** UTC microseconds of the end of the newest sample, by the device's clock. */
  newestUs = 0;
  private readonly samplesPerBin: number;
  private changed: Range | null = null;

  constructor(
    readonly device: string,
    readonly stream: string,
    first: EegBlock,
    readonly seconds: number,
  ) {
    this.labels = first.channels.map((channel) => channel.label);
    this.rate = first.rateNumerator / first.rateDenominator;
    this.samplesPerBin = Math.max(1, Math.ceil(this.rate / BINS_PER_SECOND));
    this.binsPerSecond = this.rate / this.samplesPerBin;
    this.bins = Math.max(2, Math.round(seconds * this.binsPerSecond));
    this.low = this.labels.map(() => new Float32Array(this.bins).fill(Number.NaN));
    this.high = this.labels.map(() => new Float32Array(this.bins).fill(Number.NaN));
    this.breaks = new Uint8Array(this.bins);
  }

  /** True where the block continues this very stream with the same channels and rate. */
  fits(block: EegBlock): boolean {
    return (
      block.device === this.device &&
      block.stream === this.stream &&
      block.rateNumerator / block.rateDenominator === this.rate &&
      block.channels.length === this.labels.length &&
      block.channels.every((channel, index) => channel.label === this.labels[index])
    );
  }

  /** Takes a block in any order; what is older than one sweep or was seen before changes nothing. */
  add(block: EegBlock): void {
    if (!readable(block) || !this.fits(block)) return;
    const startUs = Number(block.startTimeUs);
    // Isolated windows all begin at index 0: only their time says where they belong.
    const first = block.isolated ? Math.round((startUs * this.rate) / 1e6) : Number(block.firstSample);
    const firstBin = Math.floor(first / this.samplesPerBin);
    const endBin = Math.floor((first + block.samples - 1) / this.samplesPerBin) + 1;
    if (endBin <= this.head - this.bins) return;
    this.advance(firstBin, endBin);
    const oldest = this.head - this.bins;
    const scratch = scratchOf(block.samples);
    for (let channel = 0; channel < this.labels.length; channel++) {
      readChannel(block, channel, scratch);
      this.fill(this.low[channel]!, this.high[channel]!, scratch, first, block.samples, oldest);
    }
    if (block.isolated) {
      this.breaks[mod(firstBin, this.bins)] = 1;
      this.breaks[mod(endBin, this.bins)] = 1;
    }
    this.newestUs = Math.max(this.newestUs, startUs + (block.samples * 1e6) / this.rate);
    this.note(Math.max(firstBin, oldest), endBin);
  }

  /** What changed since the last call, in bin numbers; null when nothing did. */
  takeChanged(): Range | null {
    const range = this.changed;
    this.changed = null;
    return range;
  }

  /** Bins that the ring holds now. */
  held(): Range {
    return { from: Math.max(0, this.head - this.bins), to: this.head };
  }

  private advance(firstBin: number, endBin: number): void {
    if (endBin <= this.head) return;
    const clearFrom = this.head === 0 ? endBin - this.bins : Math.max(this.head, endBin - this.bins);
    for (let bin = clearFrom; bin < endBin; bin++) {
      const slot = mod(bin, this.bins);
      this.breaks[slot] = 0;
      for (let channel = 0; channel < this.low.length; channel++) {
        this.low[channel]![slot] = Number.NaN;
        this.high[channel]![slot] = Number.NaN;
      }
    }
    if (this.head !== 0 && firstBin > this.head) this.note(this.head, firstBin);
    this.head = endBin;
  }

  private fill(low: Float32Array, high: Float32Array, values: Float32Array, first: number, samples: number, oldest: number): void {
    for (let i = 0; i < samples; i++) {
      const bin = Math.floor((first + i) / this.samplesPerBin);
      if (bin < oldest) continue;
      const slot = mod(bin, this.bins);
      const value = values[i]!;
      if (!(low[slot]! <= value)) low[slot] = value;
      if (!(high[slot]! >= value)) high[slot] = value;
    }
  }

  private note(from: number, to: number): void {
    this.changed = this.changed ? { from: Math.min(this.changed.from, from), to: Math.max(this.changed.to, to) } : { from, to };
  }
}

const mod = (value: number, by: number) => ((value % by) + by) % by;

let scratch = new Float32Array(4096);
function scratchOf(samples: number): Float32Array {
  if (scratch.length < samples) scratch = new Float32Array(samples);
  return scratch;
}
