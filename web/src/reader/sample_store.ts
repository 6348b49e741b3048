// The samples that the reader holds: what history answered and what came live, each sample once, bounded in bytes. Pure.
// Where a sample lies in time is what its block says; whether two follow each other is what their indices say. So a device's
// crystal may be wrong by any amount: its samples stay beside what other devices measured at the same moment.
import { readable, readChannel } from '../samples';
import { Reference, type Block } from './block';

export interface Piece {
  /** By the stream's own index; of separate windows by their time. */
  first: number;
  samples: number;
  /** UTC microseconds of the first sample. */
  startUs: number;
  /** shape [channels][capacity], microvolts */
  values: Float32Array[];
}

export interface Stream {
  key: string;
  device: string;
  stream: string;
  labels: readonly string[];
  rate: number;
  isolated: boolean;
  synthetic: boolean;
  bipolar: boolean;
  /** In the order of their indices; they never overlap. */
  pieces: Piece[];
}

/** An unbroken stretch: consecutive samples of one stream. */
export interface Stretch {
  rate: number;
  samples: number;
  /** shape [channels][samples], microvolts */
  channels: Float32Array[];
  /** Where the time of samples is known, in order: the first is at 0. */
  anchors: { sample: number; us: number }[];
}

/** Streams that are read as one: the same device with the same channels and rate. */
export interface Source {
  name: string;
  device: string;
  labels: readonly string[];
  rate: number;
  synthetic: boolean;
  bipolar: boolean;
}

const PIECE_SECONDS = 10;

export class SampleStore {
  private readonly streams = new Map<string, Stream>();
  private bytes = 0;

  constructor(private readonly mostBytes = 96 << 20) {}

  /** Takes a block in any order; samples that are held already stay as they are. */
  add(block: Block): void {
    if (!readable(block)) return;
    const stream = this.streamOf(block);
    if (!stream) return;
    const startUs = Number(block.startTimeUs);
    const first = stream.isolated ? Math.round((startUs * stream.rate) / 1e6) : Number(block.firstSample);
    for (const [from, until] of missing(stream.pieces, first, first + block.samples)) this.insert(stream, block, from - first, until - first, first, startUs);
  }

  /** Forgets what lies farthest from the time that is shown, until the rest fits. */
  trim(shownUs: number): void {
    while (this.bytes > this.mostBytes) {
      let farthest: { stream: Stream; piece: Piece; away: number } | null = null;
      for (const stream of this.streams.values())
        for (const piece of stream.pieces) {
          const away = Math.abs(piece.startUs - shownUs);
          if (!farthest || away > farthest.away) farthest = { stream, piece, away };
        }
      if (!farthest) return;
      const { stream, piece } = farthest;
      stream.pieces = stream.pieces.filter((other) => other !== piece);
      this.bytes -= bytesOf(piece);
      if (stream.pieces.length === 0) this.streams.delete(stream.key);
    }
  }

  clear(): void {
    this.streams.clear();
    this.bytes = 0;
  }

  get heldBytes(): number {
    return this.bytes;
  }

  /** By name, so that the order never changes. */
  get sources(): Source[] {
    const found = new Map<string, Source>();
    for (const stream of this.streams.values()) {
      const name = sourceName(stream);
      if (!found.has(name)) found.set(name, { name, device: stream.device, labels: stream.labels, rate: stream.rate, synthetic: stream.synthetic, bipolar: stream.bipolar });
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** UTC microseconds of the end of the newest sample of a source; 0 without any. */
  newestUs(source: string): number {
    let newest = 0;
    for (const stream of this.of(source)) for (const piece of stream.pieces) newest = Math.max(newest, endUs(piece, stream.rate));
    return newest;
  }

  /** Microseconds of [fromUs, untilUs) that a source has samples of. */
  coveredUs(source: string, fromUs: number, untilUs: number): number {
    let covered = 0;
    for (const stream of this.of(source))
      for (const piece of stream.pieces) covered += Math.max(0, Math.min(untilUs, endUs(piece, stream.rate)) - Math.max(fromUs, piece.startUs));
    return covered;
  }

  /** What a source has in [fromUs, untilUs), cut where samples are missing, in the order of time. */
  stretches(source: string, fromUs: number, untilUs: number): Stretch[] {
    const all: Stretch[] = [];
    for (const stream of this.of(source)) {
      let run: { piece: Piece; from: number; until: number }[] = [];
      const flush = () => {
        if (run.length > 0) all.push(join(stream, run));
        run = [];
      };
      for (const piece of stream.pieces) {
        const index = (us: number) => Math.min(piece.samples, Math.max(0, Math.ceil(((us - piece.startUs) * stream.rate) / 1e6 - 1e-6)));
        const [from, until] = [index(fromUs), index(untilUs)];
        if (from >= until) continue;
        const before = run.at(-1);
        if (before && (stream.isolated || before.piece.first + before.until !== piece.first + from)) flush();
        run.push({ piece, from, until });
      }
      flush();
    }
    return all.sort((a, b) => a.anchors[0]!.us - b.anchors[0]!.us);
  }

  private *of(source: string): Iterable<Stream> {
    for (const stream of this.streams.values()) if (sourceName(stream) === source) yield stream;
  }

  /** Null for a block with only some of the channels that are known: the ward's frames have four, this view asks for all. */
  private streamOf(block: Block): Stream | null {
    const rate = block.rateNumerator / block.rateDenominator;
    const labels = block.channels.map(({ label }) => label);
    for (const known of this.streams.values()) {
      if (known.device !== block.device || known.stream !== block.stream || known.rate !== rate) continue;
      if (labels.length < known.labels.length && labels.every((label, channel) => label === known.labels[channel])) return null;
      if (labels.length > known.labels.length && known.labels.every((label, channel) => label === labels[channel])) this.forget(known);
    }
    const key = [block.device, block.stream, rate, ...labels].join('\n');
    let stream = this.streams.get(key);
    if (!stream) {
      const { device, stream: name, isolated, synthetic, reference } = block;
      stream = { key, device, stream: name, labels, rate, isolated, synthetic, bipolar: reference === Reference.BIPOLAR, pieces: [] };
      this.streams.set(key, stream);
    }
    return stream;
  }

  private forget(stream: Stream): void {
    for (const piece of stream.pieces) this.bytes -= bytesOf(piece);
    this.streams.delete(stream.key);
  }

  private insert(stream: Stream, block: Block, from: number, until: number, first: number, startUs: number): void {
    const start = startUs + (from * 1e6) / stream.rate;
    const samples = until - from;
    const at = stream.pieces.findIndex((piece) => piece.first > first + from);
    const place = at < 0 ? stream.pieces.length : at;
    const before = stream.pieces[place - 1];
    if (before && this.append(stream, before, block, from, samples, first + from, start)) return;
    const capacity = Math.max(samples, Math.ceil(Math.min(PIECE_SECONDS, (4 * samples) / stream.rate) * stream.rate));
    const piece: Piece = { first: first + from, samples, startUs: start, values: rows(stream.labels.length, capacity) };
    copy(block, from, samples, piece.values, 0);
    stream.pieces.splice(place, 0, piece);
    this.bytes += bytesOf(piece);
  }

  /** Live blocks are short: they grow a piece as long as both index and time go on, so that a piece never drifts from its clock. */
  private append(stream: Stream, piece: Piece, block: Block, from: number, samples: number, first: number, start: number): boolean {
    if (stream.isolated || piece.first + piece.samples !== first) return false;
    if (Math.abs(start - endUs(piece, stream.rate)) > 1e6 / stream.rate) return false;
    const needed = piece.samples + samples;
    if (needed > PIECE_SECONDS * stream.rate) return false;
    if (needed > piece.values[0]!.length) {
      this.bytes -= bytesOf(piece);
      const capacity = Math.ceil(Math.min(PIECE_SECONDS * stream.rate, needed * 2));
      const grown = rows(piece.values.length, capacity);
      grown.forEach((values, channel) => values.set(piece.values[channel]!.subarray(0, piece.samples)));
      piece.values = grown;
      this.bytes += bytesOf(piece);
    }
    copy(block, from, samples, piece.values, piece.samples);
    piece.samples = needed;
    return true;
  }
}

/** UTC microseconds of a sample of a stretch; beyond its last anchor the rate decides. */
export function timeOf({ anchors, rate }: Stretch, sample: number): number {
  let low = 0;
  for (let high = anchors.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (anchors[middle]!.sample <= sample) low = middle;
    else high = middle;
  }
  const anchor = anchors[low]!;
  return anchor.us + ((sample - anchor.sample) * 1e6) / rate;
}

/** The sample of a stretch nearest to a time; null where the time lies outside of it by more than a sample. */
export function sampleAt(stretch: Stretch, us: number): number | null {
  const { anchors, rate, samples } = stretch;
  let anchor = anchors[0]!;
  for (const next of anchors) if (next.us <= us) anchor = next;
  const sample = Math.round(anchor.sample + ((us - anchor.us) * rate) / 1e6);
  return sample < -1 || sample > samples ? null : Math.min(samples - 1, Math.max(0, sample));
}

const sourceName = ({ device, rate, labels }: Stream) => [device, rate, ...labels].join('\n');
const endUs = (piece: Piece, rate: number) => piece.startUs + (piece.samples * 1e6) / rate;
const bytesOf = ({ values }: Piece) => values.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** Rows of one buffer: a piece comes and goes as a whole, and leaves no holes in the memory. */
function rows(count: number, length: number): Float32Array[] {
  const all = new Float32Array(count * length);
  return Array.from({ length: count }, (_, row) => all.subarray(row * length, (row + 1) * length));
}

/** The parts of [first, end) that no piece has. */
function missing(pieces: readonly Piece[], first: number, end: number): [number, number][] {
  const parts: [number, number][] = [];
  let at = first;
  for (const piece of pieces) {
    if (piece.first >= end) break;
    if (piece.first + piece.samples <= at) continue;
    if (piece.first > at) parts.push([at, piece.first]);
    at = piece.first + piece.samples;
  }
  if (at < end) parts.push([at, end]);
  return parts;
}

let scratch = new Float32Array(4096);

function copy(block: Block, from: number, samples: number, to: Float32Array[], at: number): void {
  if (scratch.length < block.samples) scratch = new Float32Array(block.samples);
  to.forEach((values, channel) => {
    readChannel(block, channel, scratch);
    values.set(scratch.subarray(from, from + samples), at);
  });
}

function join(stream: Stream, parts: { piece: Piece; from: number; until: number }[]): Stretch {
  const samples = parts.reduce((sum, { from, until }) => sum + until - from, 0);
  const channels = stream.labels.map(() => new Float32Array(samples));
  const anchors: Stretch['anchors'] = [];
  let at = 0;
  for (const { piece, from, until } of parts) {
    anchors.push({ sample: at, us: piece.startUs + (from * 1e6) / stream.rate });
    channels.forEach((values, channel) => values.set(piece.values[channel]!.subarray(from, until), at));
    at += until - from;
  }
  return { rate: stream.rate, samples, channels, anchors };
}
