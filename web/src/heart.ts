// Heart rate: the newest value with its time, and the last ones for the line of the detail view.
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
