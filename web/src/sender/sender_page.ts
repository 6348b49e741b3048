// The sender's page: which patient, which recording, start and stop, and what the server said to each block.
import { chainUnsigned } from '../chain_unsigned';
import { element, setText } from '../element';
import { words } from '../words';
import { openOutbox, type Outbox } from './outbox';
import { BadRecording, openRecording, type Recording } from './recording';
import { Pace, Sending, type Answer, type Post } from './sending';
import { forgetSetUp, keepSetUp, keptSetUps, readLink, type SetUp } from './set_up';
import { builtIn } from './synthetic';

const say = words.sender;
/** Answers that stay on the screen. */
const SHOWN = 60;
const CSV_HERTZ = 256;

const post: Post = async (path, body, key, timeoutMs) => {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
      credentials: 'omit',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  }
};

const clock = { nowMs: () => Date.now(), wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };

export class SenderPage {
  private readonly patient = element('select', { id: 'sender-patient' });
  private readonly forget = element('button', { type: 'button', class: 'button' }, say.forget);
  private readonly source = element('select', { id: 'sender-source' }, element('option', { value: 'built-in' }, say.builtIn), element('option', { value: 'file' }, say.ownFile));
  private readonly file = element('input', { id: 'sender-file', type: 'file', accept: '.edf,.txt,.csv,.tsv' });
  private readonly hertz = element('input', { id: 'sender-hertz', type: 'number', min: '50', max: '4000', value: String(CSV_HERTZ) });
  private readonly repeat = element('input', { id: 'sender-repeat', type: 'checkbox' });
  private readonly fileRows: HTMLElement[];
  private readonly facts = element('p', { class: 'help', role: 'status' });
  private readonly fault = element('p', { class: 'fault', role: 'alert' });
  private readonly start = element('button', { type: 'submit', class: 'button primary' }, say.start);
  private readonly stop = element('button', { type: 'button', class: 'button primary', hidden: '' }, say.stop);
  private readonly pressed = element('button', { type: 'button', class: 'button sender-press' }, say.press);
  private readonly state = element('p', { class: 'sender-state', role: 'status' });
  private readonly waiting = element('p', { class: 'sender-waiting' });
  private readonly answers = element('ol', { class: 'sender-answers', 'aria-label': say.answers, tabindex: '0' });
  private readonly device = element('input', { id: 'sender-device', autocomplete: 'off', spellcheck: 'false', value: 'phone-1' });
  private readonly key = element('input', { id: 'sender-key', type: 'password', autocomplete: 'off' });
  private readonly name = element('input', { id: 'sender-name', autocomplete: 'off' });
  private outbox: Outbox | null = null;
  private sending: Sending | null = null;
  private awake: WakeLockSentinel | null = null;

  constructor(private readonly page: HTMLElement) {
    document.title = say.title;
    const row = (id: string, text: string, ...parts: HTMLElement[]) => element('p', { class: 'form-row' }, element('label', { for: id }, text), ...parts);
    this.fileRows = [row('sender-file', say.fileLabel, this.file), row('sender-hertz', say.hertz, this.hertz), element('p', { class: 'form-row' }, element('label', { for: 'sender-repeat', class: 'switch' }, this.repeat, say.repeat))];
    const form = element(
      'form',
      { class: 'sender-form', novalidate: '' },
      row('sender-patient', say.patient, element('span', { class: 'sender-pair' }, this.patient, this.forget)),
      element('p', { class: 'help' }, say.address(location.origin)),
      row('sender-source', say.source, this.source),
      ...this.fileRows,
      this.facts,
      this.fault,
      element('p', { class: 'sender-pair' }, this.start, this.stop),
      element('p', { class: 'sender-pair' }, this.pressed),
    );
    this.page.replaceChildren(
      element('header', { class: 'top' }, element('h1', { class: 'brand' }, say.title)),
      chainUnsigned(),
      element('main', { class: 'sender' }, form, this.setUpForm(), element('section', { 'aria-label': say.answers }, this.state, this.waiting, this.answers)),
      element('footer', { class: 'foot' }, element('span', {}, words.disclaimer)),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.begins();
    });
    this.stop.addEventListener('click', () => this.sending?.stop());
    this.listenToPresses();
    this.forget.addEventListener('click', () => this.offer(forgetSetUp(this.patient.value)));
    this.source.addEventListener('change', () => this.chosen());
    for (const act of ['online', 'focus'] as const) addEventListener(act, () => this.sending?.again());
    addEventListener('hashchange', () => this.takeLink());
    document.addEventListener('visibilitychange', () => void this.stayAwake());
    this.chosen();
  }

  /** Reads what this browser holds; what is left from before is sent at once. */
  async begin(): Promise<void> {
    this.offer(keptSetUps());
    this.takeLink();
    try {
      this.outbox = await openOutbox();
      await this.count();
      setInterval(() => void this.count(), 1000);
      if ((await this.outbox.count()) > 0) await this.resume();
    } catch {
      setText(this.fault, say.noStore);
      this.start.disabled = true;
    }
  }

  private setUpForm(): HTMLElement {
    const save = element('button', { type: 'submit', class: 'button' }, say.save);
    const field = (input: HTMLInputElement, text: string) => element('p', { class: 'form-row' }, element('label', { for: input.id }, text), input);
    const form = element('form', { novalidate: '' }, field(this.name, say.patientName), field(this.device, say.deviceId), field(this.key, say.keyLabel), save);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const added = readLink(new URLSearchParams({ patient: this.name.value.trim(), device: this.device.value.trim(), key: this.key.value.trim() }).toString());
      if (!added) {
        setText(this.fault, say.badSetUp);
        return;
      }
      this.key.value = '';
      setText(this.fault, '');
      this.offer(keepSetUp(added), added.patient);
    });
    return element('details', { class: 'sender-form' }, element('summary', {}, say.byHand), form);
  }

  /** The key leaves the address at once: it stays in no history and on no picture of the screen. */
  private takeLink(): void {
    const added = readLink(location.hash);
    if (!added) return;
    history.replaceState(null, '', location.pathname);
    this.offer(keepSetUp(added), added.patient);
    setText(this.facts, say.isSetUp(added.patient));
  }

  private offer(setUps: SetUp[], chosen = this.patient.value): void {
    this.patient.replaceChildren(...setUps.map(({ patient, device }) => element('option', { value: patient }, say.set(patient, device))));
    if (setUps.some(({ patient }) => patient === chosen)) this.patient.value = chosen;
    const none = setUps.length === 0;
    this.patient.disabled = none;
    this.forget.hidden = none;
    this.start.disabled = none;
    this.pressed.disabled = none;
    if (none) setText(this.facts, say.noSetUp);
  }

  private chosen(): void {
    for (const row of this.fileRows) row.hidden = this.source.value !== 'file';
  }

  private async recording(): Promise<Recording> {
    if (this.source.value === 'built-in') return builtIn();
    const file = this.file.files?.[0];
    if (!file) throw new BadRecording(say.chooseFile);
    return openRecording(file.name, await file.arrayBuffer(), Number(this.hertz.value));
  }

  private async begins(): Promise<void> {
    const setUp = keptSetUps().find(({ patient }) => patient === this.patient.value);
    if (!setUp || !this.outbox || this.sending) return;
    setText(this.fault, '');
    try {
      const recording = await this.recording();
      setText(this.facts, say.facts(recording.name, recording.channels.length, recording.rate[0] / recording.rate[1], recording.leftOut));
      await this.run(setUp, (sending) => sending.produce(new Pace(recording, setUp, Date.now(), this.repeat.checked)));
    } catch (error) {
      setText(this.fault, error instanceof BadRecording ? error.message : say.failed(String(error)));
    }
  }

  /** Blocks that an earlier visit left behind. */
  private async resume(): Promise<void> {
    for (const setUp of keptSetUps()) await this.run(setUp, () => Promise.resolve());
  }

  /** Twice, since a phone in a pocket is pressed by mistake. */
  private listenToPresses(): void {
    let sure = false;
    const calm = () => {
      sure = false;
      setText(this.pressed, say.press);
    };
    this.pressed.addEventListener('blur', calm);
    this.pressed.addEventListener('click', () => {
      if (sure) {
        calm();
        void this.press();
        return;
      }
      sure = true;
      setText(this.pressed, say.pressSure);
    });
  }

  private async press(): Promise<void> {
    const setUp = keptSetUps().find(({ patient }) => patient === this.patient.value);
    if (!setUp || !this.outbox) return;
    if (this.sending) await this.sending.press();
    else await this.run(setUp, (sending) => sending.press());
  }

  private async run(setUp: SetUp, produce: (sending: Sending) => Promise<void>): Promise<void> {
    const sending = new Sending(this.outbox!, setUp, post, clock, (answer) => this.show(answer));
    this.sending = sending;
    this.busy(setUp);
    let finished = false;
    try {
      await Promise.all([produce(sending).finally(() => void (finished = true)), sending.deliver(() => finished)]);
    } finally {
      this.sending = null;
      this.busy(null);
    }
  }

  private busy(setUp: SetUp | null): void {
    this.start.hidden = setUp !== null;
    this.stop.hidden = setUp === null;
    setText(this.state, setUp ? say.sendingTo(setUp.patient) : say.idle);
    void this.stayAwake();
  }

  /** A phone whose screen goes dark stops its timers. */
  private async stayAwake(): Promise<void> {
    try {
      if (!this.sending) await this.awake?.release();
      else if (!document.hidden) this.awake = await navigator.wakeLock.request('screen');
    } catch {
      // not every browser may: the blocks then come late
    }
  }

  private async count(): Promise<void> {
    setText(this.waiting, say.waiting(await this.outbox!.count(), navigator.onLine));
  }

  private show(answer: Answer): void {
    const line = element('li', { 'data-state': answer.state }, element('time', {}, new Date().toLocaleTimeString('en-GB')), ` ${say.answer(answer)}`);
    this.answers.prepend(line);
    while (this.answers.childElementCount > SHOWN) this.answers.lastElementChild!.remove();
  }
}
