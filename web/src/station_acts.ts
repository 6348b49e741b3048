// Acts on alarms. At a station nobody is signed in who may act: each act asks for a person and a PIN.
import { at } from './ask';
import { element, setText } from './element';
import { words } from './words';

interface Person {
  user: string;
  pin: string;
}

/** Asks who acts; null when nobody says so. */
export class PinDialog {
  readonly box: HTMLDialogElement;
  private readonly people = element('select', { id: 'pin-person', required: '' });
  private readonly pin = element('input', { id: 'pin', type: 'password', inputmode: 'numeric', autocomplete: 'off', maxlength: '12', required: '' });
  private readonly what = element('p', { class: 'pin-what' });
  private readonly fault = element('p', { class: 'fault', role: 'alert' });
  private answer: ((person: Person | null) => void) | null = null;

  constructor() {
    const cancel = element('button', { type: 'button', class: 'button' }, words.station.cancel);
    const form = element(
      'form',
      { novalidate: '' },
      element('h2', { id: 'pin-title' }, words.station.pinTitle),
      this.what,
      element('label', { for: 'pin-person' }, words.station.person),
      this.people,
      element('label', { for: 'pin' }, words.station.pin),
      this.pin,
      this.fault,
      element('div', { class: 'pin-buttons' }, element('button', { type: 'submit', class: 'button primary' }, words.station.confirm), cancel),
    );
    this.box = element('dialog', { class: 'keys pin', 'aria-labelledby': 'pin-title' }, form);
    cancel.addEventListener('click', () => this.box.close());
    this.box.addEventListener('close', () => this.end(null));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.people.value || !this.pin.value) {
        setText(this.fault, words.station.pinEmpty);
        return;
      }
      this.end({ user: this.people.value, pin: this.pin.value });
      this.box.close();
    });
  }

  async ask(what: string, fault = ''): Promise<Person | null> {
    if (this.answer) return null;
    const before = this.people.value;
    const people = await this.load();
    this.people.replaceChildren(element('option', { value: '' }, words.station.choosePerson), ...people.map((user) => element('option', { value: user }, user)));
    this.people.value = people.includes(before) && fault !== '' ? before : '';
    this.pin.value = '';
    setText(this.what, what);
    setText(this.fault, fault || (people.length === 0 ? words.station.nobodyHasPin : ''));
    this.box.showModal();
    (this.people.value ? this.pin : this.people).focus();
    return new Promise((answer) => (this.answer = answer));
  }

  private end(person: Person | null): void {
    const { answer } = this;
    this.answer = null;
    this.pin.value = '';
    answer?.(person);
  }

  private async load(): Promise<string[]> {
    try {
      const answer = await fetch('/v1/station/people', { cache: 'no-store' });
      return answer.ok ? ((await answer.json()) as { people: string[] }).people : [];
    } catch {
      return [];
    }
  }
}

/** Set where this browser is a station. */
let asking: PinDialog | null = null;
export const askForPins = (dialog: PinDialog) => (asking = dialog);

/** Hears of each act that was sent, by its entry's id, and what it does in words. */
let heard: (id: string, what: string) => void = () => {};
export const hearOfActs = (hear: typeof heard) => (heard = hear);

export interface Answer {
  status: number;
  /** Why not, in the server's words; empty where it was done. */
  detail: string;
  /** Of the entry that it became. */
  id?: string;
}

async function post(path: string, body: Record<string, unknown>): Promise<Answer> {
  try {
    const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    if (response.ok) return { status: response.status, detail: '', ...((await response.json().catch(() => ({}))) as { id?: string }) };
    const problem = (await response.json().catch(() => ({}))) as { detail?: string };
    return { status: response.status, detail: problem.detail ?? String(response.status) };
  } catch {
    return { status: 0, detail: words.noConnection };
  }
}

/** Posts one body to each path, `what` being what it does: as who is signed in, or at a station as the person whose PIN is right, which
 * stands for all of them. Null where nobody said who they are. */
async function postAsPerson(paths: readonly string[], body: Record<string, unknown>, what: string): Promise<Answer[] | null> {
  if (!asking) return Promise.all(paths.map((path) => post(path, body)));
  const [first, ...others] = paths;
  if (first === undefined) return null;
  let fault = '';
  for (;;) {
    const person = await asking.ask(what, fault);
    if (!person) return null;
    const said = { ...body, person: person.user, pin: person.pin };
    const answer = await post(first, said);
    if (answer.status === 401 || answer.status === 429) fault = answer.detail;
    else return [answer, ...(await Promise.all(others.map((path) => post(path, said))))];
  }
}

/** Acts on alarms, one for each patient (empty: Vigil's own); what went wrong in words, or empty. */
export async function postActs(patients: readonly string[], body: Record<string, unknown>, what: string): Promise<string> {
  const answers = await postAsPerson(patients.map((patient) => (patient === '' ? at('v1', 'vigil', 'acts') : at('v1', 'patients', patient, 'acts'))), body, what);
  answers?.forEach(({ id }, at) => id && heard(id, [what, patients[at]].filter(Boolean).join(', ')));
  const failed = answers?.find(({ detail }) => detail !== '');
  if (!failed) return '';
  const acknowledges = body['kind'] === 'acknowledge';
  if (failed.status === 403) return acknowledges ? words.onlyClinicians : words.forbidden;
  return acknowledges ? words.notAcknowledged(failed.detail) : words.notDone(failed.detail);
}

/** Says something of a patient; null where nobody said who they are. */
export async function postMark(patient: string, mark: Record<string, unknown>, what: string): Promise<Answer | null> {
  const [answer] = (await postAsPerson([at('v1', 'patients', patient, 'mark')], mark, what)) ?? [];
  if (!answer) return null;
  return answer.status === 403 ? { ...answer, detail: words.forbidden } : answer;
}
