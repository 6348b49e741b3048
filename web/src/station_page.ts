// What every page has beside the patients: sound, the alarms that a station must show, who listens, the second way, and whether the
// whole chain lives. The ward page gives it frames and a place.
import { element, setData, setText } from './element';
import { edgeOf } from './alarms';
import { timeOfDay } from './banner';
import type { Connection } from './connection';
import type { LiveFrame, LiveSecondWay, LiveStation, LiveTest } from './generated/vigil/v1/live_pb';
import { ChainWatch, MonitoringBanner } from './monitoring';
import { OwnAlarms } from './own_alarms';
import { RefusalLines } from './refused_acts';
import { Sound } from './sound';
import { SoundBar } from './sound_bar';
import { moreUrgent } from './sound_schedule';
import { askForPins, hearOfActs, PinDialog, postActs } from './station_acts';
import { Alarms, type PatientAlarm } from './station_alarms';
import { Reports, type ShownNow } from './station_report';
import { AlarmStrip } from './station_strip';
import { words } from './words';
import type { Ward } from './ward';

/** The test patient's alarm is overdue after so many of its periods. */
const OVERDUE_PERIODS = 2.5;
type Line = { box: HTMLElement; title: HTMLElement; detail: HTMLElement };

export class StationPage {
  /** Over everything: banners and alarms. */
  readonly box = element('section', { class: 'station-lines', 'aria-label': words.station.region });
  readonly footer = element('span', { class: 'test-line' });
  readonly ownOff: HTMLElement;
  readonly pins = new PinDialog();
  readonly bar: SoundBar;
  /** For the header: which station this is. */
  readonly name = element('span', { class: 'badge large station-name', hidden: '' });
  isStation = false;
  private readonly alarms: Alarms;
  private readonly sound = new Sound(() => this.update());
  private readonly own = new OwnAlarms();
  private readonly strip = new AlarmStrip((shown) => void this.acknowledge(shown));
  private readonly chain = new ChainWatch(performance.now());
  private readonly monitoring = new MonitoringBanner();
  private readonly reports = new Reports();
  private readonly refusals = new RefusalLines();
  private readonly notWatched = line('not-watched-line');
  private readonly secondWay = line('fault-line');
  private readonly overdue = line('fault-line');
  private readonly reminder = line('reminder-line');
  private remindedUs = 0;
  private readonly answer = element('p', { class: 'strip-answer', role: 'status' });
  private stations: LiveStation[] = [];
  private way: LiveSecondWay | undefined;
  private test: LiveTest | undefined;

  constructor(
    ward: Pick<Ward, 'inOrder' | 'tests'>,
    private readonly nowUs: () => number,
    private readonly connection: () => Connection | null,
  ) {
    const everybody = { get inOrder() { return [...ward.inOrder, ...ward.tests]; } };
    this.alarms = new Alarms(everybody, nowUs);
    this.bar = new SoundBar(this.sound, this.alarms, (patients, body) => postActs(patients, body, body['kind'] === 'audio_pause' ? words.sound.pause : words.sound.resume));
    this.box.append(this.monitoring.box, this.refusals.box, this.bar.box, this.notWatched.box, this.secondWay.box, this.overdue.box, this.reminder.box, this.strip.box, this.own.box, this.answer);
    this.ownOff = this.own.off;
    hearOfActs((id, what) => this.refusals.acted(id, what));
    void this.askWho();
  }

  take(frame: LiveFrame): void {
    this.alarms.take(frame);
    this.refusals.take([...frame.notices, ...frame.patients.flatMap(({ notices }) => notices)]);
    this.chain.observe(Number(frame.chainUs), performance.now());
    if (frame.test) {
      this.stations = frame.stations;
      this.way = frame.secondWay;
      this.test = frame.test;
    }
    if (frame.test || frame.alarms.length > 0 || frame.patients.some(({ alarms }) => alarms.length > 0)) this.update();
  }

  update(): void {
    const nowMs = performance.now();
    const nowUs = this.nowUs();
    const all = this.alarms.unacknowledged(nowUs);
    const alone = this.monitoring.update(this.chain.stopped(nowMs), nowMs);
    const { urgency, ids } = this.alarms.mostUrgent(nowUs);
    this.sound.want(moreUrgent(urgency, alone ? 'medium' : null), ids);
    this.strip.update(all, nowUs);
    this.own.update(this.alarms.own, this.alarms.ownOn, nowUs, this.alarms.ownOffs);
    this.remind(nowUs);
    this.bar.update(nowUs);
    this.lines(nowUs);
    if (!this.isStation) return;
    const report = this.reports.next(this.sound.state, document.visibilityState === 'visible', this.shown(all), nowMs);
    if (report) this.connection()?.send(report);
  }

  /** A line, and one low pulse for each time that reminders come. */
  private remind(nowUs: number): void {
    const reminders = this.alarms.reminders(nowUs);
    say(this.reminder, reminders.length > 0 ? words.reminder.title : '', reminders.map(({ text }) => text).join('. '));
    const newestUs = Math.max(0, ...reminders.filter(({ paused }) => !paused).map(({ atUs }) => atUs));
    if (newestUs <= this.remindedUs) return;
    this.remindedUs = newestUs;
    this.sound.remind();
  }

  /** How urgent the most urgent of Vigil's own alarms is. */
  get ownEdge(): ReturnType<typeof edgeOf> {
    return edgeOf(this.alarms.own);
  }

  private shown(all: readonly PatientAlarm[]): ShownNow[] {
    return all.flatMap(({ patient, alarm, test, paused }) => {
      const revision = test ? alarm.revision : this.strip.painted(alarm.id);
      if (revision === 0 || (!test && alarm.urgency !== 'high')) return [];
      return [{ patient, alarm: alarm.id, revision, sounded: paused || this.sound.heard(test ? 'low' : 'high') }];
    });
  }

  private lines(nowUs: number): void {
    const without = this.alarms.notWatched;
    say(this.notWatched, without.length > 0 ? words.station.notWatched : '', words.station.notWatchedDetail(without, this.stations.length));
    const { way, test } = this;
    const failing = way !== undefined && way.failingSinceUs !== 0n;
    say(this.secondWay, failing ? words.station.secondWayFailing : '', failing ? words.station.secondWayDetail(timeOfDay(Number(way.failingSinceUs)), way.waiting, way.trouble) : '');
    const arrivedMs = test?.arrivedUs ? (nowUs - Number(test.arrivedUs)) / 1000 : null;
    const waitedMs = test?.on ? (nowUs - Math.max(Number(test.arrivedUs), Number(test.sinceUs))) / 1000 : 0;
    const isOverdue = test?.on === true && waitedMs > OVERDUE_PERIODS * test.everyS * 1000;
    say(this.overdue, isOverdue ? words.station.testOverdue : '', arrivedMs === null ? words.station.testNever : words.station.testArrived(arrivedMs));
    setText(this.footer, test?.on ? `${words.station.test}: ${arrivedMs === null ? words.station.testNever : words.station.testArrived(arrivedMs)}${test.trouble ? `; ${words.station.signalFailing(test.trouble)}` : ''}` : '');
    setData(document.documentElement, 'watched', without.length > 0 ? 'no' : 'yes');
  }

  private async acknowledge({ patient, alarm, label }: PatientAlarm): Promise<void> {
    setText(this.answer, '');
    const failed = await postActs([patient], { kind: 'acknowledge', alarm: alarm.id, revision: alarm.revision }, `${words.acknowledge}: ${label}, ${words.alarmCondition[alarm.condition] ?? ''}`);
    setText(this.answer, failed);
  }

  private async askWho(): Promise<void> {
    try {
      const answer = await fetch('/v1/me', { credentials: 'same-origin', cache: 'no-store' });
      const me = (await answer.json()) as { role?: string; label?: string };
      if (me.role !== 'station') return;
      this.isStation = true;
      askForPins(this.pins);
      this.name.hidden = false;
      setText(this.name, words.station.is(me.label ?? ''));
      setData(document.documentElement, 'station', 'yes');
    } catch {
      setTimeout(() => void this.askWho(), 5000);
    }
  }
}

function line(className: string): Line {
  const title = element('strong');
  const detail = element('span');
  const box = element('div', { class: `banner ${className}`, hidden: '' }, title, detail);
  return { box, title, detail };
}

function say({ box, title, detail }: Line, text: string, more: string): void {
  box.hidden = text === '';
  setText(title, text);
  setText(detail, more);
}
