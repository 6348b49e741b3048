// One patient as the page holds it: bounded rings that every frame adds to.
import type { LivePatient } from './generated/vigil/v1/live_pb';
import { AlarmList } from './alarms';
import { EventList } from './events';
import { OffList } from './offs';
import { HeartHistory, HeartStates } from './heart';
import { modelOf, type ShownModel } from './model';
import { ScoreHistory } from './score';
import type { PatientFacts } from './state';
import { Streams } from './streams';
import type { Trace } from './trace';

export const TRACE_SECONDS = 10;
export const SCORE_SECONDS = 180;

export class Patient {
  label: string;
  synthetic = false;
  /** The built-in one that tries the chain: no patient. */
  test = false;
  readonly scores = new ScoreHistory(SCORE_SECONDS);
  readonly heart = new HeartHistory();
  readonly alarms = new AlarmList();
  readonly offs = new OffList();
  readonly heartStates = new HeartStates();
  readonly events = new EventList();
  readonly streams: Streams;
  private facts: PatientFacts = {
    monitoring: 0,
    noData: false,
    detectorBehind: false,
    endedOnPurpose: false,
    newestSampleUs: 0,
    newestReceiptUs: 0,
    newestScoredUs: 0,
    shownUs: 0,
    lastScore: null,
    lastHighUs: 0,
    event: null,
    heart: [],
    alarms: [],
    alarmsOn: false,
    offs: [],
    model: null,
  };
  private model: ShownModel | null = null;

  constructor(
    readonly id: string,
    traceSeconds = TRACE_SECONDS,
  ) {
    this.label = id;
    this.streams = new Streams(traceSeconds);
  }

  apply(news: LivePatient): void {
    this.label = news.label || this.id;
    this.synthetic = news.synthetic;
    this.test = news.test;
    for (const block of news.blocks) this.streams.add(block);
    for (const detection of news.detections) {
      this.scores.add(detection);
      if (Number(detection.endTimeUs) === this.scores.last?.endUs) this.model = modelOf(detection);
    }
    for (const vital of news.vitals) this.heart.add(vital);
    for (const event of news.events) this.events.add(event);
    for (const alarm of news.alarms) this.alarms.add(alarm);
    this.offs.take(news.off, news.notices);
    for (const change of news.heart) this.heartStates.add(change);
    this.facts = {
      monitoring: news.monitoring,
      noData: news.noData,
      detectorBehind: news.detectorBehind,
      endedOnPurpose: news.endedOnPurpose,
      newestSampleUs: Number(news.newestSampleUs),
      newestReceiptUs: Number(news.newestReceiptUs),
      newestScoredUs: Number(news.newestScoredUs),
      shownUs: this.trace?.newestUs ?? 0,
      lastScore: this.scores.last,
      lastHighUs: this.scores.lastHighUs,
      event: this.events.foremost,
      heart: this.heartStates.all,
      alarms: this.alarms.all,
      alarmsOn: news.alarmsOn,
      offs: this.offs.offs,
      model: this.model,
    };
  }

  get state(): PatientFacts {
    return this.facts;
  }

  /** The stream with the newest sample; null before the first block. */
  get trace(): Trace | null {
    return this.streams.newest;
  }
}
