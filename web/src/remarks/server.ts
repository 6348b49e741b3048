// What staff say of a patient's record, and what is known of it: one function a route.
import { ask, at } from '../ask';

export interface AlarmRecord {
  id: string;
  state: string;
  priority: 'low' | 'medium' | 'high';
  condition: string;
  device: string;
  raised: string;
  changed: string;
  unanswered: number;
  acknowledged_by?: string;
  acknowledged?: string;
}

export interface PastEvent {
  id: string;
  condition: string;
  onset: string;
  known: string;
  reason: string;
}

export interface EventRecord {
  id: string;
  state: string;
  prolonged: boolean;
  onset: string;
  duration_s: number;
  peak_score: number;
  model: string;
  standing: string;
}

export interface MarkRecord {
  id: string;
  kind: 'annotation' | 'verdict' | 'manual_alarm' | 'all_clear' | 'button' | 'withdrawn';
  by: string;
  said: string;
  from: string | null;
  until: string | null;
  type?: string;
  awareness?: string;
  event?: string;
  verdict?: Verdict;
  withdraws?: string;
  device: string;
  text: string;
}

export type Verdict = 'seizure' | 'no_seizure' | 'unsure';

export interface Estimate {
  estimate: number;
  low: number;
  high: number;
}

export interface Figures {
  recorded_hours: number;
  events: { true: number; false: number; unsure: number; unmarked: number };
  seizures: number;
  detected: number;
  false_alarms_per_24_h: Estimate | null;
  sensitivity: Estimate | null;
  alarms_per_day: { day: string; high: number; medium: number; low: number }[];
}

export interface Stretch {
  from: Date;
  until: Date;
}

/** All pages of a list; each page's cursor begins the next. */
async function all<Row>(path: string, member: string, stretch: Stretch, more: Record<string, string> = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ from: stretch.from.toISOString(), until: stretch.until.toISOString(), ...more, ...(cursor ? { cursor } : {}) });
    const page = await ask<Record<string, Row[]> & { cursor?: string }>('GET', `${path}?${query}`);
    rows.push(...(page[member] ?? []));
    cursor = page.cursor;
    if (!cursor) return rows;
  }
}

const of = (patient: string, what: string) => at('v1', 'patients', patient, what);

export const record = {
  alarms: (patient: string, stretch: Stretch) => all<AlarmRecord>(of(patient, 'alarms'), 'alarms', stretch),
  pastEvents: (patient: string, stretch: Stretch) => all<PastEvent>(of(patient, 'alarms'), 'past_events', stretch, { past: 'true' }),
  events: (patient: string, stretch: Stretch) => all<EventRecord>(of(patient, 'events'), 'events', stretch),
  marks: (patient: string, stretch: Stretch) => all<MarkRecord>(of(patient, 'marks'), 'marks', stretch),
  figures: (patient: string, { from, until }: Stretch) =>
    ask<Figures>('GET', `${of(patient, 'figures')}?${new URLSearchParams({ from: from.toISOString(), until: until.toISOString() })}`),
};

/** Those that count: what was taken back is left out, and so is the taking back. */
export function counting(marks: readonly MarkRecord[]): MarkRecord[] {
  const gone = new Set(marks.map((mark) => mark.withdraws).filter(Boolean));
  return marks.filter((mark) => mark.kind !== 'withdrawn' && !gone.has(mark.id));
}

/** The newest verdict of each event. */
export function verdicts(marks: readonly MarkRecord[]): Map<string, Verdict> {
  const newest = new Map<string, Verdict>();
  const said = counting(marks).filter((mark) => mark.kind === 'verdict');
  for (const mark of said.sort((a, b) => a.said.localeCompare(b.said))) if (mark.event && mark.verdict) newest.set(mark.event, mark.verdict);
  return newest;
}
