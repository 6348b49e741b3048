// One line of words for each alarm, event and mark. Pure but for the place's time zone.
import { words } from '../words';
import type { AlarmRecord, EventRecord, Figures, MarkRecord, PastEvent, Verdict } from '../remarks/server';

const say = words.handover;

export const clockTime = (time: string) => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

export function alarmLine(alarm: AlarmRecord): string {
  const end = alarm.acknowledged_by ? say.acknowledged(alarm.acknowledged_by, clockTime(alarm.acknowledged ?? alarm.changed)) : alarm.state === 'ended' ? say.ended(clockTime(alarm.changed)) : say.stillOn;
  return [`${clockTime(alarm.raised)} ${alarm.priority}: ${alarm.condition}`, end, alarm.unanswered > 0 ? say.unanswered(alarm.unanswered) : ''].filter(Boolean).join(', ');
}

export function eventLine(event: EventRecord, verdict: Verdict | undefined): string {
  const length = event.state === 'ongoing' ? say.goesOn : say.lasted(event.duration_s);
  return [`${clockTime(event.onset)} ${length}`, event.prolonged ? say.prolonged : '', say.score(event.peak_score, event.model), verdict ? say.verdict[verdict] : say.unmarked].filter(Boolean).join(', ');
}

export function markLine(mark: MarkRecord): string {
  const what = mark.type ? (words.seizureType[mark.type] ?? mark.type) : say.kind[mark.kind];
  const from = clockTime(mark.from ?? mark.said);
  const until = mark.from && mark.until && mark.until !== mark.from ? ` ${say.until(clockTime(mark.until), (Date.parse(mark.until) - Date.parse(mark.from)) / 1000)}` : '';
  return [`${from}${until} ${what}`, mark.awareness ? (words.awareness[mark.awareness] ?? mark.awareness) : '', mark.text, mark.by || mark.device].filter(Boolean).join(', ');
}

/** A rate per day of less than an hour says nothing. */
const LEAST_HOURS = 1;

export function falseAlarms({ false_alarms_per_24_h: rate, recorded_hours: hours, events }: Figures): string {
  if (!rate) return say.noFalseAlarms;
  return hours < LEAST_HOURS ? say.tooEarly(events.false) : say.falseAlarms(rate.estimate, rate.low, rate.high);
}

/** What follows from what staff said of a stretch, and the alarms of each of its days. */
export function figureLine(figures: Figures): string {
  const { sensitivity, recorded_hours: hours, seizures, detected, alarms_per_day: days } = figures;
  return [
    say.recorded(hours),
    falseAlarms(figures),
    sensitivity ? say.sensitivity(detected, seizures, sensitivity.low, sensitivity.high) : '',
    ...days.map(({ day, high, medium, low }) => say.alarmsOf(day, high, medium, low)),
  ]
    .filter(Boolean)
    .join('; ');
}

export const pastLine = (past: PastEvent): string => `${clockTime(past.onset)} ${past.condition}: ${past.reason}`;
