import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Alarm_Change, Alarm_Condition, Alarm_Priority, Alarm_State, AlarmSchema } from './generated/vigil/v1/alarm_pb';
import { LiveFrameSchema, LivePatientSchema } from './generated/vigil/v1/live_pb';
import { AudioState } from './generated/vigil/v1/station_pb';
import { Alarms, VIGIL } from './station_alarms';
import { Reports } from './station_report';
import { Ward } from './ward';

const alarm = (id: number, priority: Alarm_Priority, raisedUs: number, state = Alarm_State.ON) =>
  create(AlarmSchema, { id: new Uint8Array([id, 171]), revision: 1, state, priority, condition: Alarm_Condition.SEIZURE, raisedUs: BigInt(raisedUs) });

function wardOf(...patients: MessageInitShape<typeof LivePatientSchema>[]) {
  const ward = new Ward();
  const alarms = new Alarms({ get inOrder() { return [...ward.inOrder, ...ward.tests]; } }, () => 0);
  const frame = create(LiveFrameSchema, { whole: true, patients: patients.map((patient) => create(LivePatientSchema, patient)) });
  ward.apply(frame);
  alarms.take(frame);
  return { ward, alarms };
}

const { HIGH, MEDIUM, LOW } = Alarm_Priority;

describe('alarms of all patients', () => {
  it('come with the most urgent first, then the oldest; acknowledged ones do not', () => {
    const { alarms } = wardOf(
      { id: 'a', alarms: [alarm(1, MEDIUM, 1), alarm(2, HIGH, 9)] },
      { id: 'b', alarms: [alarm(3, HIGH, 5), alarm(4, HIGH, 1, Alarm_State.ACKNOWLEDGED)] },
    );
    expect(alarms.unacknowledged(0).map(({ alarm: { id } }) => id)).toEqual(['03ab', '02ab', '01ab']);
    expect(alarms.mostUrgent(0).urgency).toBe('high');
    expect(alarms.sounding(0)).toEqual(['b', 'a']);
  });
  it('of a patient whose sound is paused are silent until it ends', () => {
    const { alarms } = wardOf({ id: 'a', label: 'Bed 1', alarms: [alarm(1, HIGH, 1)], audioPausedUntilUs: 100n }, { id: 'b', alarms: [alarm(2, LOW, 1)] });
    expect(alarms.mostUrgent(99).urgency).toBe('low');
    expect(alarms.sounding(99)).toEqual(['b']);
    expect(alarms.paused(99)).toEqual([{ patient: 'a', label: 'Bed 1', untilUs: 100 }]);
    expect(alarms.mostUrgent(100).urgency).toBe('high');
    expect(alarms.paused(100)).toEqual([]);
  });
  it('of the test patient are one low pulse; it has no place on the ward and is watched by nobody', () => {
    const { ward, alarms } = wardOf({ id: 'a', label: 'Bed 1', notWatched: true }, { id: 't', test: true, alarms: [alarm(1, HIGH, 1)] });
    expect(ward.inOrder.map(({ id }) => id)).toEqual(['a']);
    expect(ward.tests.map(({ id }) => id)).toEqual(['t']);
    expect(alarms.mostUrgent(0).urgency).toBe('low');
    expect(alarms.sounding(0)).toEqual([]);
    expect(alarms.notWatched).toEqual(['Bed 1']);
  });
});

describe('reminders', () => {
  const off = { condition: Alarm_Condition.TACHYCARDIA, untilUs: 9_000_000_000n, user: 'ada', reason: 'known', remindedUs: 100_000_000n };
  const still = create(AlarmSchema, { ...alarm(1, MEDIUM, 1, Alarm_State.ACKNOWLEDGED), change: Alarm_Change.REMINDED, atUs: 130_000_000n, acknowledgedBy: 'grace' });

  it('are of what is off, and of what is acknowledged and still there: for a minute', () => {
    const { alarms } = wardOf({ id: 'a', label: 'Bed 1', off: [off], alarms: [still] }, { id: 'b', off: [{ ...off, remindedUs: 0n }] });
    const texts = (nowUs: number) => alarms.reminders(nowUs).map(({ text }) => text);
    expect(texts(140_000_000)).toEqual(['Bed 1: seizure, acknowledged by grace, is still there', expect.stringMatching(/^Bed 1: TACHYCARDIA OFF until \d\d:\d\d, by ada: known$/)]);
    expect(texts(165_000_000).length).toBe(1);
    expect(texts(195_000_000)).toEqual([]);
  });
  it('are not to be heard while the sound is paused', () => {
    const { alarms } = wardOf({ id: 'a', off: [off], audioPausedUntilUs: 150_000_000n });
    expect(alarms.reminders(110_000_000)[0]!.paused).toBe(true);
    expect(alarms.reminders(151_000_000)[0]!.paused).toBe(false);
  });
  it('are of Vigil itself too', () => {
    const { alarms } = wardOf();
    alarms.take(create(LiveFrameSchema, { alarmsOn: true, off: [{ ...off, condition: Alarm_Condition.STORAGE_FAILING }] }));
    expect(alarms.reminders(110_000_000)[0]!.text).toMatch(/^Vigil: STORAGE FAILING OFF/);
    alarms.take(create(LiveFrameSchema, { alarmsOn: true }));
    expect(alarms.reminders(110_000_000)).toEqual([]);
  });
});

describe('alarms of Vigil itself', () => {
  const storage = create(AlarmSchema, { id: new Uint8Array([9, 171]), revision: 1, state: Alarm_State.ON, priority: MEDIUM, condition: Alarm_Condition.STORAGE_FAILING, raisedUs: 4n });
  const take = (alarms: Alarms, frame: MessageInitShape<typeof LiveFrameSchema>) => alarms.take(create(LiveFrameSchema, frame));

  it('sound and are paused like those of a patient, on nobody’s tile', () => {
    const { ward, alarms } = wardOf({ id: 'a', label: 'Bed 1', alarms: [alarm(1, LOW, 1)] });
    expect(alarms.mostUrgent(0).urgency).toBe('low');
    take(alarms, { alarms: [storage], alarmsOn: true });
    expect(alarms.own.map(({ id }) => id)).toEqual(['09ab']);
    expect(alarms.unacknowledged(0).map(({ patient, label }) => [patient, label])).toEqual([[VIGIL, 'Vigil'], ['a', 'Bed 1']]);
    expect(alarms.mostUrgent(0).urgency).toBe('medium');
    expect(alarms.sounding(0)).toEqual([VIGIL, 'a']);
    expect(ward.inOrder.map(({ id }) => id)).toEqual(['a']);
    take(alarms, { alarmsOn: true, audioPausedUntilUs: 100n });
    expect(alarms.mostUrgent(99).urgency).toBe('low');
    expect(alarms.paused(99)).toEqual([{ patient: VIGIL, label: 'Vigil', untilUs: 100 }]);
    expect(alarms.mostUrgent(100).urgency).toBe('medium');
  });
  it('are silent and still shown once acknowledged, and gone with a frame that replaces everything', () => {
    const { alarms } = wardOf();
    expect(alarms.ownOn).toBe(false);
    take(alarms, { alarms: [storage], alarmsOn: true });
    take(alarms, { alarms: [{ ...storage, revision: 2, state: Alarm_State.ACKNOWLEDGED, acknowledgedBy: 'ada' }], alarmsOn: true });
    expect(alarms.mostUrgent(0).urgency).toBeNull();
    expect(alarms.own).toMatchObject([{ acknowledged: true, acknowledgedBy: 'ada' }]);
    expect(alarms.ownOn).toBe(true);
    take(alarms, { whole: true });
    expect(alarms.own).toEqual([]);
  });
});

describe('what a page says of itself', () => {
  const shown = [{ patient: 'a', alarm: '01ab', revision: 2, sounded: true }];
  it('comes once a second, and at once when it changes', () => {
    const reports = new Reports();
    expect(reports.next('on', true, [], 0)).not.toBeNull();
    expect(reports.next('on', true, [], 999)).toBeNull();
    expect(reports.next('on', true, [], 1000)).not.toBeNull();
    expect(reports.next('on', true, shown, 1001)).not.toBeNull();
    expect(reports.next('on', true, shown, 1002)).toBeNull();
    expect(reports.next('blocked', true, shown, 1003)).not.toBeNull();
  });
  it('says what can be heard, what can be seen, and which alarms are on the screen', () => {
    const report = new Reports().next('off', false, shown, 0)?.report;
    expect(report).toMatchObject({ audio: AudioState.AUDIO_OFF, visible: false });
    expect(report?.shown).toMatchObject([{ patient: 'a', revision: 2, sounded: true }]);
    expect([...report!.shown[0]!.alarm]).toEqual([1, 171]);
  });
});
