// What sounds, what is paused and what a station must show, of all patients and of Vigil itself. Pure but for the frames that it takes.
import { AlarmList, type ShownAlarm, type Urgency } from './alarms';
import { OffList, type ShownOff } from './offs';
import type { LiveFrame } from './generated/vigil/v1/live_pb';
import { mostUrgent, type Sounding } from './sound_schedule';
import type { Ward } from './ward';
import { words } from './words';

/** In the place of a patient: Vigil itself. */
export const VIGIL = '';

export interface PatientAlarm {
  patient: string;
  label: string;
  test: boolean;
  alarm: ShownAlarm;
  paused: boolean;
}

interface Known {
  pausedUntilUs: number;
  notWatched: boolean;
  test: boolean;
}

const UNKNOWN: Known = { pausedUntilUs: 0, notWatched: false, test: false };

/** What people are to be reminded of: an alarm that is off, or acknowledged and still there. */
export interface Reminder {
  atUs: number;
  text: string;
  /** Its patient's sound is paused. */
  paused: boolean;
}

/** A reminder is shown for so long. */
const REMINDED_US = 60_000_000;

export class Alarms {
  private known = new Map<string, Known>();
  private ownList = new AlarmList();
  ownOffs = new OffList();
  /** Somebody has switched Vigil's own alarms on; null before the first frame. */
  ownOn: boolean | null = null;

  constructor(
    private readonly ward: Pick<Ward, 'inOrder'>,
    /** The server's clock. */
    readonly nowUs: () => number,
  ) {}

  take(frame: LiveFrame): void {
    if (frame.whole) {
      this.known = new Map();
      this.ownList = new AlarmList();
      this.ownOffs = new OffList();
    }
    for (const alarm of frame.alarms) this.ownList.add(alarm);
    this.ownOn = frame.alarmsOn;
    this.ownOffs.take(frame.off, frame.notices);
    this.known.set(VIGIL, { pausedUntilUs: Number(frame.audioPausedUntilUs), notWatched: false, test: false });
    for (const id of frame.removed) this.known.delete(id);
    for (const { id, audioPausedUntilUs, notWatched, test } of frame.patients) this.known.set(id, { pausedUntilUs: Number(audioPausedUntilUs), notWatched, test });
  }

  /** Nobody has acknowledged them; the most urgent first, then the oldest. */
  unacknowledged(nowUs: number): PatientAlarm[] {
    const rank = { high: 0, medium: 1, low: 2 };
    return this.everybody
      .flatMap(({ id, label, alarms }) => {
        const { test, pausedUntilUs } = this.of(id);
        return alarms.filter((alarm) => !alarm.acknowledged).map((alarm) => ({ patient: id, label, test, alarm, paused: pausedUntilUs > nowUs }));
      })
      .sort((a, b) => rank[a.alarm.urgency] - rank[b.alarm.urgency] || a.alarm.raisedUs - b.alarm.raisedUs);
  }

  /** What is to sound. */
  mostUrgent(nowUs: number): { urgency: Urgency | null; ids: string[] } {
    const all: Sounding[] = this.everybody.flatMap(({ id, alarms }) => {
      const { test, pausedUntilUs } = this.of(id);
      return alarms.map(({ id: alarm, urgency, acknowledged }) => ({ id: alarm, urgency, acknowledged, test, pausedUntilUs }));
    });
    return mostUrgent(all, nowUs);
  }

  /** Patients whose alarms sound now; VIGIL among them where its own do. */
  sounding(nowUs: number): string[] {
    return [...new Set(this.unacknowledged(nowUs).filter(({ test, paused }) => !test && !paused).map(({ patient }) => patient))];
  }

  paused(nowUs: number): { patient: string; label: string; untilUs: number }[] {
    return this.everybody
      .map(({ id, label }) => ({ patient: id, label, untilUs: this.of(id).pausedUntilUs }))
      .filter(({ untilUs }) => untilUs > nowUs);
  }

  /** Those of the last minute, the newest first. */
  reminders(nowUs: number): Reminder[] {
    return this.everybody
      .flatMap(({ id, label, alarms, offs }) => {
        const paused = this.of(id).pausedUntilUs > nowUs;
        return [
          ...offs.map((off) => ({ atUs: off.remindedUs, text: words.reminder.off(label, off), paused })),
          ...alarms.map(({ remindedUs, condition, acknowledgedBy }) => ({ atUs: remindedUs ?? 0, text: words.reminder.still(label, condition, acknowledgedBy), paused })),
        ];
      })
      .filter(({ atUs }) => nowUs - atUs < REMINDED_US)
      .sort((a, b) => b.atUs - a.atUs);
  }

  /** Labels of those whose alarms no station would sound. */
  get notWatched(): string[] {
    return this.ward.inOrder.filter(({ id }) => this.of(id).notWatched).map(({ label }) => label);
  }

  /** Vigil's own, acknowledged ones too. */
  get own(): ShownAlarm[] {
    return this.ownList.all;
  }

  private get everybody(): { id: string; label: string; alarms: readonly ShownAlarm[]; offs: readonly ShownOff[] }[] {
    const own = { id: VIGIL, label: words.ownAlarms.short, alarms: this.own, offs: this.ownOffs.offs };
    return [own, ...this.ward.inOrder.map(({ id, label, state }) => ({ id, label, alarms: state.alarms, offs: state.offs }))];
  }

  private of(patient: string): Known {
    return this.known.get(patient) ?? UNKNOWN;
  }
}
