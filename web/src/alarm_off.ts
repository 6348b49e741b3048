// Alarm off: what is off of one patient or of Vigil, with the way back; the form that switches a condition off for a while; and what
// was changed lately. AlarmPanel has one.
import { element, setText } from './element';
import { Alarm_Condition } from './generated/vigil/v1/alarm_pb';
import type { OffList, ShownChange, ShownOff } from './offs';
import { postActs } from './station_acts';
import { words } from './words';

const say = words.alarmOff;
let made = 0;

/** As the routes and docs/alarms.md call them. */
const NAMES: Partial<Record<number, string>> = {
  [Alarm_Condition.SEIZURE]: 'seizure',
  [Alarm_Condition.PROLONGED_SEIZURE]: 'prolonged seizure',
  [Alarm_Condition.SEIZURE_POSSIBLE]: 'seizure possible',
  [Alarm_Condition.TACHYCARDIA]: 'tachycardia',
  [Alarm_Condition.BRADYCARDIA]: 'bradycardia',
  [Alarm_Condition.PAUSE]: 'pause',
  [Alarm_Condition.DATA_MISSING]: 'no data',
  [Alarm_Condition.LINK_LOST]: 'link lost',
  [Alarm_Condition.ELECTRODE_OFF]: 'electrode off',
  [Alarm_Condition.FLAT_OR_SATURATED]: 'flat or saturated channel',
  [Alarm_Condition.FROZEN_VALUE]: 'frozen value',
  [Alarm_Condition.CLOCK_SKEW]: 'clock skew',
  [Alarm_Condition.DETECTOR_BEHIND]: 'detector behind',
  [Alarm_Condition.STORAGE_FAILING]: 'storage failing',
  [Alarm_Condition.EVENT_BUTTON]: 'event button',
};

export class AlarmOff {
  readonly box = element('div', { class: 'alarm-off' });
  private readonly offs = element('ul', { class: 'alarm-list off-list', 'aria-label': say.list });
  private readonly changes = element('ul', { class: 'change-list', 'aria-label': say.changes });
  private readonly answer = element('p', { class: 'alarm-answer', role: 'status' });
  private readonly rows = new Map<number, OffRow>();
  private readonly form = new OffForm((body, what) => this.act(body, what));
  private told = '';

  /** `of` names what is no patient's. */
  constructor(
    private readonly patient: string,
    private readonly of: string,
  ) {
    this.box.append(this.offs, this.form.box, this.answer, this.changes);
  }

  /** True while there is something to show. */
  update(list: OffList, nowUs: number): boolean {
    const { offs } = list;
    for (const [condition, row] of this.rows) {
      if (offs.some((off) => off.condition === condition)) continue;
      row.box.remove();
      this.rows.delete(condition);
    }
    for (const off of offs) {
      let row = this.rows.get(off.condition);
      if (!row) {
        row = new OffRow(() => void this.back(off.condition));
        this.rows.set(off.condition, row);
        this.offs.append(row.box);
      }
      row.update(off);
    }
    const changes = list.changes(nowUs);
    this.tell(changes);
    this.offs.hidden = offs.length === 0;
    this.changes.hidden = changes.length === 0;
    return offs.length > 0 || changes.length > 0 || !this.form.box.hidden || this.answer.textContent !== '';
  }

  /** A button that opens the form; `condition` is what its row is about then. */
  opener(condition: () => Alarm_Condition): HTMLButtonElement {
    const button = element('button', { type: 'button', class: 'button' }, say.open);
    button.addEventListener('click', () => {
      setText(this.answer, '');
      this.form.open(condition(), button);
    });
    return button;
  }

  private tell(changes: readonly ShownChange[]): void {
    const lines = changes.map((change) => say.change(change)).filter(Boolean);
    const told = lines.join('\n');
    if (told === this.told) return;
    this.told = told;
    this.changes.replaceChildren(...lines.map((line) => element('li', {}, line)));
  }

  private async back(condition: number): Promise<void> {
    setText(this.answer, '');
    setText(this.answer, await this.act({ kind: 'alarm_back', condition: NAMES[condition] }, say.backOf(condition)));
  }

  private act(body: Record<string, unknown>, what: string): Promise<string> {
    return postActs([this.patient], body, [what, this.of].filter(Boolean).join(': '));
  }
}

class OffRow {
  readonly box = element('li', { class: 'off-alarm' });
  private readonly text = element('span', { class: 'alarm-text' });
  private readonly button = element('button', { type: 'button', class: 'button' }, say.back);

  constructor(back: () => void) {
    this.box.append(this.text, this.button);
    this.button.addEventListener('click', back);
  }

  update(off: ShownOff): void {
    setText(this.text, say.line(off));
    this.button.title = say.backOf(off.condition);
  }
}

/** Why and for how long. It stays open while its alarm comes and goes. */
class OffForm {
  readonly box: HTMLFormElement;
  private readonly title = element('h3');
  private readonly reason: HTMLInputElement;
  private readonly span: HTMLSelectElement;
  private readonly fault: HTMLElement;
  private condition = Alarm_Condition.CONDITION_UNSPECIFIED;
  private opener: HTMLElement | null = null;

  /** `act` tells the server; what went wrong in words, or empty. */
  constructor(private readonly act: (body: Record<string, unknown>, what: string) => Promise<string>) {
    const id = `off-${++made}`;
    this.reason = element('input', { id: `${id}-reason`, maxlength: '500', autocomplete: 'off', required: '', 'aria-describedby': `${id}-fault` });
    this.span = element('select', { id: `${id}-span` }, ...say.spans.map(([seconds, text]) => element('option', { value: String(seconds) }, text)));
    this.fault = element('span', { class: 'fault', id: `${id}-fault`, role: 'alert' });
    const cancel = element('button', { type: 'button', class: 'button' }, words.station.cancel);
    this.box = element(
      'form',
      { class: 'off-form', novalidate: '', hidden: '' },
      this.title,
      element('p', { class: 'off-row' }, element('label', { for: this.reason.id }, say.reason), this.reason, this.fault),
      element('p', { class: 'off-row' }, element('label', { for: this.span.id }, say.span), this.span),
      element('p', { class: 'off-row' }, element('button', { type: 'submit', class: 'button primary' }, say.open), cancel),
    );
    cancel.addEventListener('click', () => this.close());
    this.box.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
    this.reason.addEventListener('input', () => this.say(''));
    this.box.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.submit();
    });
  }

  open(condition: Alarm_Condition, opener: HTMLElement): void {
    this.condition = condition;
    this.opener = opener;
    setText(this.title, say.title(condition));
    this.reason.value = '';
    this.span.value = String(say.spans[0][0]);
    this.say('');
    this.box.hidden = false;
    this.reason.focus();
  }

  private close(): void {
    this.box.hidden = true;
    if (this.opener?.isConnected) this.opener.focus();
  }

  private async submit(): Promise<void> {
    const reason = this.reason.value.trim();
    if (!reason) {
      this.say(say.noReason);
      this.reason.focus();
      return;
    }
    const { condition } = this;
    const failed = await this.act({ kind: 'alarm_off', condition: NAMES[condition], reason, for_s: Number(this.span.value) }, say.title(condition));
    if (failed) this.say(failed);
    else this.close();
  }

  private say(fault: string): void {
    setText(this.fault, fault);
    this.reason.setAttribute('aria-invalid', String(fault !== ''));
  }
}
