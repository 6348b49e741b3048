// One patient with all channels, beside the other patients' tiles. It has a connection of its own: the ward's stays as it is.
import { AlarmPanel } from './alarm_panel';
import { ask, at, Refused } from './ask';
import { Connection } from './connection';
import { drawHeart } from './draw_score';
import { element, setData, setSign, setText, sign } from './element';
import { Band } from './flash';
import { FittedWord } from './fitted_word';
import type { LiveFrame, LivePatient } from './generated/vigil/v1/live_pb';
import { describe } from './model';
import { Patient } from './patient';
import type { Reader } from './reader/reader';
import { scoreText, tileState } from './state';
import { Surface } from './surface';
import { HeartPlate, signOf, wordOf } from './tile';
import { RemarkPanel } from './remarks/remark_panel';
import { ago, words } from './words';

/** Live news kept until the reader is loaded: the first frame holds the last minutes. */
const MOST_WAITING = 64;
const HEART_SECONDS = 600;
const LABEL_ROOM = 84;

export class Detail {
  readonly box: HTMLElement;
  private readonly connection: Connection;
  private patient: Patient | null = null;
  private readonly title = element('h2', { class: 'detail-title', tabindex: '-1' });
  /** Empty at a station: whoever passes could read it. */
  private readonly who = element('p', { class: 'detail-who' });
  private readonly facts = element('p', { class: 'detail-facts' });
  private readonly synthetic = element('span', { class: 'badge synthetic', title: words.syntheticHelp }, words.synthetic);
  private readonly sign = sign();
  private readonly word = new FittedWord('state-word');
  private readonly score = element('span', { class: 'score-value' });
  private readonly note = element('p', { class: 'tile-note' });
  private readonly heart = new HeartPlate();
  private readonly alarms: AlarmPanel;
  private readonly band: Band;
  private readonly work: RemarkPanel;
  private nowUs = Date.now() * 1000;
  private readonly heartSurface: Surface;
  private reader: Reader | null = null;
  private waiting: LivePatient[] = [];
  private released = false;
  private readonly loading = element('p', { class: 'detail-loading' }, words.reader.loading);

  constructor(
    readonly id: string,
    onSignedOut: () => void,
    private readonly redraw: () => void,
  ) {
    this.heartSurface = new Surface('heart-line', redraw);
    this.alarms = new AlarmPanel(id, '', (onsetUs) => this.reader?.showEvent(onsetUs));
    this.work = new RemarkPanel(id, () => this.nowUs, () => this.reader?.startUs ?? null);
    const back = element('a', { class: 'button', href: '#/' }, words.back);
    this.box = element(
      'section',
      { class: 'detail', 'aria-label': words.detailRegion(id) },
      element('div', { class: 'detail-head' }, element('div', {}, this.title, this.who, this.facts), this.synthetic, back),
      element('div', { class: 'detail-band' }, element('div', { class: 'state' }, this.sign, this.word.box, this.score), this.heart.box),
      this.note,
      this.alarms.box,
      this.work.box,
      this.loading,
      element('figure', { class: 'detail-heart' }, element('figcaption', {}, words.heartRateOverMinutes(HEART_SECONDS / 60)), this.heartSurface.canvas),
    );
    this.band = new Band(this.box);
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.connection = new Connection((frame) => this.take(frame), onSignedOut, { patients: [id], channels: 0 });
    void this.load();
    void this.askWho();
  }

  focus(): void {
    this.title.focus();
  }

  /** Keys inside of this view are the reader's; the others are the page's. */
  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.reader?.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Asked anew each time the patient is opened, and kept nowhere. */
  private async askWho(): Promise<void> {
    try {
      const { name, born, number, bed } = await ask<{ name: string; born: string; number: string; bed: string }>('GET', at('v1', 'patients', this.id, 'identity'));
      setText(this.who, words.identity.is(name, born, number, bed));
    } catch (error) {
      const status = error instanceof Refused ? error.status : 0;
      if (status === 403) this.who.hidden = true;
      else setText(this.who, status === 404 ? words.identity.notSaid : words.identity.notRead);
    }
  }

  private async load(): Promise<void> {
    try {
      const { Reader } = await import('./reader/reader');
      if (this.released) return;
      const reader = new Reader(this.id, this.redraw);
      this.reader = reader;
      for (const news of this.waiting) reader.take(news);
      this.waiting = [];
      this.loading.replaceWith(reader.box);
      // Whoever has not moved on meanwhile reads on.
      if (document.activeElement === this.title) reader.focus();
      this.redraw();
    } catch {
      setText(this.loading, words.reader.notLoaded);
    }
  }

  private take(frame: LiveFrame): void {
    const news = frame.patients.find((patient) => patient.id === this.id);
    if (frame.whole || !this.patient) this.patient = new Patient(this.id);
    if (!news) return;
    this.patient.apply(news);
    if (this.reader) this.reader.take(news);
    else this.waiting = [...this.waiting, news].slice(-MOST_WAITING);
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
    setData(this.box, 'condition', lost ? 'lost' : state.condition);
    this.band.set(lost ? 'none' : state.level);
    setData(this.box, 'stoppedHigh', String(state.stoppedHigh));
    setSign(this.sign, lost ? 'lost' : signOf(state));
    this.word.set(lost ? words.lost : wordOf(state));
    setText(this.score, lost || state.score === null ? '' : scoreText(state.score));
    setText(this.note, lost ? words.lostNote : state.note);
    this.nowUs = nowUs;
    this.work.update();
    this.heart.update(known, nowUs);
    this.alarms.update(known.state.alarms, known.state.alarmsOn, nowUs, known.offs);
    this.reader?.update(nowUs);
  }

  draw(known: Patient | undefined, nowUs: number): void {
    this.reader?.draw();
    if (known) drawHeart(this.heartSurface, known.heart, nowUs, HEART_SECONDS, LABEL_ROOM);
  }

  repaint(): void {
    this.reader?.repaint();
    this.heartSurface.stale = true;
  }

  release(): void {
    this.released = true;
    this.band.release();
    this.connection.close();
    this.word.release();
    this.reader?.release();
    this.heartSurface.release();
    this.box.remove();
  }
}
