// Alarms, each with what can be done about it: a patient's in the detail view, and Vigil's own over the tiles.
import { element, setData, setText } from './element';
import { AlarmOff } from './alarm_off';
import { isOfEvent, type ShownAlarm } from './alarms';
import { Alarm_Condition } from './generated/vigil/v1/alarm_pb';
import type { OffList } from './offs';
import { postActs } from './station_acts';
import { words } from './words';

export class AlarmPanel {
  readonly box = element('section', { class: 'alarms', 'aria-label': words.alarms });
  private readonly off = element('p', { class: 'alarms-off' }, words.alarmsOff);
  private readonly list = element('ul', { class: 'alarm-list' });
  private readonly answer = element('p', { class: 'alarm-answer', role: 'status' });
  private readonly rows = new Map<string, Row>();
  private readonly alarmOff: AlarmOff;

  /** `of` names them where they are no patient's; `show` goes to the event behind an alarm. */
  constructor(
    private readonly patient: string,
    private readonly of = '',
    private readonly show: ((onsetUs: number) => void) | null = null,
  ) {
    if (of) this.box.setAttribute('aria-label', of);
    this.box.append(this.off, this.list, this.answer);
    this.alarmOff = new AlarmOff(patient, of);
    this.box.append(this.alarmOff.box);
  }

  update(alarms: readonly ShownAlarm[], alarmsOn: boolean, nowUs: number, offs: OffList): void {
    this.off.hidden = alarmsOn;
    const isMore = this.alarmOff.update(offs, nowUs);
    this.box.hidden = alarmsOn && alarms.length === 0 && this.answer.textContent === '' && !isMore;
    for (const [id, row] of this.rows) {
      if (alarms.some((alarm) => alarm.id === id)) continue;
      row.box.remove();
      this.rows.delete(id);
    }
    alarms.forEach((alarm, place) => {
      let row = this.rows.get(alarm.id);
      if (!row) {
        row = new Row((shown) => void this.acknowledge(shown), this.show);
        this.rows.set(alarm.id, row);
        const shown = row;
        if (alarm.condition !== Alarm_Condition.MANUAL_ALARM) shown.box.append(this.alarmOff.opener(() => shown.condition));
      }
      // A row keeps its place while it is pointed at: what is clicked is what was read.
      if (this.list.children[place] !== row.box && !this.list.matches(':hover, :focus-within')) this.list.insertBefore(row.box, this.list.children[place] ?? null);
      else if (!row.box.isConnected) this.list.append(row.box);
      row.update(alarm, nowUs);
    });
  }

  private async acknowledge(alarm: ShownAlarm): Promise<void> {
    setText(this.answer, '');
    setText(this.answer, await postActs([this.patient], { kind: 'acknowledge', alarm: alarm.id, revision: alarm.revision }, [words.acknowledge, this.of].filter(Boolean).join(': ')));
  }
}

class Row {
  readonly box = element('li', { class: 'alarm' });
  private readonly text = element('span', { class: 'alarm-text' });
  private readonly why = element('span', { class: 'alarm-why' });
  private readonly toEvent = element('button', { type: 'button', class: 'button', title: words.alarmShowHelp, hidden: '' }, words.alarmShow);
  private readonly button = element('button', { type: 'button', class: 'button' }, words.acknowledge);
  private shown: ShownAlarm | null = null;

  constructor(
    acknowledge: (alarm: ShownAlarm) => void,
    private readonly show: ((onsetUs: number) => void) | null,
  ) {
    this.box.append(element('span', { class: 'alarm-words' }, this.text, this.why), this.toEvent, this.button);
    this.toEvent.addEventListener('click', () => this.shown && this.show?.(this.shown.onsetUs));
    this.button.addEventListener('click', () => this.shown && acknowledge(this.shown));
  }

  get condition(): Alarm_Condition {
    return this.shown?.condition ?? Alarm_Condition.CONDITION_UNSPECIFIED;
  }

  update(alarm: ShownAlarm, nowUs: number): void {
    this.shown = alarm;
    setData(this.box, 'urgency', alarm.acknowledged ? 'acknowledged' : alarm.urgency);
    const reminder = alarm.remindedUs === undefined ? '' : `, ${words.reminder.ago((nowUs - alarm.remindedUs) / 1000)}`;
    setText(this.text, words.alarm(alarm, (nowUs - alarm.raisedUs) / 1000) + reminder);
    setText(this.why, words.alarmWhy(alarm));
    this.toEvent.hidden = !this.show || !isOfEvent(alarm) || alarm.onsetUs === 0;
    this.button.hidden = alarm.acknowledged;
  }
}
