import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AlarmList, edgeOf } from './alarms';
import { words } from './words';
import { Alarm_Change, Alarm_Condition, Alarm_Priority, Alarm_State, AlarmSchema } from './generated/vigil/v1/alarm_pb';

const alarm = (id: number, revision: number, state: Alarm_State, priority = Alarm_Priority.MEDIUM, raisedUs = 0) =>
  create(AlarmSchema, { id: new Uint8Array([id, 171]), revision, state, priority, condition: Alarm_Condition.TACHYCARDIA, raisedUs: BigInt(raisedUs) });

describe('alarms of a patient', () => {
  it('keep the newest revision of each, whatever order they come in, and go when they have ended', () => {
    const list = new AlarmList();
    list.add(alarm(1, 2, Alarm_State.LATCHED));
    list.add(alarm(1, 1, Alarm_State.ON));
    expect(list.all).toMatchObject([{ id: '01ab', revision: 2, latched: true, acknowledged: false }]);
    list.add(alarm(1, 3, Alarm_State.ENDED));
    expect(list.all).toEqual([]);
  });
  it('come with what nobody has acknowledged first, then by priority, then the newest', () => {
    const list = new AlarmList();
    list.add(alarm(1, 1, Alarm_State.ACKNOWLEDGED, Alarm_Priority.HIGH));
    list.add(alarm(2, 1, Alarm_State.ON, Alarm_Priority.LOW));
    list.add(alarm(3, 1, Alarm_State.ON, Alarm_Priority.MEDIUM, 1));
    list.add(alarm(4, 1, Alarm_State.ON, Alarm_Priority.MEDIUM, 2));
    expect(list.all.map(({ id }) => id)).toEqual(['04ab', '03ab', '02ab', '01ab']);
    expect(edgeOf(list.all)).toBe('medium');
    expect(edgeOf(list.all.slice(3))).toBe('acknowledged');
    expect(edgeOf([])).toBe('none');
  });
  it('say what they are about: channels of a device, what measured a heart, and of an event how sure the model was', () => {
    const said = (condition: Alarm_Condition, sources: string[], more = {}) => {
      const list = new AlarmList();
      const causes = sources.map((source) => ({ condition, source: new TextEncoder().encode(source), value: 0.934, limit: 0 }));
      list.add(create(AlarmSchema, { id: new Uint8Array([1]), revision: 1, state: Alarm_State.ON, condition, causes, ...more }));
      return words.alarmWhy(list.all[0]!);
    };
    expect(said(Alarm_Condition.FLAT_OR_SATURATED, ['s1/C3'], { device: 'cap-7' })).toBe('Channel C3 of device cap-7.');
    expect(said(Alarm_Condition.ELECTRODE_OFF, ['s1/C3', 's1/F3-C3', 's1/O1', 's1/O2', 's1/Pz', 's1/Cz'], { device: 'cap-7' })).toBe('Channels C3, F3-C3, O1, O2 and 2 more of device cap-7.');
    expect(said(Alarm_Condition.LINK_LOST, ['s1'], { device: 'cap-7' })).toBe('Of device cap-7.');
    expect(said(Alarm_Condition.TACHYCARDIA, ['strap'])).toBe('Measured by strap.');
    expect(said(Alarm_Condition.SEIZURE_POSSIBLE, ['\u0001'])).toBe('Score up to 0.93.');
    expect(said(Alarm_Condition.MANUAL_ALARM, ['\u0002'])).toBe('');
  });
  it('are bounded', () => {
    const list = new AlarmList();
    for (let id = 0; id < 200; id++) list.add(alarm(id, 1, Alarm_State.ON));
    expect(list.all.length).toBe(96);
  });
  it('that are acknowledged and still there say when that was said last, until they no longer are', () => {
    const list = new AlarmList();
    list.add(alarm(1, 1, Alarm_State.ACKNOWLEDGED));
    expect(list.all[0]!.remindedUs).toBeUndefined();
    list.add(create(AlarmSchema, { ...alarm(1, 2, Alarm_State.ACKNOWLEDGED), change: Alarm_Change.REMINDED, atUs: 7n }));
    list.add(alarm(1, 3, Alarm_State.ACKNOWLEDGED));
    expect(list.all[0]!.remindedUs).toBe(7);
    list.add(alarm(1, 4, Alarm_State.ON));
    expect(list.all[0]!.remindedUs).toBeUndefined();
  });
});
