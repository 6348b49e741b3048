// The heart rate of a stretch of time, as its devices measured it: beats by their intervals, values at their moments. Pure.
import type { Data } from './clocks';
import { timeUs } from './times';

export interface BeatsRow {
  device: string;
  stream: string;
  first_beat: number;
  start_time: string;
  rr_us: readonly number[];
}

export interface ValueRow {
  name: string;
  value: number;
  time: string;
  source: string;
  batched: boolean;
}

/** A rate and the time that it holds for: of a beat the interval that it ends, of a value its moment. */
export interface HeartPoint {
  fromUs: number;
  untilUs: number;
  bpm: number;
}

/** Points of one source that follow each other without a gap. */
export interface HeartRun {
  source: string;
  kind: 'beats' | 'values';
  /** Of values: they came in a batch, long after their time. */
  batched: boolean;
  points: HeartPoint[];
}

/** Beats of one stream whose clock differs by so much from the beats before are no neighbours: the device's clock was set. */
const SAME_CLOCK_US = 100_000;
/** Values that are further apart are moments and no course. */
const JOIN_US = 5e6;

/** Where a time of a device lies on the axis. */
export type Place = (device: string, data: Data, deviceUs: number) => number;

export function runsOf(beats: readonly BeatsRow[], values: readonly ValueRow[], place: Place = (_device, _data, us) => us): HeartRun[] {
  return [...beatRuns(beats, place), ...valueRuns(values, place)];
}

function beatRuns(rows: readonly BeatsRow[], place: Place): HeartRun[] {
  const runs: HeartRun[] = [];
  const open = new Map<string, { run: HeartRun; next: number; endUs: number }>();
  for (const row of [...rows].sort((a, b) => timeUs(a.start_time) - timeUs(b.start_time) || a.first_beat - b.first_beat)) {
    const key = `${row.device}\n${row.stream}`;
    let at = place(row.device, 'beats', timeUs(row.start_time));
    const before = open.get(key);
    const goesOn = before?.next === row.first_beat && Math.abs(at - before.endUs) <= SAME_CLOCK_US;
    const run: HeartRun = goesOn ? before.run : { source: row.device, kind: 'beats', batched: false, points: [] };
    if (!goesOn) runs.push(run);
    for (const rr of row.rr_us) {
      run.points.push({ fromUs: at, untilUs: at + rr, bpm: 60e6 / rr });
      at += rr;
    }
    open.set(key, { run, next: row.first_beat + row.rr_us.length, endUs: at });
  }
  return runs;
}

function valueRuns(rows: readonly ValueRow[], place: Place): HeartRun[] {
  const runs: HeartRun[] = [];
  const open = new Map<string, HeartRun>();
  const rates = rows.filter(({ name }) => name === 'heart_rate').map((row) => ({ ...row, us: place(row.source, 'values', timeUs(row.time)) }));
  for (const { source, batched, us, value } of rates.sort((a, b) => a.us - b.us)) {
    const before = open.get(source);
    const point = { fromUs: us, untilUs: us, bpm: value };
    if (before && before.batched === batched && us - before.points.at(-1)!.untilUs <= JOIN_US) before.points.push(point);
    else {
      const run: HeartRun = { source, kind: 'values', batched, points: [point] };
      runs.push(run);
      open.set(source, run);
    }
  }
  return runs;
}

export const overlaps = ({ fromUs, untilUs }: HeartPoint, pageFromUs: number, pageUntilUs: number): boolean => untilUs >= pageFromUs && fromUs < pageUntilUs;

export interface SourceOnPage {
  source: string;
  kind: 'beats' | 'values';
  batched: boolean;
  lowest: number;
  highest: number;
}

/** What the page has of each source; beats first. */
export function sourcesOn(runs: readonly HeartRun[], fromUs: number, untilUs: number): SourceOnPage[] {
  const found = new Map<string, SourceOnPage>();
  for (const { source, kind, batched, points } of runs) {
    const rates = points.filter((point) => overlaps(point, fromUs, untilUs)).map(({ bpm }) => bpm);
    if (rates.length === 0) continue;
    const known = found.get(`${kind} ${source}`);
    const lowest = Math.min(known?.lowest ?? Number.POSITIVE_INFINITY, ...rates);
    const highest = Math.max(known?.highest ?? 0, ...rates);
    found.set(`${kind} ${source}`, { source, kind, batched: batched || (known?.batched ?? false), lowest, highest });
  }
  return [...found.values()];
}

/** The newest rate that ended before a moment; null without one. */
export function lastBefore(runs: readonly HeartRun[], us: number): { run: HeartRun; point: HeartPoint } | null {
  let found: { run: HeartRun; point: HeartPoint } | null = null;
  for (const run of runs) for (const point of run.points) if (point.untilUs < us && point.untilUs > (found?.point.untilUs ?? Number.NEGATIVE_INFINITY)) found = { run, point };
  return found;
}

/** From and to what the strip reaches, whole twenties. */
export function heartScale(runs: readonly HeartRun[], fromUs: number, untilUs: number): [number, number] {
  const on = sourcesOn(runs, fromUs, untilUs);
  const lowest = Math.min(60, ...on.map((one) => one.lowest));
  const highest = Math.max(120, ...on.map((one) => one.highest));
  return [Math.floor(lowest / 20) * 20, Math.ceil(highest / 20) * 20];
}
