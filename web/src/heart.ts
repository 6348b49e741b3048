// Heart rate: the newest value with its time, and the last ones for the line of the detail view.
import { HeartChange_Kind, type HeartChange, type HeartChange_State } from './generated/vigil/v1/detection_pb';
import type { Vital } from './generated/vigil/v1/vitals_pb';

export interface HeartRate {
  timeUs: number;
  bpm: number;
  source: string;
}

/** A value older than this is shown dimmed, then not at all: a heart rate of an hour ago reads like one of now from afar. */
export const HEART_DIM_MS = 60_000;
export const HEART_GONE_MS = 900_000;

export class HeartHistory {
  private values: HeartRate[] = [];

  constructor(readonly kept = 600) {}

  add(vital: Vital): void {
    if (vital.name !== 'heart_rate' || !Number.isFinite(vital.value) || vital.value <= 0) return;
    const value = { timeUs: Number(vital.startTimeUs), bpm: vital.value, source: vital.source };
    let at = this.values.length;
    while (at > 0 && this.values[at - 1]!.timeUs > value.timeUs) at--;
    const before = this.values[at - 1];
    if (before?.timeUs === value.timeUs && before.source === value.source) {
      this.values[at - 1] = value;
      return;
    }
    this.values.splice(at, 0, value);
    if (this.values.length > this.kept) this.values.shift();
  }

  get newest(): HeartRate | null {
    return this.values.at(-1) ?? null;
  }

  /** In order of time, oldest first. */
  get all(): readonly HeartRate[] {
    return this.values;
  }
}

export interface HeartStateShown {
  state: HeartChange_State;
  sinceUs: number;
  /** Beats a minute, of a pause its seconds; as of the change that began it. */
  value: number;
  limit: number;
}

/** Tachycardia, bradycardia and pauses that last, as the detector told of them. */
export class HeartStates {
  private readonly newest = new Map<string, HeartChange>();

  add(change: HeartChange): void {
    this.newest.set(`${change.device}\n${change.stream}\n${change.state}`, change);
  }

  /** The one that began last first. */
  get all(): HeartStateShown[] {
    return [...this.newest.values()]
      .filter(({ kind }) => kind === HeartChange_Kind.BEGINS)
      .map(({ state, atUs, value, limit }) => ({ state, sinceUs: Number(atUs), value, limit }))
      .sort((a, b) => b.sinceUs - a.sinceUs);
  }
}
