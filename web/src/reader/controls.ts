// The reader's buttons and choices, and the line that says what they do to the traces.
import { element, setText } from '../element';
import { words } from '../words';
import { HIGH_CUTS_HZ, LOW_CUTS_HZ, NOTCHES_HZ, possible, type FilterChoice } from './filters';
import { montageOf, MONTAGES, type Montage, type MontageName } from './montage';
import type { Source } from './sample_store';
import { BAR_MM, DEFAULT_UV_PER_MM, STEPS_UV_PER_MM, type Scale } from './sensitivity';
import { DEFAULT_SECONDS, PAGE_SECONDS } from './viewport';

export interface Acts {
  move(by: number, unit: 'page' | 'second'): void;
  live(): void;
  event(direction: 1 | -1): void;
  measure(): void;
  calibrate(): void;
  /** A choice has changed: draw anew. */
  chosen(): void;
  seconds(seconds: number): void;
}

const OFF = 'off';

export class Controls {
  readonly box = element('div', { class: 'reader-controls', role: 'group', 'aria-label': words.reader.region });
  readonly said = element('p', { class: 'reader-said' });
  readonly measureButton: HTMLButtonElement;
  private readonly source = element('select');
  private readonly montage = element('select');
  private readonly lowCut = element('select');
  private readonly highCut = element('select');
  private readonly notch = element('select');
  private readonly size = element('select');
  private readonly negative = element('button', { type: 'button', class: 'button', 'aria-pressed': 'true' }, words.reader.negativeUp);
  private readonly sourceBox: HTMLElement;
  private known = '';
  /** By the reader; the page's own choice may change with the page. */
  private chosenSource: string | null = null;
  private scale = '';
  private shown = '';
  uvPerMm: number = DEFAULT_UV_PER_MM;

  constructor(acts: Acts) {
    const { move, moveHelp } = words.reader;
    const seconds = element('select');
    for (const choice of PAGE_SECONDS) option(seconds, String(choice), words.seconds(choice));
    seconds.value = String(DEFAULT_SECONDS);
    seconds.addEventListener('change', () => acts.seconds(Number(seconds.value)));
    for (const name of MONTAGES) option(this.montage, name, words.reader.montages[name]);
    for (const select of [this.source, this.montage, this.lowCut, this.highCut, this.notch]) select.addEventListener('change', () => acts.chosen());
    this.source.addEventListener('change', () => (this.chosenSource = this.source.value));
    this.size.addEventListener('change', () => {
      this.uvPerMm = Number(this.size.value);
      acts.chosen();
    });
    this.negative.addEventListener('click', () => {
      this.negative.setAttribute('aria-pressed', String(!this.negativeUp));
      acts.chosen();
    });
    this.measureButton = button(words.reader.measure, words.reader.measure, () => acts.measure());
    this.measureButton.setAttribute('aria-pressed', 'false');
    this.sourceBox = labelled(words.reader.source, this.source);
    this.box.append(
      group(
        button(move.pageBack, moveHelp.pageBack, () => acts.move(-1, 'page')),
        button(move.back, moveHelp.back, () => acts.move(-1, 'second')),
        button(move.on, moveHelp.on, () => acts.move(1, 'second')),
        button(move.pageOn, moveHelp.pageOn, () => acts.move(1, 'page')),
        button(move.live, moveHelp.live, () => acts.live()),
      ),
      group(button(words.reader.event.previous, words.reader.event.previousHelp, () => acts.event(-1)), button(words.reader.event.next, words.reader.event.nextHelp, () => acts.event(1))),
      this.sourceBox,
      labelled(words.reader.page, seconds),
      labelled(words.reader.montage, this.montage),
      labelled(words.reader.lowCut, this.lowCut),
      labelled(words.reader.highCut, this.highCut),
      labelled(words.reader.notch, this.notch),
      labelled(words.reader.sensitivity, this.size),
      this.negative,
      this.measureButton,
      button(words.reader.calibrate, words.reader.calibrate, () => acts.calibrate()),
    );
    this.offerFilters(Number.POSITIVE_INFINITY);
  }

  get negativeUp(): boolean {
    return this.negative.getAttribute('aria-pressed') === 'true';
  }

  get filters(): FilterChoice {
    const value = (select: HTMLSelectElement) => (select.value === OFF ? null : Number(select.value));
    return { lowCut: value(this.lowCut), highCut: value(this.highCut), notch: value(this.notch) };
  }

  /** The chosen montage of a source; where it cannot be made, the channels as they were recorded. */
  montageFor(source: Source): Montage & { derivations: NonNullable<Montage['derivations']> } {
    const made = montageOf(this.montage.value as MontageName, source.labels, source.bipolar);
    return (made.derivations ? made : montageOf('recorded', source.labels)) as Montage & { derivations: NonNullable<Montage['derivations']> };
  }

  /** The source to show: the chosen one, else the first of `sources`. Null without any. */
  sourceOf(sources: readonly Source[]): Source | null {
    const chosen = sources.find(({ name }) => name === this.chosenSource) ?? sources[0] ?? null;
    const known = sources.map(({ name }) => name).sort().join('\n\n');
    if (known !== this.known) {
      this.known = known;
      this.source.replaceChildren();
      for (const { name, device, labels, rate } of sources) option(this.source, name, `${device}, ${words.channels(labels.length)}, ${words.rate(rate)}`);
      this.sourceBox.hidden = sources.length < 2;
    }
    if (chosen && chosen.name !== this.shown) {
      this.shown = chosen.name;
      this.source.value = chosen.name;
      this.offerFilters(chosen.rate);
    }
    return chosen;
  }

  setSize(uvPerMm: number): void {
    this.uvPerMm = uvPerMm;
    this.size.value = String(uvPerMm);
  }

  /** The sizes in microvolts a millimetre where the screen was measured, else by the scale bar. */
  offerSizes({ calibrated }: Scale): void {
    const scale = String(calibrated);
    if (scale === this.scale) return;
    this.scale = scale;
    this.size.replaceChildren();
    for (const step of STEPS_UV_PER_MM) option(this.size, String(step), calibrated ? words.reader.perMm(step) : words.reader.perBar(step * BAR_MM));
    this.size.value = String(this.uvPerMm);
  }

  /** What was done to what is shown, and what could not be done. */
  say(source: Source): void {
    const name = this.montage.value as MontageName;
    const made = montageOf(name, source.labels, source.bipolar);
    const { lowCut, highCut, notch } = this.filters;
    const said = (hertz: number | null) => (hertz === null || !possible(hertz, source.rate) ? words.reader.off.toLowerCase() : words.reader.hertz(hertz));
    const parts = [
      made.refusal ? words.reader.refused(words.reader.montages[name], words.reader.refusal[made.refusal]) : '',
      made.derivations && made.missing.length > 0 ? words.reader.missingElectrodes(made.missing.join(', ')) : '',
      words.reader.filters(said(lowCut), said(highCut), said(notch)),
      lowCut === null ? words.reader.centred : '',
    ];
    setText(this.said, parts.filter(Boolean).join(' '));
  }

  /** What the rate does not carry can be seen and not be chosen. */
  private offerFilters(rate: number): void {
    const offer = (select: HTMLSelectElement, values: readonly number[], otherwise: string) => {
      const before = select.value || otherwise;
      select.replaceChildren();
      option(select, OFF, words.reader.off);
      for (const value of values) {
        const made = option(select, String(value), possible(value, rate) ? words.reader.hertz(value) : words.reader.aboveRate(value));
        made.disabled = !possible(value, rate);
      }
      select.value = before;
      if (select.selectedOptions[0]?.disabled) select.value = OFF;
    };
    offer(this.lowCut, LOW_CUTS_HZ, '0.5');
    offer(this.highCut, HIGH_CUTS_HZ, '70');
    offer(this.notch, NOTCHES_HZ, OFF);
  }
}

export function button(text: string, help: string, act: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', class: 'button', title: help }, text);
  made.addEventListener('click', act);
  return made;
}

const group = (...children: HTMLElement[]) => element('span', { class: 'reader-group' }, ...children);

const labelled = (text: string, control: HTMLElement) => element('label', { class: 'reader-choice' }, text, control);

function option(select: HTMLSelectElement, value: string, text: string): HTMLOptionElement {
  const made = element('option', { value }, text);
  select.append(made);
  return made;
}
