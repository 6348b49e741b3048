// What of somebody's alarms is switched off, and what staff changed lately: none of it in silence. Pure.
import { AlarmNotice_Kind, type AlarmNotice } from './generated/vigil/v1/alarm_pb';
import type { LiveOff } from './generated/vigil/v1/live_pb';

export interface ShownOff {
  /** Alarm.Condition. */
  condition: number;
  untilUs: number;
  user: string;
  reason: string;
  /** When the newest reminder came; 0: none. */
  remindedUs: number;
}

export interface ShownChange {
  kind: AlarmNotice_Kind;
  atUs: number;
  user: string;
  reason: string;
  detail: string;
  conditions: readonly number[];
}

/** A change is told for so long. */
const TOLD_US = 600_000_000;
/** More than the server keeps. */
const MOST = 24;

export class OffList {
  offs: readonly ShownOff[] = [];
  private told: ShownChange[] = [];

  /** `off` is all that is off now, `notices` are news. */
  take(off: readonly LiveOff[], notices: readonly AlarmNotice[]): void {
    this.offs = off.map(({ condition, untilUs, user, reason, remindedUs }) => ({ condition, untilUs: Number(untilUs), user, reason, remindedUs: Number(remindedUs) }));
    const news = notices.filter(({ kind }) => kind !== AlarmNotice_Kind.ACT_REFUSED).map(({ kind, atUs, user, reason, detail, conditions }) => ({ kind, atUs: Number(atUs), user, reason, detail, conditions: [...conditions] }));
    if (news.length > 0) this.told = [...news.reverse(), ...this.told].slice(0, MOST);
  }

  /** The newest first. */
  changes(nowUs: number): readonly ShownChange[] {
    return this.told.filter(({ atUs }) => nowUs - atUs < TOLD_US);
  }
}
