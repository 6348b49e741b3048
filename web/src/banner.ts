// What concerns the whole page: connection lost, a server that cannot store, a detector that is behind. And the live region
// that says changes of state to a screen reader.
import { element, setSign, setText, sign } from './element';
import { words } from './words';

export class Banner {
  readonly box = element('section', { class: 'banners', 'aria-label': words.warnings });
  private readonly lost = this.make('banner lost', 'lost');
  private readonly pictures = this.make('banner fault-line', 'no-data');
  private readonly journal = this.make('banner fault-line', 'no-data');
  private readonly behind = this.make('banner behind-line', 'behind');

  private make(className: string, signName: string) {
    const shape = sign();
    setSign(shape, signName);
    const title = element('strong');
    const detail = element('span');
    const box = element('div', { class: className, hidden: '' });
    box.append(shape, title, detail);
    this.box.append(box);
    return { box, title, detail };
  }

  update(lost: { sinceUs: number | null; ms: number } | null, journalFailing: boolean, detectorBehind: boolean, picturesStopped: boolean): void {
    this.lost.box.hidden = lost === null;
    if (lost) {
      setText(this.lost.title, words.lostTitle);
      setText(this.lost.detail, lost.sinceUs === null ? words.lostNever : words.lostDetail(timeOfDay(lost.sinceUs), lost.ms));
    }
    this.pictures.box.hidden = lost !== null || !picturesStopped;
    setText(this.pictures.title, words.picturesStopped);
    this.journal.box.hidden = lost !== null || !journalFailing;
    setText(this.journal.title, words.journalFailing);
    this.behind.box.hidden = lost !== null || !detectorBehind;
    setText(this.behind.title, words.detectorBehind);
  }
}

export const timeOfDay = (us: number) => new Date(us / 1000).toLocaleTimeString('en-GB');

/** More changes than this at once are counted instead of named. */
const NAMED = 3;

export class Announcer {
  readonly polite = element('div', { class: 'unseen', 'aria-live': 'polite', role: 'status' });
  readonly urgent = element('div', { class: 'unseen', 'aria-live': 'assertive', role: 'alert' });

  changes(texts: string[], nowHigh: number): void {
    if (texts.length === 0) return;
    this.polite.textContent = texts.length <= NAMED ? texts.join('. ') : words.announceMany(texts.length, nowHigh);
  }

  say(text: string): void {
    this.urgent.textContent = text;
  }
}

