// What a tile says, from what the server said about the patient and the server's clock. Pure.
import { Patient_Monitoring } from './generated/vigil/v1/directory_pb';
import { edgeOf, type ShownAlarm, type Urgency } from './alarms';
import type { ShownEvent } from './events';
import { Alarm_Condition } from './generated/vigil/v1/alarm_pb';
import { Detection_State, HeartChange_State } from './generated/vigil/v1/detection_pb';
import type { HeartStateShown } from './heart';
import type { ShownOff } from './offs';
import type { ShownModel } from './model';
import { words } from './words';
import { levelOf, type LastScore, type Level } from './score';

export type Condition = 'live' | 'waiting' | 'no-data' | 'ended' | 'behind' | 'not-evaluated' | 'standby' | 'off';

export interface PatientFacts {
  monitoring: number;
  noData: boolean;
  detectorBehind: boolean;
  endedOnPurpose: boolean;
  newestSampleUs: number;
  newestReceiptUs: number;
  newestScoredUs: number;
  /** End of the newest sample that the page itself holds; 0 when it holds none. */
  shownUs: number;
  lastScore: LastScore | null;
  lastHighUs: number;
  /** The event that goes on, or the one that ended last; null when there is none. */
  event: ShownEvent | null;
  /** What the heart's rules say now, the newest first. */
  heart: HeartStateShown[];
  /** Those that are on, the most urgent first. */
  alarms: ShownAlarm[];
  alarmsOn: boolean;
  offs: readonly ShownOff[];
  /** Of the newest window; null before the first. */
  model: ShownModel | null;
}

export interface TileState {
  condition: Condition;
  /** Of the newest score while it is current, else none. */
  level: Level;
  score: number | null;
  /** Of the newest sample shown; null when there is none. */
  ageMs: number | null;
  note: string;
  /** The most urgent alarm that nobody has acknowledged. */
  alarm: Urgency | 'acknowledged' | 'none';
  eventOngoing: boolean;
  /** The newest score was high when it stopped being current: it must not vanish behind NO DATA. */
  stoppedHigh: boolean;
}

/** A high score is mentioned for so long after it ended. */
const MENTION_HIGH_MS = 180_000;

export function conditionOf(facts: PatientFacts): Condition {
  if (facts.monitoring === Patient_Monitoring.OFF) return 'off';
  if (facts.monitoring === Patient_Monitoring.STANDBY) return 'standby';
  if (facts.endedOnPurpose) return 'ended';
  if (facts.newestReceiptUs === 0) return 'waiting';
  if (facts.noData) return 'no-data';
  if (facts.detectorBehind) return 'behind';
  if (facts.lastScore && facts.lastScore.score === null) return 'not-evaluated';
  return 'live';
}

/**
 * The age of what is shown. A device whose clock runs ahead would look fresher than it can be, so the older of sample time and
 * receipt time counts.
 */
export function ageMs(facts: PatientFacts, nowUs: number): number | null {
  const sample = facts.shownUs || facts.newestSampleUs;
  if (sample === 0 || Number.isNaN(nowUs)) return null;
  const newest = facts.newestReceiptUs === 0 ? sample : Math.min(sample, facts.newestReceiptUs);
  return Math.max(0, (nowUs - newest) / 1000);
}

/** Now in the time of the patient's device: the server's, less how late the newest samples came. */
export function patientNowUs(facts: PatientFacts, nowUs: number): number {
  return facts.newestReceiptUs === 0 ? nowUs : nowUs - (facts.newestReceiptUs - facts.newestSampleUs);
}

export const scoreText = (score: number) => (Math.floor(score * 100) / 100).toFixed(2);

export function tileState(facts: PatientFacts, nowUs: number): TileState {
  const condition = conditionOf(facts);
  const score = facts.lastScore?.score ?? null;
  const current = condition === 'live' && score !== null;
  const level = current ? levelOf(score) : 'none';
  return {
    condition,
    level,
    score: current ? score : null,
    ageMs: ageMs(facts, nowUs),
    note: noteOf(condition, facts, nowUs, level),
    alarm: edgeOf(facts.alarms),
    eventOngoing: facts.event?.ongoing ?? false,
    stoppedHigh: !current && score !== null && levelOf(score) === 'high' && (condition === 'no-data' || condition === 'behind'),
  };
}

/** Once in two seconds at most can a level rise again that stays so long: with the 2 Hz of a high alarm's border under the three flashes of WCAG 2.3.1. */
const HIGH_STAYS_US = 2_000_000;

/** HIGH shows at once and then for two seconds at least, else a burst of late windows could make its red band flash. */
export class SteadyHigh {
  private high: TileState | null = null;
  private sinceUs = 0;

  shown(state: TileState, nowUs: number): TileState {
    const { high } = this;
    if (state.level === 'high') {
      if (!high) this.sinceUs = nowUs;
      this.high = state;
      return state;
    }
    if (high && state.condition === 'live' && nowUs - this.sinceUs < HIGH_STAYS_US) return { ...high, ageMs: state.ageMs };
    this.high = null;
    return state;
  }
}

/** An event is mentioned for so long after its end. */
const MENTION_EVENT_MS = 600_000;

function eventNote({ event, ...facts }: PatientFacts, nowUs: number): string {
  if (!event) return '';
  const now = patientNowUs({ event, ...facts }, nowUs);
  if (event.ongoing) return words.note.event((now - event.onsetUs) / 1000, event.prolonged, event.validated);
  const ago = (now - event.endUs) / 1000;
  return ago < MENTION_EVENT_MS ? words.note.lastEvent(ago, (event.endUs - event.onsetUs) / 1000, event.validated) : '';
}

function noScoreNote(model: ShownModel | null): string {
  switch (model?.state) {
    case Detection_State.WARMING_UP:
      return words.note.warmingUp;
    case Detection_State.RATE_REFUSED:
      return words.note.rateRefused;
    case Detection_State.MODEL_MISSING:
      return words.note.modelMissing(model.name);
    default:
      return words.note.notEvaluated;
  }
}

/** Each state once, whatever says so, and not where an alarm says it already. */
function heartNote({ heart, alarms }: PatientFacts): string {
  const alarmed = new Set<number>(alarms.map(({ condition }) => condition));
  const said = new Map<HeartChange_State, string>();
  for (const { state, value, limit } of heart) {
    if (said.has(state)) continue;
    if (state === HeartChange_State.TACHYCARDIA && !alarmed.has(Alarm_Condition.TACHYCARDIA)) said.set(state, words.note.tachycardia(value, limit));
    if (state === HeartChange_State.BRADYCARDIA && !alarmed.has(Alarm_Condition.BRADYCARDIA)) said.set(state, words.note.bradycardia(value, limit));
    if (state === HeartChange_State.PAUSE && !alarmed.has(Alarm_Condition.PAUSE)) said.set(state, words.note.pause(value, limit));
  }
  return [...said.values()].join(', ');
}

function alarmNote({ alarms }: PatientFacts, nowUs: number): string {
  const said = (alarm: ShownAlarm) => words.alarm(alarm, (nowUs - alarm.raisedUs) / 1000);
  return alarms.map((alarm) => (alarm.remindedUs === undefined ? said(alarm) : `${said(alarm)}, ${words.reminder.ago((nowUs - alarm.remindedUs) / 1000)}`)).join('; ');
}

/** What the patient's tile says in words: alarms first, then what raises none, then the heart, which the rest does not show. */
function noteOf(condition: Condition, facts: PatientFacts, nowUs: number, level: Level): string {
  const parts = [alarmNote(facts, nowUs), facts.offs.map(words.alarmOff.note).join(', '), heartNote(facts), signalNote(condition, facts, nowUs, level)].filter(Boolean);
  return parts.length === 0 && condition === 'live' && !facts.alarmsOn ? words.note.alarmsOff : parts.join(', ');
}

function signalNote(condition: Condition, facts: PatientFacts, nowUs: number, level: Level): string {
  const score = facts.lastScore?.score ?? null;
  const event = eventNote(facts, nowUs);
  const last = (score === null ? '' : `, ${words.note.lastScore(scoreText(score), words.level[levelOf(score)])}`) + (event && facts.event?.ongoing ? `, ${event}` : '');
  const sinceReceipt = (nowUs - facts.newestReceiptUs) / 1000;
  switch (condition) {
    case 'off':
      return words.note.off;
    case 'standby':
      return words.note.standby;
    case 'waiting':
      return words.note.waiting;
    case 'ended':
      return facts.newestReceiptUs === 0 ? words.condition.ended : words.note.ended(sinceReceipt);
    case 'no-data':
      return words.note.noData(sinceReceipt) + last;
    case 'behind':
      return words.note.behind(facts.newestScoredUs === 0 ? null : (patientNowUs(facts, nowUs) - facts.newestScoredUs) / 1000) + last;
    case 'not-evaluated':
      return noScoreNote(facts.model);
    case 'live': {
      if (event) return event;
      if (level === 'none') return words.note.noScore;
      const highMs = (patientNowUs(facts, nowUs) - facts.lastHighUs) / 1000;
      return level !== 'high' && facts.lastHighUs > 0 && highMs < MENTION_HIGH_MS ? words.note.lastHigh(highMs) : '';
    }
  }
}

