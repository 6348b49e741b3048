// One patient with all channels, beside the other patients' tiles. It has a connection of its own: the ward's stays as it is.
import { AlarmPanel } from './alarm_panel';
import { Connection } from './connection';
import { drawHeart, drawScore } from './draw_score';
import { TraceView } from './draw_trace';
import { element, setData, setSign, setText, sign } from './element';
import { FittedWord } from './fitted_word';
import type { LiveFrame } from './generated/vigil/v1/live_pb';
import { describe } from './model';
import { Patient, SCORE_SECONDS } from './patient';
import { patientNowUs, scoreText, tileState } from './state';
import { Surface } from './surface';
import { HeartPlate, signOf, wordOf } from './tile';
import { ago, words } from './words';

const LABEL_ROOM = 92;
const HEART_SECONDS = 600;

export class Detail {
  readonly box: HTMLElement;
  private readonly connection: Connection;
  private patient: Patient | null = null;
  private readonly title = element('h2', { class: 'detail-title', tabindex: '-1' });
  private readonly facts = element('p', { class: 'detail-facts' });
  private readonly synthetic = element('span', { class: 'badge synthetic', title: words.syntheticHelp }, words.synthetic);
  private readonly sign = sign();
  private readonly word = new FittedWord('state-word');
  private readonly score = element('span', { class: 'score-value' });
  private readonly note = element('p', { class: 'tile-note' });
  private readonly heart = new HeartPlate();
  private readonly alarms: AlarmPanel;
  private readonly traceSurface: Surface;
  private readonly scoreSurface: Surface;
  private readonly heartSurface: Surface;
  private readonly trace: TraceView;
  private readonly bar = element('span', { class: 'unit-bar' }, element('span', { class: 'unit-bar-line' }), element('span', { class: 'unit-bar-text' }));
  private readonly loading = element('p', { class: 'detail-loading' }, words.loadingDetail);

  constructor(
    readonly id: string,
    onSignedOut: () => void,
    private readonly redraw: () => void,
  ) {
    this.traceSurface = new Surface('trace', redraw);
    this.scoreSurface = new Surface('score', redraw);
    this.heartSurface = new Surface('heart-line', redraw);
    this.trace = new TraceView(this.traceSurface, () => ({ left: LABEL_ROOM, labels: true, bar: true, lineWidth: 1.2 }));
    this.alarms = new AlarmPanel(id);
    const back = element('a', { class: 'button', href: '#/' }, words.back);
    this.box = element(
      'section',
      { class: 'detail', 'aria-label': words.detailRegion(id) },
      element('div', { class: 'detail-head' }, element('div', {}, this.title, this.facts), this.synthetic, back),
      element('div', { class: 'detail-band' }, element('div', { class: 'state' }, this.sign, this.word.box, this.score), this.heart.box),
      this.note,
      this.alarms.box,
      element('div', { class: 'trace-box' }, this.traceSurface.canvas, this.bar, this.loading),
      element(
        'div',
        { class: 'detail-lines' },
        element('figure', {}, element('figcaption', {}, words.scoreOverMinutes(SCORE_SECONDS / 60)), this.scoreSurface.canvas),
        element('figure', {}, element('figcaption', {}, words.heartRateOverMinutes(HEART_SECONDS / 60)), this.heartSurface.canvas),
      ),
    );
    this.connection = new Connection((frame) => this.take(frame), onSignedOut, { patients: [id], channels: 0 });
  }

  focus(): void {
    this.title.focus();
  }

  private take(frame: LiveFrame): void {
    const news = frame.patients.find((patient) => patient.id === this.id);
    if (frame.whole || !this.patient) this.patient = new Patient(this.id);
    if (!news) return;
    this.patient.apply(news);
    this.redraw();
  }

  /** `known` is the ward's own picture of the patient: it gives words and state, this view only the channels. */
  update(known: Patient | undefined, nowUs: number, wardLost: boolean): void {
    this.connection.lost(performance.now());
    if (!known) return;
    const state = tileState(known.state, nowUs);
    const trace = this.patient?.trace ?? null;
    const lost = wardLost || this.connection.lost(performance.now());
    setText(this.title, known.label);
    setText(
      this.facts,
      [
        known.label === known.id ? '' : known.id,
        trace ? words.deviceStream(trace.device, trace.stream) : '',
        trace ? words.channels(trace.labels.length) : '',
        trace ? words.rate(trace.rate) : '',
        trace ? words.seconds(trace.seconds) : '',
        state.ageMs === null ? '' : ago(state.ageMs),
        known.state.model ? describe(known.state.model) : '',
      ]
        .filter(Boolean)
        .join(' · '),
    );
    this.box.setAttribute('aria-label', words.detailRegion(known.label));
    this.synthetic.hidden = !known.synthetic;
    this.loading.hidden = trace !== null;
    setText(this.loading, this.patient ? words.noTrace : words.loadingDetail);
    setData(this.box, 'condition', lost ? 'lost' : state.condition);
    setData(this.box, 'level', lost ? 'none' : state.level);
    setData(this.box, 'stoppedHigh', String(state.stoppedHigh));
    setSign(this.sign, lost ? 'lost' : signOf(state));
    this.word.set(lost ? words.lost : wordOf(state));
    setText(this.score, lost || state.score === null ? '' : scoreText(state.score));
    setText(this.note, lost ? words.lostNote : state.note);
    this.heart.update(known, nowUs);
    this.alarms.update(known.state.alarms, known.state.alarmsOn, nowUs);
  }

  draw(known: Patient | undefined, nowUs: number, fixedUv: number | null): void {
    const trace = this.patient?.trace ?? null;
    this.trace.draw(trace, fixedUv);
    const bar = this.trace.bar(trace);
    this.bar.hidden = bar === null;
    if (bar) {
      (this.bar.firstElementChild as HTMLElement).style.height = `${Math.min(bar.px, this.traceSurface.height)}px`;
      setText(this.bar.lastElementChild as HTMLElement, bar.text);
    }
    if (!known) return;
    const patientNow = patientNowUs(known.state, nowUs);
    drawScore(this.scoreSurface, known.scores, known.events.all, Math.max(patientNow, (known.scores.last?.endUs ?? 0) - 1), 40);
    drawHeart(this.heartSurface, known.heart, nowUs, HEART_SECONDS, 40);
  }

  repaint(): void {
    for (const surface of [this.traceSurface, this.scoreSurface, this.heartSurface]) surface.stale = true;
  }

  release(): void {
    this.connection.close();
    this.word.release();
    for (const surface of [this.traceSurface, this.scoreSurface, this.heartSurface]) surface.release();
    this.box.remove();
  }
}
