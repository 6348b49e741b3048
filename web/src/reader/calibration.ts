// Measures the screen once: a box that the reader makes as wide as a bank card.
import { element, setText } from '../element';
import { words } from '../words';
import { CARD_MM, currentScale, keepScale, measured, thisScreen } from './sensitivity';

export class Calibration {
  readonly box: HTMLDialogElement;
  private readonly card = element('div', { class: 'calibration-card' });
  private readonly width = element('input', { type: 'range', min: '120', max: '900', step: '1', id: 'calibration-width' });
  private readonly fault = element('p', { class: 'fault', role: 'status' });

  constructor(private readonly onKept: () => void) {
    const { title, how, width, keep, cancel } = words.reader.calibration;
    const act = (text: string, then: () => void) => {
      const made = element('button', { type: 'button', class: 'button' }, text);
      made.addEventListener('click', then);
      return made;
    };
    this.width.addEventListener('input', () => this.show());
    this.box = element(
      'dialog',
      { class: 'keys calibration', 'aria-labelledby': 'calibration-title' },
      element('h2', { id: 'calibration-title' }, title),
      element('p', {}, how),
      element('div', { class: 'calibration-stage' }, this.card),
      element('label', { for: 'calibration-width' }, width),
      this.width,
      this.fault,
      act(keep, () => this.keep()),
      act(cancel, () => this.box.close()),
    );
    // The keys of the page do nothing to it while it is open.
    this.box.addEventListener('keydown', (event) => event.stopPropagation());
  }

  open(): void {
    setText(this.fault, '');
    this.width.value = String(Math.round(currentScale().pxPerMm * CARD_MM));
    this.show();
    this.box.showModal();
  }

  private show(): void {
    this.card.style.width = `${this.width.value}px`;
  }

  private keep(): void {
    const kept = measured(Number(this.width.value), thisScreen());
    if (kept === null) {
      setText(this.fault, words.reader.calibration.wrong);
      return;
    }
    keepScale(kept);
    this.box.close();
    this.onKept();
  }
}
