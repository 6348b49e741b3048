// One patient's tile on the ward.
import { element, setData, setSign, setText, sign } from './element';
import { FittedWord } from './fitted_word';
import { Band, Flash } from './flash';
import { HEART_DIM_MS, HEART_GONE_MS } from './heart';
import { describe } from './model';
import type { Patient } from './patient';
import type { PictureFrame } from './picture_canvas';
import type { Drawn } from './picture_messages';
import { scoreText, SteadyHigh, tileState, type TileState } from './state';
import { ago, words } from './words';

/** What a state is called at the top of a tile, from three metres. */
export const wordOf = (state: TileState) => (state.condition === 'live' ? words.level[state.level] : words.condition[state.condition]);
export const signOf = (state: TileState) => (state.condition === 'live' ? (state.level === 'none' ? 'live' : state.level) : state.condition);

export const stateInWords = (state: TileState) =>
  words.tileState(words.condition[state.condition], state.condition === 'live' && state.level !== 'none' ? words.level[state.level] : null, words.alarmInWords[state.alarm]);

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

/** Nothing current is drawn in such a tile. */
const DIM = new Set(['no-data', 'ended', 'standby', 'lost']);

export class Tile {
  readonly cell = element('li', { class: 'cell' });
  /** Lies over the whole tile: it is what has the focus, is clicked, and is named with the state in words. */
  readonly link: HTMLAnchorElement;
  private readonly box: HTMLElement;
  state: TileState | null = null;
  private readonly label = new FittedWord('tile-label', 'fitted-label');
  private readonly id = element('span', { class: 'tile-id' });
  private readonly synthetic = element('span', { class: 'badge synthetic', title: words.syntheticHelp }, words.synthetic);
  private readonly age = element('span', { class: 'tile-age' });
  private readonly sign = sign();
  private readonly word = new FittedWord('state-word');
  private readonly score = element('span', { class: 'score-value' });
  private readonly heart = new HeartPlate();
  private readonly note = element('span', { class: 'tile-note' });
  private readonly scoreName = element('span', { class: 'score-name' }, words.score);
  private readonly tracePlace = element('span', { class: 'trace-place' });
  private readonly scorePlace = element('span', { class: 'score-place' });
  private readonly bar = element('span', { class: 'unit-bar', hidden: '' }, element('span', { class: 'unit-bar-line' }), element('span', { class: 'unit-bar-text' }));
  private readonly edge = element('span', { class: 'edge' });
  private readonly flash = new Flash(this.edge);
  private readonly band: Band;
  private readonly steady = new SteadyHigh();
  private announced = '';

  constructor(public patient: Patient) {
    this.link = element('a', { class: 'tile-link', href: `#/patient/${encodeURIComponent(patient.id)}` });
    this.box = element(
      'div',
      { class: 'tile', 'data-patient': patient.id },
      element('span', { class: 'tile-band tile-head' }, this.label.box, this.heart.box),
      element('span', { class: 'tile-band' }, element('span', { class: 'state' }, this.sign, this.word.box, this.score), element('span', { class: 'tile-facts' }, this.id, this.synthetic, this.age)),
      this.note,
      element('span', { class: 'trace-box' }, this.bar, this.tracePlace),
      element('span', { class: 'score-box' }, this.scoreName, this.scorePlace),
      this.link,
      this.edge,
    );
    this.band = new Band(this.box);
    this.cell.append(this.box);
  }

  /** Where its pictures go. */
  get frame(): PictureFrame {
    return { id: this.patient.id, trace: this.tracePlace, score: this.scorePlace, dim: DIM.has(this.box.dataset['condition'] ?? '') };
  }

  /** Words and states; several times a second. `drawn` is what of the patient is on the canvas. Returns what to announce when the state changed. */
  update(nowUs: number, lost: boolean, drawn: Drawn | undefined): string | null {
    const { patient } = this;
    const state = this.steady.shown(tileState({ ...patient.state, shownUs: drawn?.newestUs ?? 0 }, nowUs), nowUs);
    this.state = state;
    this.label.set(patient.label);
    setText(this.id, patient.label === patient.id ? '' : patient.id);
    this.synthetic.hidden = !patient.synthetic;
    setData(this.box, 'condition', lost ? 'lost' : state.condition);
    this.band.set(lost ? 'none' : state.level);
    setData(this.box, 'stoppedHigh', String(state.stoppedHigh));
    this.alarm(lost ? 'none' : state.alarm);
    setSign(this.sign, lost ? 'lost' : signOf(state));
    this.word.set(lost ? words.lost : wordOf(state));
    setText(this.score, lost || state.score === null ? '' : scoreText(state.score));
    setText(this.note, lost ? words.lostNote : state.note);
    const { model } = patient.state;
    setText(this.scoreName, model && !model.validated ? words.scoreNotValidated : words.score);
    this.scoreName.title = model ? describe(model) : '';
    setText(this.age, state.ageMs === null ? '' : `${state.condition === 'live' && !lost ? `${words.condition.live} ` : ''}${ago(state.ageMs)}`);
    this.heart.update(patient, nowUs);
    this.unitBar(drawn);
    return this.changed(stateInWords(state));
  }

  private alarm(urgency: string): void {
    setData(this.box, 'alarm', urgency);
    this.flash.set(urgency);
  }

  private unitBar(drawn: Drawn | undefined): void {
    const bar = drawn?.bar ?? null;
    this.bar.hidden = bar === null;
    if (!bar) return;
    const height = `${Math.round(bar.px)}px`;
    const line = this.bar.firstElementChild as HTMLElement;
    if (line.style.height !== height) line.style.height = height;
    setText(this.bar.lastElementChild as HTMLElement, bar.text);
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

  release(): void {
    this.flash.release();
    this.band.release();
    this.label.release();
    this.word.release();
    this.cell.remove();
  }
}
