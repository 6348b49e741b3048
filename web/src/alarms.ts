// Alarms of one patient as the page holds them: the newest revision of each.
import { Alarm_Change, Alarm_Condition, Alarm_Priority, Alarm_State, type Alarm } from './generated/vigil/v1/alarm_pb';

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
  /** Of one that is acknowledged and still there: when that was said last. */
  remindedUs?: number;
  /** Of its first cause: beats a minute, seconds of a pause, an event's peak score. */
  value: number;
  limit: number;
  /** By the data's own clock; 0: not known. */
  onsetUs: number;
  /** Of a technical alarm. */
  device: string;
  /** What it is about: a stream, or STREAM/CHANNEL; of a heart what measured it; of an event nothing that people could read. */
  about: readonly string[];
}

/** An event's peak score is its value, and its source an id. */
export const isOfEvent = ({ condition }: Pick<ShownAlarm, 'condition'>): boolean => condition === Alarm_Condition.SEIZURE || condition === Alarm_Condition.PROLONGED_SEIZURE || condition === Alarm_Condition.SEIZURE_POSSIBLE;

/** Somebody called: its source is an id too. */
const isCall = ({ condition }: Alarm) => condition === Alarm_Condition.MANUAL_ALARM || condition === Alarm_Condition.EVENT_BUTTON;

/** More than the server keeps of a patient. */
const MOST = 96;

const URGENCY: Partial<Record<Alarm_Priority, Urgency>> = { [Alarm_Priority.HIGH]: 'high', [Alarm_Priority.MEDIUM]: 'medium' };
const RANK: Record<Urgency, number> = { high: 0, medium: 1, low: 2 };

const text = new TextDecoder();
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export class AlarmList {
  /** Only what is shown: a message's bytes are a view of the whole frame that it came in, and would keep all of it. */
  private readonly newest = new Map<string, { revision: number; shown: ShownAlarm | null }>();

  add(alarm: Alarm): void {
    const id = hex(alarm.id);
    const known = this.newest.get(id);
    if (known && known.revision >= alarm.revision) return;
    this.newest.delete(id);
    this.newest.set(id, { revision: alarm.revision, shown: reminded(shownOf(id, alarm), alarm, known?.shown?.remindedUs) });
    if (this.newest.size > MOST) this.newest.delete(this.newest.keys().next().value!);
  }

  /** Those that are on or latched, the most urgent first: what nobody has acknowledged, then by priority, then the newest. */
  get all(): ShownAlarm[] {
    return [...this.newest.values()]
      .flatMap(({ shown }) => shown ?? [])
      .sort((a, b) => Number(a.acknowledged) - Number(b.acknowledged) || RANK[a.urgency] - RANK[b.urgency] || b.raisedUs - a.raisedUs);
  }
}

/** A reminder stays until the alarm is no longer acknowledged. */
function reminded(shown: ShownAlarm | null, { change, atUs }: Alarm, before: number | undefined): ShownAlarm | null {
  const at = change === Alarm_Change.REMINDED ? Number(atUs) : before;
  return shown?.acknowledged && at !== undefined ? { ...shown, remindedUs: at } : shown;
}

/** Null of one that is over. */
function shownOf(id: string, alarm: Alarm): ShownAlarm | null {
  const { state, revision } = alarm;
  if (state !== Alarm_State.ON && state !== Alarm_State.ACKNOWLEDGED && state !== Alarm_State.LATCHED) return null;
  return {
    id,
    revision,
    urgency: URGENCY[alarm.priority] ?? 'low',
    condition: alarm.condition,
    acknowledged: state === Alarm_State.ACKNOWLEDGED,
    acknowledgedBy: alarm.acknowledgedBy,
    latched: state === Alarm_State.LATCHED,
    raisedUs: Number(alarm.raisedUs),
    value: alarm.causes[0]?.value ?? 0,
    limit: alarm.causes[0]?.limit ?? 0,
    onsetUs: Number(alarm.onsetUs),
    device: alarm.device,
    about: isOfEvent(alarm) || isCall(alarm) ? [] : alarm.causes.map(({ source }) => text.decode(source)).filter(Boolean),
  };
}

/** What the tile's edge says: the most urgent that nobody has acknowledged. */
export function edgeOf(alarms: readonly ShownAlarm[]): Urgency | 'acknowledged' | 'none' {
  const [first] = alarms;
  if (!first) return 'none';
  return first.acknowledged ? 'acknowledged' : first.urgency;
}
