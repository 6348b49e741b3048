// A recording to send: a file of the reader's own (EDF, the text files of Bonn, CSV) as the formats of libs/signal go, read in the browser. Pure.
import { words } from '../words';

export interface RecordingChannel {
  label: string;
  unit: 'uV' | 'mV' | 'V';
  /** value = sample * scale + offset, in `unit`. */
  scale: number;
  offset: number;
}

export interface Recording {
  name: string;
  channels: RecordingChannel[];
  /** Hertz as numerator and denominator. */
  rate: [number, number];
  /** Per channel; infinite where it is made as it goes. */
  samples: number;
  synthetic: boolean;
  /** What of the file is left out, in words. */
  leftOut: string[];
  /** Channel after channel, integers of 24 bits at most. */
  read(first: number, count: number): number[][];
}

export class BadRecording extends Error {}

const say = words.sender.file;
const MOST = (1 << 23) - 1;
/** What intake takes: services/eeg_intake/block_limits.hpp. */
const MOST_CHANNELS = 256;
const LEAST_HZ = 50;
const MOST_HZ = 4000;

/** Bonn's files have one value a line at 173.61 Hz; EDF is told by its version, CSV by its commas. */
export function openRecording(name: string, bytes: ArrayBuffer, csvHertz: number): Recording {
  const head = new TextDecoder('latin1').decode(bytes.slice(0, 8));
  const recording = head === '0       ' ? readEdf(name, bytes) : readNumbers(name, new TextDecoder().decode(bytes), csvHertz);
  const hertz = recording.rate[0] / recording.rate[1];
  if (!(hertz >= LEAST_HZ && hertz <= MOST_HZ)) throw new BadRecording(say.rate(hertz));
  if (recording.channels.length === 0 || recording.channels.length > MOST_CHANNELS) throw new BadRecording(say.noChannels);
  return recording;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** A decimal number as a ratio of integers. */
export function ratio(samples: number, seconds: string): [number, number] {
  const [whole = '', places = ''] = seconds.trim().split('.');
  const factor = 10 ** places.length;
  const duration = Number(whole + places);
  if (!(duration > 0) || !(samples > 0)) throw new BadRecording(say.edf);
  const shared = gcd(samples * factor, duration);
  return [(samples * factor) / shared, duration / shared];
}

interface Signal extends RecordingChannel {
  perRecord: number;
  /** Samples of the other signals before it in a data record. */
  before: number;
}

const UNITS: Record<string, RecordingChannel['unit']> = { uv: 'uV', 'µv': 'uV', 'μv': 'uV', mv: 'mV', v: 'V' };

/** EDF and EDF+C. source Kemp et al. 1992; Kemp and Olivan 2003 (EDF+). */
function readEdf(name: string, bytes: ArrayBuffer): Recording {
  const text = new TextDecoder('latin1').decode(bytes.slice(0, 256));
  const count = Number(text.slice(252, 256));
  const headBytes = Number(text.slice(184, 192));
  if (!(count > 0) || headBytes !== 256 * (count + 1) || bytes.byteLength < headBytes) throw new BadRecording(say.edf);
  if (text.slice(192, 197) === 'EDF+D') throw new BadRecording(say.interrupted);
  const head = new TextDecoder('latin1').decode(bytes.slice(256, headBytes));
  const field = (from: number, width: number, index: number) => head.slice(from * count + width * index, from * count + width * (index + 1)).trim();
  let before = 0;
  const signals: Signal[] = [];
  const leftOut: string[] = [];
  for (let index = 0; index < count; index++) {
    const label = field(0, 16, index);
    const perRecord = Number(field(216, 8, index));
    const [low, high, lowest, highest] = [104, 112, 120, 128].map((from) => Number(field(from, 8, index))) as [number, number, number, number];
    const unit = UNITS[field(96, 8, index).toLowerCase()];
    const scale = (high - low) / (highest - lowest);
    if (unit && Number.isFinite(scale) && scale > 0 && perRecord > 0) signals.push({ label, unit, scale, offset: low - lowest * scale, perRecord, before });
    else if (label !== 'EDF Annotations') leftOut.push(label);
    before += perRecord;
  }
  return edfOf(name, bytes, headBytes, before, text.slice(244, 252), signals, leftOut);
}

/** Of several rates the one that most signals have. */
function edfOf(name: string, bytes: ArrayBuffer, headBytes: number, recordSamples: number, seconds: string, signals: Signal[], leftOut: string[]): Recording {
  const often = (perRecord: number) => signals.filter((signal) => signal.perRecord === perRecord).length;
  const perRecord = signals.reduce((best, signal) => (often(signal.perRecord) > often(best) ? signal.perRecord : best), signals[0]?.perRecord ?? 0);
  const kept = signals.filter((signal) => signal.perRecord === perRecord);
  leftOut.push(...signals.filter((signal) => signal.perRecord !== perRecord).map(({ label }) => label));
  const records = Math.floor((bytes.byteLength - headBytes) / (2 * recordSamples));
  const view = new DataView(bytes, headBytes);
  return {
    name,
    channels: unique(kept),
    rate: ratio(perRecord, seconds),
    samples: records * perRecord,
    synthetic: false,
    leftOut,
    read: (first, count) =>
      kept.map(({ before }) =>
        Array.from({ length: count }, (_, at) => {
          const sample = first + at;
          return view.getInt16(2 * (Math.floor(sample / perRecord) * recordSamples + before + (sample % perRecord)), true);
        }),
      ),
  };
}

/** Intake wants labels of printable ASCII, each once. */
function unique(channels: readonly RecordingChannel[]): RecordingChannel[] {
  const seen = new Map<string, number>();
  return channels.map(({ label, unit, scale, offset }, index) => {
    const plain = label.replaceAll(/[^ -~]/g, '?').slice(0, 28) || `C${index + 1}`;
    const times = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, times);
    return { label: times === 1 ? plain : `${plain} ${times}`, unit, scale, offset };
  });
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** Microvolts: one column without a head (Bonn), or several with a head of labels (CSV); a column named time says the rate. */
function readNumbers(name: string, text: string, csvHertz: number): Recording {
  const lines = text.trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(/[,;\t]/).map((cell) => cell.trim()));
  const labelled = rows[0]!.some((cell) => !NUMBER.test(cell));
  const labels = labelled ? rows[0]! : rows[0]!.map((_, index) => (rows[0]!.length === 1 ? 'EEG' : `C${index + 1}`));
  const cells = labelled ? rows.slice(1) : rows;
  cells.forEach((row, at) => {
    if (row.length !== labels.length || !row.every((cell) => NUMBER.test(cell))) throw new BadRecording(say.line(at + (labelled ? 2 : 1)));
  });
  if (cells.length === 0) throw new BadRecording(say.noValues);
  const time = labels.findIndex((label) => /^(time|t|seconds|s)$/i.test(label));
  const columns = labels.map((_, index) => index).filter((index) => index !== time);
  const places = Math.min(6, Math.max(...cells.flatMap((row) => columns.map((column) => row[column]!.split('.')[1]?.length ?? 0))));
  const factor = 10 ** places;
  const samples = columns.map((column) => cells.map((row) => Math.round(Number(row[column]) * factor)));
  if (samples.some((values) => values.some((value) => Math.abs(value) > MOST))) throw new BadRecording(say.tooLarge);
  return {
    name,
    channels: unique(columns.map((column) => ({ label: labels[column]!, unit: 'uV', scale: 1 / factor, offset: 0 }))),
    rate: time >= 0 ? rateOf(cells.map((row) => Number(row[time]))) : labels.length === 1 && !labelled ? [17361, 100] : ratio(Math.round(csvHertz * 100), '100'),
    samples: cells.length,
    synthetic: false,
    leftOut: [],
    read: (first, count) => samples.map((values) => values.slice(first, first + count)),
  };
}

function rateOf(times: number[]): [number, number] {
  const hertz = (times.length - 1) / (times.at(-1)! - times[0]!);
  if (!Number.isFinite(hertz) || hertz <= 0) throw new BadRecording(say.time);
  return ratio(Math.round(hertz * 100), '100');
}
