// The list of keys and signs, and the switch for the single-letter keys (WCAG 2.1.4).
import { element, setSign, sign } from './element';
import { remember, remembered } from './theme';
import { words } from './words';

const KEY = 'vigil-single-keys';

export class KeysDialog {
  readonly box: HTMLDialogElement;
  private readonly switch_ = element('input', { type: 'checkbox', id: 'single-keys' });

  constructor() {
    this.switch_.checked = remembered(KEY) !== 'off';
    this.switch_.addEventListener('change', () => remember(KEY, this.switch_.checked ? 'on' : 'off'));
    const close = element('button', { type: 'button', class: 'button' }, words.close);
    close.addEventListener('click', () => this.box.close());
    const keys = element('dl', { class: 'key-list' });
    for (const [key, meaning] of words.keyTable) keys.append(element('div', {}, element('dt', {}, element('kbd', {}, key)), element('dd', {}, meaning)));
    const legend = element('dl', { class: 'key-list legend' });
    for (const [name, word, meaning] of words.legend) {
      const shape = sign();
      setSign(shape, name);
      const term = element('dt', { 'data-sign': name });
      term.append(shape, word);
      legend.append(element('div', {}, term, element('dd', {}, meaning)));
    }
    this.box = element(
      'dialog',
      { class: 'keys', 'aria-labelledby': 'keys-title' },
      element('h2', { id: 'keys-title' }, words.keysTitle),
      keys,
      element('label', { for: 'single-keys', class: 'switch' }, this.switch_, words.singleKeys),
      element('h2', {}, words.legendTitle),
      legend,
      close,
    );
  }

  get singleKeys(): boolean {
    return this.switch_.checked;
  }

  show(): void {
    if (!this.box.open) this.box.showModal();
  }
}
