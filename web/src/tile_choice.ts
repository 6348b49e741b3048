// What the tiles' pictures show: the page's own choice by the number of patients, or the reader's, which this browser keeps.
import { element } from './element';
import { READ_FROM_AFAR } from './layout';
import type { Show } from './picture_messages';
import { remember, remembered } from './theme';
import { words } from './words';

const KEY = 'vigil-tiles';
const CHANNEL_KEY = 'vigil-tiles-channel';

type Choice = Show | 'auto';

export class TileChoice {
  readonly box = element('span', { class: 'tile-choice' });
  private readonly show = element('select', { 'aria-label': words.tilesShow });
  private readonly channels = element('select', { 'aria-label': words.tilesChannel });
  private labels: string[] = [];
  private channelChosen = remembered(CHANNEL_KEY) ?? '';

  constructor(onChange: () => void) {
    for (const [value, text] of Object.entries(words.tiles)) this.show.append(element('option', { value }, text));
    const kept = remembered(KEY);
    this.show.value = kept !== null && kept in words.tiles ? kept : 'auto';
    this.show.addEventListener('change', () => {
      remember(KEY, this.show.value);
      this.offer();
      onChange();
    });
    this.channels.addEventListener('change', () => {
      this.channelChosen = this.channels.value;
      remember(CHANNEL_KEY, this.channelChosen);
      onChange();
    });
    this.box.append(this.show, this.channels);
    this.offer();
  }

  /** What pictures show with so many patients on the screen. */
  shown(patients: number): Show {
    const choice = this.show.value as Choice;
    return choice === 'auto' ? (patients > READ_FROM_AFAR ? 'one' : 'few') : choice;
  }

  get channel(): string {
    return this.show.value === 'one' ? this.channelChosen : '';
  }

  /** How many channels of each patient the server is asked for; 0 is all. */
  wish(patients: number): number {
    return { few: 4, all: 0, one: this.show.value === 'one' ? 0 : 1, trend: 1 }[this.shown(patients)];
  }

  knowLabels(labels: string[]): void {
    this.labels = labels;
    this.offer();
  }

  private offer(): void {
    this.channels.hidden = this.show.value !== 'one';
    const known = new Set(this.labels);
    if (this.channelChosen) known.add(this.channelChosen);
    this.channels.replaceChildren(element('option', { value: '' }, words.firstChannel), ...[...known].sort().map((label) => element('option', { value: label }, label)));
    this.channels.value = this.channelChosen;
  }
}
