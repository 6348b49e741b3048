// Alarms of one patient as the page holds them: the newest revision of each.
import { Alarm_Priority, Alarm_State, type Alarm, type Alarm_Condition } from './generated/vigil/v1/alarm_pb';

export type Urgency = 'high' | 'medium' | 'low';

export interface ShownAlarm {
  /** 32 hexadecimal digits, as acts name it. */
  id: string;
  /** The newest: whoever acknowledges has seen this one. */
  revision: number;
  urgency: Urgency;
  condition: Alarm_Condition;
  acknowledged: boolean;
  acknowledgedBy: string;
  /** The condition is over, and nobody has acknowledged it. */
  latched: boolean;
  raisedUs: number;
  /** Of its first cause: beats a minute, seconds of a pause, an event's peak score. */
  value: number;
  limit: number;
}

/** More than the server keeps of a patient. */
const MOST = 96;

const URGENCY: Partial<Record<Alarm_Priority, Urgency>> = { [Alarm_Priority.HIGH]: 'high', [Alarm_Priority.MEDIUM]: 'medium' };
const RANK: Record<Urgency, number> = { high: 0, medium: 1, low: 2 };

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export class AlarmList {
  private readonly newest = new Map<string, Alarm>();

  add(alarm: Alarm): void {
    const id = hex(alarm.id);
    const known = this.newest.get(id);
    if (known && known.revision >= alarm.revision) return;
    this.newest.delete(id);
    this.newest.set(id, alarm);
    if (this.newest.size > MOST) this.newest.delete(this.newest.keys().next().value!);
  }

  /** Those that are on or latched, the most urgent first: what nobody has acknowledged, then by priority, then the newest. */
  get all(): ShownAlarm[] {
    return [...this.newest]
      .filter(([, { state }]) => state === Alarm_State.ON || state === Alarm_State.ACKNOWLEDGED || state === Alarm_State.LATCHED)
      .map(([id, alarm]) => ({
        id,
        revision: alarm.revision,
        urgency: URGENCY[alarm.priority] ?? 'low',
        condition: alarm.condition,
        acknowledged: alarm.state === Alarm_State.ACKNOWLEDGED,
        acknowledgedBy: alarm.acknowledgedBy,
        latched: alarm.state === Alarm_State.LATCHED,
        raisedUs: Number(alarm.raisedUs),
        value: alarm.causes[0]?.value ?? 0,
        limit: alarm.causes[0]?.limit ?? 0,
      }))
      .sort((a, b) => Number(a.acknowledged) - Number(b.acknowledged) || RANK[a.urgency] - RANK[b.urgency] || b.raisedUs - a.raisedUs);
  }
}

/** What the tile's edge says: the most urgent that nobody has acknowledged. */
export function edgeOf(alarms: readonly ShownAlarm[]): Urgency | 'acknowledged' | 'none' {
  const [first] = alarms;
  if (!first) return 'none';
  return first.acknowledged ? 'acknowledged' : first.urgency;
}
