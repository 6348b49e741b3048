// What the administration's sections are made of: tables, and forms whose answer stands beside their button.
import { element, setText } from '../element';
import { words } from '../words';

/** A time of the server, to the minute. */
export const day = (time: string) => time.slice(0, 16).replace('T', ' ');

/** A table with a caption; a cell is a text or an element. */
export function table(caption: string, heads: readonly string[], rows: (string | Node)[][]): HTMLElement {
  if (rows.length === 0) return element('p', { class: 'none' }, words.administration.none);
  const head = element('tr', {}, ...heads.map((text) => element('th', { scope: 'col' }, text)));
  const body = rows.map(([first, ...rest]) => element('tr', {}, element('th', { scope: 'row' }, first ?? ''), ...rest.map((cell) => element('td', {}, cell))));
  return element('div', { class: 'table-box' }, element('table', {}, element('caption', {}, caption), element('thead', {}, head), element('tbody', {}, ...body)));
}

export interface Field {
  name: string;
  label: string;
  value?: string;
  type?: string;
  /** Which keys a phone shows. */
  keys?: 'numeric';
  /** The values that may be chosen, each with its words. */
  choices?: readonly (readonly [string, string])[];
  required?: boolean;
  help?: string;
}

let made = 0;

/** A form that tells the server, says what came of it, and lets `done` show it. */
export class Form {
  readonly box: HTMLFormElement;
  private readonly inputs = new Map<string, HTMLInputElement | HTMLSelectElement>();
  private readonly answer = element('p', { class: 'form-answer', role: 'status' });
  private readonly submit: HTMLButtonElement;

  constructor(title: string, fields: readonly Field[], action: string, tell: (values: Record<string, string>) => Promise<string | void>, done: () => void) {
    this.submit = element('button', { type: 'submit', class: 'button primary' }, action);
    this.box = element('form', { class: 'admin-form', novalidate: '' }, element('h3', {}, title), ...fields.map((field) => this.row(field)), element('div', { class: 'form-end' }, this.submit, this.answer));
    this.box.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.run(tell, done);
    });
  }

  private row(field: Field): HTMLElement {
    const id = `field-${++made}`;
    const attributes = { id, name: field.name, ...(field.required ? { required: '' } : {}), ...(field.help ? { 'aria-describedby': `${id}-help` } : {}) };
    const input = field.choices
      ? element('select', attributes, ...field.choices.map(([value, text]) => element('option', { value }, text)))
      : element('input', { ...attributes, type: field.type ?? 'text', autocomplete: field.type === 'password' ? 'new-password' : 'off', spellcheck: 'false', ...(field.keys ? { inputmode: field.keys } : {}) });
    if (field.value !== undefined) input.value = field.value;
    this.inputs.set(field.name, input);
    return element('p', { class: 'form-row' }, element('label', { for: id }, field.label), input, ...(field.help ? [element('span', { class: 'help', id: `${id}-help` }, field.help)] : []));
  }

  private async run(tell: (values: Record<string, string>) => Promise<string | void>, done: () => void): Promise<void> {
    const missing = [...this.inputs.values()].find((input) => input.required && !input.value.trim());
    if (missing) {
      this.say(words.administration.missing, true);
      missing.focus();
      return;
    }
    this.submit.disabled = true;
    try {
      const values = Object.fromEntries([...this.inputs].map(([name, input]) => [name, input.value.trim()]));
      this.say((await tell(values)) ?? words.administration.saved, false);
      done();
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error), true);
    } finally {
      this.submit.disabled = false;
    }
  }

  private say(text: string, fault: boolean): void {
    setText(this.answer, text);
    this.answer.dataset['fault'] = String(fault);
  }
}

/** A button that asks once more before it acts. */
export function twice(text: string, sure: string, act: () => Promise<void>, done: () => void, fault: (text: string) => void): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'button' }, text);
  let asked = false;
  const calm = () => {
    asked = false;
    setText(button, text);
  };
  button.addEventListener('blur', calm);
  button.addEventListener('click', () => {
    if (!asked) {
      asked = true;
      setText(button, sure);
      return;
    }
    button.disabled = true;
    act().then(done, (error: unknown) => {
      button.disabled = false;
      calm();
      fault(error instanceof Error ? error.message : String(error));
    });
  });
  return button;
}
