// One patient's tile on the ward.
import { drawScore } from './draw_score';
import { TraceView } from './draw_trace';
import { element, setData, setSign, setText, sign } from './element';
import { FittedWord } from './fitted_word';
import { HEART_DIM_MS, HEART_GONE_MS } from './heart';
import { describe } from './model';
import type { Patient } from './patient';
import { patientNowUs, scoreText, SteadyHigh, tileState, type TileState } from './state';
import { Surface } from './surface';
import { ago, words } from './words';

/** What a state is called at the top of a tile, from three metres. */
export const wordOf = (state: TileState) => (state.condition === 'live' ? words.level[state.level] : words.condition[state.condition]);
export const signOf = (state: TileState) => (state.condition === 'live' ? (state.level === 'none' ? 'live' : state.level) : state.condition);

export const stateInWords = (state: TileState) =>
  words.tileState(words.condition[state.condition], state.condition === 'live' && state.level !== 'none' ? words.level[state.level] : null);

export class HeartPlate {
  readonly box = element('span', { class: 'heart' });
  private readonly name = element('span', { class: 'heart-name' }, words.heartRate);
  private readonly value = element('span', { class: 'heart-value' }, words.noValue);
  private readonly age = element('span', { class: 'heart-age' });

  constructor() {
    this.box.append(element('span', { class: 'heart-side' }, this.name, element('span', { class: 'heart-unit' }, words.perMinute), this.age), this.value);
  }

  update(patient: Patient, nowUs: number): void {
    const newest = patient.heart.newest;
    const age = newest && !Number.isNaN(nowUs) ? (nowUs - newest.timeUs) / 1000 : null;
    const gone = !newest || age === null || age > HEART_GONE_MS;
    setText(this.value, gone ? words.noValue : String(Math.round(newest.bpm)));
    setText(this.age, !newest || age === null ? words.noHeartRate : ago(age));
    setData(this.box, 'age', gone ? 'gone' : age > HEART_DIM_MS ? 'old' : 'new');
  }
}

export class Tile {
  readonly cell = element('li', { class: 'cell' });
  /** Lies over the whole tile: it is what has the focus, is clicked, and is named with the state in words. */
  readonly link: HTMLAnchorElement;
  private readonly box: HTMLElement;
  state: TileState | null = null;
  private readonly label = element('span', { class: 'tile-label' });
  private readonly id = element('span', { class: 'tile-id' });
  private readonly synthetic = element('span', { class: 'badge synthetic', title: words.syntheticHelp }, words.synthetic);
  private readonly age = element('span', { class: 'tile-age' });
  private readonly sign = sign();
  private readonly word = new FittedWord('state-word');
  private readonly score = element('span', { class: 'score-value' });
  private readonly heart = new HeartPlate();
  private readonly note = element('span', { class: 'tile-note' });
  private readonly scoreName = element('span', { class: 'score-name' }, words.score);
  private readonly traceSurface: Surface;
  private readonly scoreSurface: Surface;
  private readonly trace: TraceView;
  private readonly bar = element('span', { class: 'unit-bar' }, element('span', { class: 'unit-bar-line' }), element('span', { class: 'unit-bar-text' }));
  private readonly steady = new SteadyHigh();
  private announced = '';
  private scoredSecond = 0;
  private drawnScore = 0;

  constructor(
    public patient: Patient,
    redraw: () => void,
  ) {
    this.traceSurface = new Surface('trace', redraw);
    this.scoreSurface = new Surface('score', redraw);
    this.trace = new TraceView(this.traceSurface, () => ({ left: 0, labels: false, bar: true, lineWidth: 1 }));
    this.link = element('a', { class: 'tile-link', href: `#/patient/${encodeURIComponent(patient.id)}` });
    this.box = element(
      'div',
      { class: 'tile', 'data-patient': patient.id },
      element('span', { class: 'tile-head' }, this.label, this.id, this.synthetic, this.age),
      element('span', { class: 'tile-band' }, element('span', { class: 'state' }, this.sign, this.word.box, this.score), this.heart.box),
      this.note,
      element('span', { class: 'trace-box' }, this.traceSurface.canvas, this.bar),
      element('span', { class: 'score-box' }, this.scoreName, this.scoreSurface.canvas),
      this.link,
    );
    this.cell.append(this.box);
  }

  /** Words and states; several times a second. Returns what to announce when the state changed. */
  update(nowUs: number, lost: boolean): string | null {
    const { patient } = this;
    const state = this.steady.shown(tileState(patient.state, nowUs), nowUs);
    this.state = state;
    setText(this.label, patient.label);
    setText(this.id, patient.label === patient.id ? '' : patient.id);
    this.synthetic.hidden = !patient.synthetic;
    setData(this.box, 'condition', lost ? 'lost' : state.condition);
    setData(this.box, 'level', lost ? 'none' : state.level);
    setData(this.box, 'stoppedHigh', String(state.stoppedHigh));
    setData(this.box, 'alarm', lost ? 'none' : state.alarm);
    setSign(this.sign, lost ? 'lost' : signOf(state));
    this.word.set(lost ? words.lost : wordOf(state));
    setText(this.score, lost || state.score === null ? '' : scoreText(state.score));
    setText(this.note, lost ? words.lostNote : state.note);
    const { model } = patient.state;
    setText(this.scoreName, model && !model.validated ? words.scoreNotValidated : words.score);
    this.scoreName.title = model ? describe(model) : '';
    setText(this.age, state.ageMs === null ? '' : `${state.condition === 'live' && !lost ? `${words.condition.live} ` : ''}${ago(state.ageMs)}`);
    this.heart.update(patient, nowUs);
    return this.changed(stateInWords(state));
  }

  private changed(inWords: string): string | null {
    const { patient } = this;
    const name = words.tile(patient.label, patient.id, inWords, patient.synthetic);
    if (this.link.getAttribute('aria-label') !== name) this.link.setAttribute('aria-label', name);
    if (inWords === this.announced) return null;
    const first = this.announced === '';
    this.announced = inWords;
    return first ? null : words.announce(patient.label, inWords);
  }

  /** Pictures; once a screen refresh at most, and only what changed. */
  draw(nowUs: number, fixedUv: number | null): void {
    const { patient } = this;
    this.trace.draw(patient.trace, fixedUv);
    const bar = this.trace.bar(patient.trace);
    this.bar.hidden = bar === null;
    if (bar) {
      (this.bar.firstElementChild as HTMLElement).style.height = `${Math.min(bar.px, this.traceSurface.height)}px`;
      setText(this.bar.lastElementChild as HTMLElement, bar.text);
    }
    const patientNow = patientNowUs(patient.state, nowUs);
    const second = Math.floor(patientNow / 1e6);
    const newest = patient.scores.last?.endUs ?? 0;
    if (this.scoreSurface.stale || second !== this.scoredSecond || newest !== this.drawnScore) {
      drawScore(this.scoreSurface, patient.scores, patient.events.all, Math.max(patientNow, newest - 1));
      this.scoredSecond = second;
      this.drawnScore = newest;
    }
  }

  repaint(): void {
    this.traceSurface.stale = true;
    this.scoreSurface.stale = true;
  }

  release(): void {
    this.word.release();
    this.traceSurface.release();
    this.scoreSurface.release();
    this.cell.remove();
  }
}
