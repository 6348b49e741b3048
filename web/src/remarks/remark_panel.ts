// What staff can say of a patient: a mark at a time, whether events were seizures, all clear, a call for help. Beside it what was said.
import { element, setText } from '../element';
import { postMark } from '../station_acts';
import { alarmLine, eventLine, figureLine, markLine, pastLine } from '../handover/lines';
import { remember, remembered } from '../theme';
import { videoLinks, videoOf, type VideoLink } from '../video/video_link';
import { words } from '../words';
import { RemarkForm } from './remark_form';
import { counting, record, verdicts, type EventRecord, type MarkRecord, type Verdict } from './server';

const say = words.work;
const DAY_MS = 86_400_000;
/** What was said just now may have a time a little after the page's. */
const CLOCKS_DIFFER_MS = 60_000;
const AGAIN_MS = 400;
const TRIES = 20;
const OPEN = 'vigil-work-open';
const VERDICTS: readonly Verdict[] = ['seizure', 'no_seizure', 'unsure'];

export class RemarkPanel {
  readonly box = element('section', { class: 'work', 'aria-label': say.title });
  private readonly answer = element('p', { class: 'form-answer', role: 'status' });
  private readonly lists = element('div', { class: 'work-lists' });
  private readonly form: RemarkForm;
  private readonly body = element('div', { class: 'work-body', id: 'work-body' });
  private readonly opener = element('button', { type: 'button', class: 'button', 'aria-controls': 'work-body' }, say.title);
  private asked = 0;

  /** `atUs` is the server's time of what is being looked at; null is now. */
  constructor(
    private readonly patient: string,
    private readonly nowUs: () => number,
    atUs: () => number | null,
  ) {
    this.form = new RemarkForm(nowUs, atUs, (remark, what) => this.tell(remark, what, say.annotated), (why) => this.say(why, true));
    this.body.append(this.form.box, this.lists);
    this.box.append(this.acts(), this.answer, this.body);
    this.opener.addEventListener('click', () => this.open(this.body.hidden));
    this.open(remembered(OPEN) === 'yes');
  }

  /** The words; several times a second. */
  update(): void {
    this.form.update();
  }

  /** Closed it leaves its room to the EEG; it is as it was left when the next patient is opened. */
  private open(open: boolean): void {
    this.body.hidden = !open;
    this.opener.setAttribute('aria-expanded', String(open));
    remember(OPEN, open ? 'yes' : 'no');
    if (open) void this.refresh();
  }

  private acts(): HTMLElement {
    const clear = element('button', { type: 'button', class: 'button' }, say.allClear);
    clear.addEventListener('click', () => void this.tell({ kind: 'all_clear' }, say.allClear, say.saidClear));
    const call = element('button', { type: 'button', class: 'button call' }, say.call);
    let sure = false;
    const calm = () => {
      sure = false;
      setText(call, say.call);
    };
    call.addEventListener('blur', calm);
    call.addEventListener('click', () => {
      if (!sure) {
        sure = true;
        setText(call, say.callSure);
        return;
      }
      calm();
      void this.tell({ kind: 'manual_alarm', confirm: true }, say.call, say.called);
    });
    return element('div', { class: 'work-acts' }, this.opener, clear, call);
  }

  private say(text: string, fault: boolean): void {
    setText(this.answer, text);
    this.answer.dataset['fault'] = String(fault);
  }

  private async tell(mark: Record<string, string | number | boolean | undefined>, what: string, done: string): Promise<boolean> {
    const answer = await postMark(this.patient, mark, what);
    if (!answer) return false;
    this.say(answer.detail || done, answer.detail !== '');
    if (answer.detail) return false;
    if (!this.body.hidden) await this.refresh(answer.id);
    return true;
  }

  /** The last day's, anew; an answer that is not the newest is let go. What was just said is in the store a moment later: it is
   * asked for until it is there. */
  async refresh(told?: string, tries = TRIES): Promise<void> {
    const turn = ++this.asked;
    const until = new Date(this.nowUs() / 1000 + CLOCKS_DIFFER_MS);
    const stretch = { from: new Date(until.getTime() - DAY_MS), until };
    try {
      const [events, marks, past, alarms, figures, video] = await Promise.all([
        record.events(this.patient, stretch),
        record.marks(this.patient, stretch),
        record.pastEvents(this.patient, stretch),
        record.alarms(this.patient, stretch),
        record.figures(this.patient, stretch),
        videoOf(this.patient),
      ]);
      if (turn !== this.asked) return;
      if (told && tries > 1 && !marks.some(({ id }) => id === told)) {
        await new Promise((again) => setTimeout(again, AGAIN_MS));
        if (turn === this.asked) await this.refresh(told, tries - 1);
        return;
      }
      const known = verdicts(marks);
      const spoken = counting(marks).filter((mark) => mark.kind !== 'verdict');
      const seen = events.filter(({ state }) => state !== 'withdrawn' && state !== 'merged');
      this.lists.replaceChildren(
        ...this.list(words.handover.events(seen.length), seen.map((event) => this.eventRow(event, known.get(event.id), video))),
        ...this.list(words.handover.marks(spoken.length), spoken.map((mark) => this.markRow(mark))),
        ...this.list(words.handover.past(past.length), past.map((one) => element('li', {}, pastLine(one)))),
        ...this.list(words.handover.alarms(alarms.length), alarms.map((alarm) => element('li', {}, alarmLine(alarm)))),
        element('p', { class: 'help' }, figureLine(figures)),
      );
    } catch (error) {
      if (turn === this.asked) this.say(error instanceof Error ? error.message : String(error), true);
    }
  }

  private list(title: string, rows: HTMLElement[]): HTMLElement[] {
    return rows.length === 0 ? [] : [element('h4', {}, title), element('ul', {}, ...rows)];
  }

  private eventRow(event: EventRecord, verdict: Verdict | undefined, video: VideoLink | null): HTMLElement {
    const buttons = VERDICTS.map((one) => {
      const button = element('button', { type: 'button', class: 'button small', 'aria-pressed': String(verdict === one) }, say.verdict[one]);
      button.addEventListener('click', () => void this.tell({ kind: 'verdict', event: event.id, verdict: one }, say.verdict[one], say.judged));
      return button;
    });
    return element('li', { 'data-event': event.id }, element('span', {}, eventLine(event, verdict)), ...videoLinks(video, this.patient, Date.parse(event.onset) * 1000), element('span', { class: 'verdicts', role: 'group', 'aria-label': say.wasIt }, ...buttons));
  }

  private markRow(mark: MarkRecord): HTMLElement {
    const back = element('button', { type: 'button', class: 'button small' }, say.takeBack);
    back.addEventListener('click', () => void this.tell({ kind: 'withdrawn', withdraws: mark.id }, say.takeBack, say.takenBack));
    return element('li', {}, element('span', {}, markLine(mark)), back);
  }
}
