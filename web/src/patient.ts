// One patient as the page holds it: bounded rings that every frame adds to.
import type { LivePatient } from './generated/vigil/v1/live_pb';
import type { EegBlock } from './generated/vigil/v1/eeg_pb';
import { AlarmList } from './alarms';
import { EventList } from './events';
import { HeartHistory, HeartStates } from './heart';
import { modelOf, type ShownModel } from './model';
import { readable } from './samples';
import { ScoreHistory } from './score';
import type { PatientFacts } from './state';
import { Trace } from './trace';

export const TRACE_SECONDS = 10;
export const SCORE_SECONDS = 180;
/** Streams of one patient kept at a time; the one that is shown is the one with the newest sample. */
const STREAMS = 4;

export class Patient {
  label: string;
  synthetic = false;
  readonly scores = new ScoreHistory(SCORE_SECONDS);
  readonly heart = new HeartHistory();
  readonly alarms = new AlarmList();
  readonly heartStates = new HeartStates();
  readonly events = new EventList();
  private traces: Trace[] = [];
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
    model: null,
  };
  private model: ShownModel | null = null;

  constructor(
    readonly id: string,
    private readonly traceSeconds = TRACE_SECONDS,
  ) {
    this.label = id;
  }

  apply(news: LivePatient): void {
    this.label = news.label || this.id;
    this.synthetic = news.synthetic;
    for (const block of news.blocks) this.addBlock(block);
    for (const detection of news.detections) {
      this.scores.add(detection);
      if (Number(detection.endTimeUs) === this.scores.last?.endUs) this.model = modelOf(detection);
    }
    for (const vital of news.vitals) this.heart.add(vital);
    for (const event of news.events) this.events.add(event);
    for (const alarm of news.alarms) this.alarms.add(alarm);
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
      model: this.model,
    };
  }

  get state(): PatientFacts {
    return this.facts;
  }

  /** The stream with the newest sample; null before the first block. */
  get trace(): Trace | null {
    let newest: Trace | null = null;
    for (const trace of this.traces) if (!newest || trace.newestUs > newest.newestUs) newest = trace;
    return newest;
  }

  private addBlock(block: EegBlock): void {
    if (!readable(block)) return;
    let trace = this.traces.find((known) => known.device === block.device && known.stream === block.stream);
    if (trace && !trace.fits(block)) {
      this.traces = this.traces.filter((known) => known !== trace);
      trace = undefined;
    }
    if (!trace) {
      trace = new Trace(block.device, block.stream, block, this.traceSeconds);
      this.traces.push(trace);
      if (this.traces.length > STREAMS) {
        const oldest = this.traces.slice(0, -1).reduce((a, b) => (a.newestUs <= b.newestUs ? a : b));
        this.traces = this.traces.filter((known) => known !== oldest);
      }
    }
    trace.add(block);
  }
}
