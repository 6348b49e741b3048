// What is wrong with Vigil itself, such as a store that takes nothing: over the tiles of every page, acknowledged like a patient's.
import { AlarmPanel } from './alarm_panel';
import { element, setText } from './element';
import type { ShownAlarm } from './alarms';
import type { OffList } from './offs';
import { VIGIL } from './station_alarms';
import { words } from './words';

export class OwnAlarms {
  readonly box = element('div', { class: 'own-alarms', hidden: '' });
  /** For the footer: that nothing of Vigil's own would be raised. */
  readonly off = element('span', { class: 'own-alarms-off', hidden: '' }, words.ownAlarms.off);
  private readonly panel = new AlarmPanel(VIGIL, words.ownAlarms.title);
  private readonly announced = element('span', { class: 'unseen', role: 'alert' });
  private said = '';

  constructor() {
    this.box.append(element('strong', { class: 'own-alarms-title' }, words.ownAlarms.title), this.panel.box, this.announced);
  }

  update(alarms: readonly ShownAlarm[], on: boolean | null, nowUs: number, offs: OffList): void {
    this.box.hidden = alarms.length === 0 && offs.offs.length === 0 && offs.changes(nowUs).length === 0;
    this.off.hidden = on !== false;
    this.panel.update(alarms, true, nowUs, offs);
    // Said once for each that comes, not each second.
    const unheard = alarms.filter(({ acknowledged }) => !acknowledged).map(({ condition }) => words.alarmCondition[condition] ?? '');
    const text = unheard.length > 0 ? `${words.ownAlarms.title}: ${unheard.join(', ')}` : '';
    if (text === this.said) return;
    this.said = text;
    setText(this.announced, text);
  }
}
