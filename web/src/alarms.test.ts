import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AlarmList, edgeOf } from './alarms';
import { Alarm_Condition, Alarm_Priority, Alarm_State, AlarmSchema } from './generated/vigil/v1/alarm_pb';

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
  it('are bounded', () => {
    const list = new AlarmList();
    for (let id = 0; id < 200; id++) list.add(alarm(id, 1, Alarm_State.ON));
    expect(list.all.length).toBe(96);
  });
});
