// The form of a remark: a seizure by its type and awareness, a text, and how long it lasted. RemarkPanel has one.
import { element, setText } from '../element';
import { words } from '../words';

const say = words.work;
/** The server takes a day at most. */
const LONGEST_S = 86_400;

export interface Remark {
  kind: 'annotation';
  from_us: number;
  until_us?: number;
  type?: string;
  awareness?: string;
  text: string;
  [member: string]: string | number | undefined;
}

/** Awareness is said of focal seizures alone. */
export const isFocal = (type: string) => type.startsWith('focal');

/** Where a stretch lies: from the moment that is looked at on; live it ends now. Pure. */
export function stretchOf(atUs: number | null, nowUs: number, lastedS: number): { from_us: number; until_us?: number } {
  const from = Math.round(atUs ?? nowUs - lastedS * 1e6);
  return lastedS > 0 ? { from_us: from, until_us: from + Math.round(lastedS * 1e6) } : { from_us: from };
}

export class RemarkForm {
  readonly box: HTMLFormElement;
  private readonly type = element('select', { id: 'mark-type' }, element('option', { value: '' }, say.noSeizureType), ...options(words.seizureType));
  private readonly awareness = element('select', { id: 'mark-awareness' }, element('option', { value: '' }, say.awarenessUnknown), ...options(words.awareness));
  private readonly ofFocal = element('span', { class: 'work-pair', hidden: '' }, element('label', { for: 'mark-awareness' }, say.awareness), this.awareness);
  private readonly lasted = element('input', { id: 'mark-lasted', type: 'number', min: '0', max: String(LONGEST_S), step: '1', inputmode: 'numeric', placeholder: say.moment });
  private readonly text = element('input', { id: 'mark-text', maxlength: '500', autocomplete: 'off' });
  private readonly note = element('button', { type: 'submit', class: 'button' });

  /** `atUs` is the server's time of what is being looked at; null is now. `tell` is true where it was noted. */
  constructor(
    private readonly nowUs: () => number,
    private readonly atUs: () => number | null,
    private readonly tell: (remark: Remark, what: string) => Promise<boolean>,
    private readonly fault: (why: string) => void,
  ) {
    this.box = element(
      'form',
      { class: 'work-mark', novalidate: '' },
      element('label', { for: 'mark-type' }, say.type),
      this.type,
      this.ofFocal,
      element('span', { class: 'work-pair' }, element('label', { for: 'mark-lasted' }, say.lasted), this.lasted),
      element('label', { for: 'mark-text' }, say.text),
      this.text,
      this.note,
    );
    this.type.addEventListener('change', () => this.chosen());
    this.lasted.addEventListener('input', () => this.update());
    this.box.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  /** The words; several times a second. */
  update(): void {
    setText(this.note, say.note(this.atUs(), this.lasted.validity.valid ? Number(this.lasted.value) : 0));
  }

  private chosen(): void {
    this.ofFocal.hidden = !isFocal(this.type.value);
    if (this.ofFocal.hidden) this.awareness.value = '';
  }

  private async send(): Promise<void> {
    const [type, awareness, text] = [this.type.value, this.awareness.value, this.text.value.trim()];
    if (!type && !text) {
      this.fault(say.nothing);
      this.text.focus();
      return;
    }
    if (!this.lasted.validity.valid) {
      this.fault(say.lastedWrong);
      this.lasted.focus();
      return;
    }
    const remark: Remark = { kind: 'annotation', ...stretchOf(this.atUs(), this.nowUs(), Number(this.lasted.value)), text, ...(type ? { type } : {}), ...(awareness ? { awareness } : {}) };
    if (!(await this.tell(remark, this.note.textContent ?? ''))) return;
    this.text.value = this.type.value = this.lasted.value = '';
    this.chosen();
  }
}

function options(names: Record<string, string>): HTMLElement[] {
  return Object.entries(names).map(([value, text]) => element('option', { value }, text));
}
