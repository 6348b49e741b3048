// The hand-over of a shift at /handover: what was with each patient, on a page that prints.
import '../style/handover.css';
import { ask } from '../ask';
import { chainOnly } from '../chain_only';
import { element, setText } from '../element';
import { videoLinks, videoOf, type VideoLink } from '../video/video_link';
import { words } from '../words';
import { alarmLine, eventLine, figureLine, markLine, pastLine } from './lines';
import { counting, record, verdicts, type AlarmRecord, type EventRecord, type Figures, type MarkRecord, type PastEvent, type Stretch } from '../remarks/server';

const say = words.handover;
const HOURS = [8, 12, 24];
const HOUR_MS = 3_600_000;

interface PatientRow {
  id: string;
  label: string;
  monitoring: string;
  test: boolean;
}

interface Shift {
  alarms: AlarmRecord[];
  past: PastEvent[];
  events: EventRecord[];
  marks: MarkRecord[];
  figures: Figures;
  video: VideoLink | null;
}

const moment = (time: Date) => time.toLocaleString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

const list = (title: string, lines: (string | (string | Node)[])[]) =>
  lines.length === 0 ? [] : [element('h3', {}, title), element('ul', {}, ...lines.map((line) => element('li', {}, ...[line].flat())))];

async function shiftOf(patient: string, stretch: Stretch): Promise<Shift> {
  const [alarms, past, events, marks, figures, video] = await Promise.all([
    record.alarms(patient, stretch),
    record.pastEvents(patient, stretch),
    record.events(patient, stretch),
    record.marks(patient, stretch),
    record.figures(patient, stretch),
    videoOf(patient),
  ]);
  return { alarms, past, events, marks, figures, video };
}

function section(patient: PatientRow, shift: Shift): HTMLElement {
  const known = verdicts(shift.marks);
  const spoken = counting(shift.marks).filter((mark) => mark.kind !== 'verdict');
  const seen = shift.events.filter((event) => event.state !== 'withdrawn' && event.state !== 'merged');
  const parts = [
    ...list(say.alarms(shift.alarms.length), shift.alarms.map(alarmLine)),
    ...list(say.events(seen.length), seen.map((event) => [eventLine(event, known.get(event.id)), ...videoLinks(shift.video, patient.id, Date.parse(event.onset) * 1000)])),
    ...list(say.past(shift.past.length), shift.past.map(pastLine)),
    ...list(say.marks(spoken.length), spoken.map(markLine)),
  ];
  return element(
    'section',
    { class: 'handover-patient' },
    element('h2', {}, patient.label === patient.id ? patient.id : `${patient.label} (${patient.id})`),
    element('p', { class: 'handover-facts' }, [say.monitoring(patient.monitoring), figureLine(shift.figures)].join('; ')),
    ...(parts.length > 0 ? parts : [element('p', {}, say.quiet)]),
    element('p', { class: 'handover-note' }, say.notes),
  );
}

export class HandoverPage {
  private readonly body = element('div', { class: 'handover-body' });
  private readonly title = element('p', { class: 'handover-facts' });
  private readonly fault = element('p', { class: 'fault', role: 'alert' });

  constructor(page: HTMLElement) {
    document.title = say.title;
    const hours = element('select', { id: 'shift' }, ...HOURS.map((count) => element('option', { value: String(count) }, say.lastHours(count))));
    hours.addEventListener('change', () => void this.show(Number(hours.value)));
    const print = element('button', { type: 'button', class: 'button primary' }, say.print);
    print.addEventListener('click', () => window.print());
    page.replaceChildren(
      element('header', { class: 'top' }, element('h1', { class: 'brand' }, say.title), element('label', { for: 'shift' }, say.shift), hours, print, element('span', { class: 'spring' }), element('a', { class: 'button', href: '/' }, words.back)),
      chainOnly(),
      element('main', { class: 'handover' }, this.title, this.fault, this.body),
      element('footer', { class: 'foot' }, element('span', {}, words.disclaimer)),
    );
    void this.show(HOURS[0]!);
  }

  private async show(hours: number): Promise<void> {
    const until = new Date();
    const stretch = { from: new Date(until.getTime() - hours * HOUR_MS), until };
    setText(this.fault, '');
    setText(this.title, say.stretch(moment(stretch.from), moment(until)));
    this.body.replaceChildren(element('p', {}, say.loading));
    try {
      const { patients } = await ask<{ patients: PatientRow[] }>('GET', '/v1/patients');
      const parts: HTMLElement[] = [];
      for (const patient of patients.filter(({ monitoring, test }) => monitoring !== 'off' && !test)) parts.push(section(patient, await shiftOf(patient.id, stretch)));
      this.body.replaceChildren(...(parts.length > 0 ? parts : [element('p', {}, words.emptyWard)]));
    } catch (error) {
      this.body.replaceChildren();
      setText(this.fault, error instanceof Error ? error.message : String(error));
    }
  }
}
