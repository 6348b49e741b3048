// A person's calls: whether this browser is called, why it is not, and all browsers of theirs that are.
import { day, twice } from '../administration/form';
import { element, setText } from '../element';
import { words } from '../words';
import { has, hindrance, ownId, pushes, switchOn, takeOff, type Browser, type Hindrance, type Pushes } from './this_browser';

const say = words.calls;

export class CallsDialog {
  readonly box: HTMLDialogElement;
  private readonly switch_ = element('input', { type: 'checkbox', id: 'call-me', role: 'switch' });
  private readonly label = element('input', { id: 'call-label', maxlength: '40', autocomplete: 'off' });
  private readonly labelRow = element('p', { class: 'call-row' }, element('label', { for: 'call-label' }, say.label), this.label);
  private readonly state = element('p', { class: 'call-state', role: 'status' });
  private readonly list = element('ul', { class: 'call-browsers' });
  private readonly none = element('p', {}, say.none);
  private key = '';

  constructor(private readonly known: (pushes: Pushes) => void) {
    this.label.value = say.thisBrowser;
    this.switch_.addEventListener('change', () => void this.turn(this.switch_.checked));
    const close = element('button', { type: 'button', class: 'button' }, words.close);
    close.addEventListener('click', () => this.box.close());
    this.box = element(
      'dialog',
      { class: 'keys calls', 'aria-labelledby': 'calls-title' },
      element('h2', { id: 'calls-title' }, say.title),
      element('p', { class: 'help' }, say.help),
      this.labelRow,
      element('p', {}, element('label', { for: 'call-me', class: 'switch' }, this.switch_, say.callMe)),
      this.state,
      element('h3', {}, say.yours),
      this.none,
      this.list,
      close,
    );
  }

  async show(): Promise<void> {
    this.switch_.disabled = true;
    setText(this.state, '');
    if (!this.box.open) this.box.showModal();
    await this.run(pushes, '');
  }

  private async turn(on: boolean): Promise<void> {
    this.switch_.disabled = true;
    setText(this.state, on ? say.asking : '');
    if (on) await this.run(() => switchOn(this.key, this.label.value.trim() || say.thisBrowser), say.isOn);
    else await this.run(() => takeOff(ownId()), say.isOff);
  }

  /** Shows what is known behind it, and says what came of it. */
  private async run(act: () => Promise<Pushes>, done: string): Promise<void> {
    try {
      this.take(await act(), done);
    } catch (error) {
      const { name, message } = error as Error;
      const why = message in say.hindered ? say.hindered[message as Hindrance] : name === 'AbortError' ? say.noPushService : message;
      setText(this.state, why);
      this.switch_.checked = !this.switch_.checked && ownId() !== '';
      this.switch_.disabled = this.key === '';
    }
  }

  private take(known: Pushes, done: string): void {
    this.known(known);
    this.key = known.key;
    const isCalled = has(ownId())(known);
    const hindered = hindrance(known.set_up);
    this.switch_.checked = isCalled && !hindered;
    // One that is called can always be taken off.
    this.switch_.disabled = hindered !== null && !isCalled;
    this.labelRow.hidden = isCalled;
    setText(this.state, hindered ? say.hindered[hindered] : ownId() && !isCalled ? say.ended : done || (isCalled ? say.isOn : ''));
    this.none.hidden = known.browsers.length > 0;
    this.list.replaceChildren(...known.browsers.map((browser) => this.line(browser)));
  }

  private line(browser: Browser): HTMLElement {
    const name = browser.id === ownId() ? say.andThis(browser.label) : browser.label;
    const fault = (text: string) => setText(this.state, text);
    let after: Pushes | null = null;
    const off = twice(say.takeOff(browser.label), say.takeOffSure, async () => void (after = await takeOff(browser.id)), () => after && this.take(after, say.takenOff(browser.label)), fault);
    return element('li', {}, element('span', {}, say.browser(name, browser.push_service, day(browser.added))), off);
  }
}
