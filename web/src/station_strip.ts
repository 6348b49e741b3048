// High alarms that nobody has acknowledged, over everything else on every page. What stands here is what a station confirms: each row
// knows whether it has been painted where people can see it.
import { element, setData, setText } from './element';
import type { PatientAlarm } from './station_alarms';
import { words } from './words';

export class AlarmStrip {
  readonly box = element('ul', { class: 'alarm-strip', 'aria-label': words.station.strip, hidden: '' });
  private readonly rows = new Map<string, Row>();

  constructor(private readonly acknowledge: (shown: PatientAlarm) => void) {}

  update(alarms: readonly PatientAlarm[], nowUs: number): void {
    const high = alarms.filter(({ alarm, test }) => alarm.urgency === 'high' && !test);
    const wanted = new Set(high.map(({ alarm }) => alarm.id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.box.remove();
      this.rows.delete(id);
    }
    for (const shown of high) {
      let row = this.rows.get(shown.alarm.id);
      if (!row) {
        row = new Row(this.acknowledge);
        this.rows.set(shown.alarm.id, row);
        // New ones come below: none moves under the pointer.
        this.box.append(row.box);
      }
      row.update(shown, nowUs);
    }
    this.box.hidden = high.length === 0;
  }

  /** The revision that people can read now; 0: none. */
  painted(alarm: string): number {
    return this.rows.get(alarm)?.painted ?? 0;
  }
}

class Row {
  readonly box = element('li', { class: 'strip-alarm' });
  private readonly who = element('a', { class: 'strip-who' });
  private readonly text = element('span', { class: 'strip-text' });
  private readonly button = element('button', { type: 'button', class: 'button' }, words.acknowledge);
  private shown: PatientAlarm | null = null;
  private paintedRevision = 0;
  private askedRevision = 0;

  constructor(acknowledge: (shown: PatientAlarm) => void) {
    this.box.append(this.who, this.text, this.button);
    this.button.addEventListener('click', () => this.shown && acknowledge(this.shown));
  }

  update(shown: PatientAlarm, nowUs: number): void {
    this.shown = shown;
    setText(this.who, shown.label);
    this.who.href = `#/patient/${encodeURIComponent(shown.patient)}`;
    setText(this.text, [words.alarm(shown.alarm, (nowUs - shown.alarm.raisedUs) / 1000), words.alarmWhy(shown.alarm)].filter(Boolean).join('. '));
    setData(this.box, 'alarm', shown.alarm.id);
    const { revision } = shown.alarm;
    if (revision === this.askedRevision) return;
    this.askedRevision = revision;
    // A browser calls for a frame only where it paints, and for the second once the first was painted.
    requestAnimationFrame(() => requestAnimationFrame(() => (this.paintedRevision = Math.max(this.paintedRevision, revision))));
  }

  get painted(): number {
    if (!this.box.isConnected || document.visibilityState !== 'visible') return 0;
    const row = this.box.getBoundingClientRect();
    const strip = this.box.parentElement!.getBoundingClientRect();
    const isSeen = row.height > 0 && row.top >= Math.max(0, strip.top - 1) && row.bottom <= Math.min(innerHeight, strip.bottom + 1);
    return isSeen ? this.paintedRevision : 0;
  }
}
