// The patient's alarms in the detail view, each with what can be done about it.
import { element, setData, setText } from './element';
import type { ShownAlarm } from './alarms';
import { words } from './words';

export class AlarmPanel {
  readonly box = element('section', { class: 'alarms', 'aria-label': words.alarms });
  private readonly off = element('p', { class: 'alarms-off' }, words.alarmsOff);
  private readonly list = element('ul', { class: 'alarm-list' });
  private readonly answer = element('p', { class: 'alarm-answer', role: 'status' });
  private readonly rows = new Map<string, Row>();

  constructor(private readonly patient: string) {
    this.box.append(this.off, this.list, this.answer);
  }

  update(alarms: readonly ShownAlarm[], alarmsOn: boolean, nowUs: number): void {
    this.off.hidden = alarmsOn;
    this.box.hidden = alarmsOn && alarms.length === 0 && this.answer.textContent === '';
    for (const [id, row] of this.rows) {
      if (alarms.some((alarm) => alarm.id === id)) continue;
      row.box.remove();
      this.rows.delete(id);
    }
    alarms.forEach((alarm, place) => {
      let row = this.rows.get(alarm.id);
      if (!row) {
        row = new Row((shown) => void this.acknowledge(shown));
        this.rows.set(alarm.id, row);
      }
      // A row keeps its place while it is pointed at: what is clicked is what was read.
      if (this.list.children[place] !== row.box && !this.list.matches(':hover, :focus-within')) this.list.insertBefore(row.box, this.list.children[place] ?? null);
      else if (!row.box.isConnected) this.list.append(row.box);
      row.update(alarm, nowUs);
    });
  }

  private async acknowledge(alarm: ShownAlarm): Promise<void> {
    setText(this.answer, '');
    try {
      const response = await fetch(`/v1/patients/${encodeURIComponent(this.patient)}/acts`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ kind: 'acknowledge', alarm: alarm.id, revision: alarm.revision }),
      });
      if (response.ok) return;
      const problem = (await response.json().catch(() => ({}))) as { detail?: string };
      setText(this.answer, response.status === 403 ? words.onlyClinicians : words.notAcknowledged(problem.detail ?? String(response.status)));
    } catch {
      setText(this.answer, words.notAcknowledged(words.noConnection));
    }
  }
}

class Row {
  readonly box = element('li', { class: 'alarm' });
  private readonly text = element('span', { class: 'alarm-text' });
  private readonly button = element('button', { type: 'button', class: 'button' }, words.acknowledge);
  private shown: ShownAlarm | null = null;

  constructor(acknowledge: (alarm: ShownAlarm) => void) {
    this.box.append(this.text, this.button);
    this.button.addEventListener('click', () => this.shown && acknowledge(this.shown));
  }

  update(alarm: ShownAlarm, nowUs: number): void {
    this.shown = alarm;
    setData(this.box, 'urgency', alarm.acknowledged ? 'acknowledged' : alarm.urgency);
    setText(this.text, words.alarm(alarm, (nowUs - alarm.raisedUs) / 1000));
    this.button.hidden = alarm.acknowledged;
  }
}
