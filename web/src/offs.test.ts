import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Alarm_Condition, AlarmNotice_Kind, AlarmNoticeSchema } from './generated/vigil/v1/alarm_pb';
import { LiveOffSchema } from './generated/vigil/v1/live_pb';
import { OffList } from './offs';
import { START_US } from './test_data';
import { words } from './words';

const off = create(LiveOffSchema, { condition: Alarm_Condition.TACHYCARDIA, untilUs: BigInt(START_US + 3600e6), user: 'ada', reason: 'known' });
const notice = (kind: AlarmNotice_Kind, atUs: number, more = {}) => create(AlarmNoticeSchema, { kind, atUs: BigInt(atUs), user: 'ada', reason: 'known', ...more });
const clock = (us: number) => new Date(us / 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

describe('what is off', () => {
  it('is all that the newest frame says', () => {
    const list = new OffList();
    list.take([off], []);
    expect(list.offs.map(words.alarmOff.line)).toEqual([`TACHYCARDIA OFF until ${clock(START_US + 3600e6)}, by ada: known`]);
    list.take([], []);
    expect(list.offs).toEqual([]);
  });
});

describe('what was changed', () => {
  it('is told for ten minutes, the newest first, with who and when', () => {
    const list = new OffList();
    list.take([], [notice(AlarmNotice_Kind.SETTINGS, START_US, { detail: 'tachycardia 120 -> 130 /min' })]);
    list.take([], [notice(AlarmNotice_Kind.MONITORING, START_US + 60e6, { user: '', reason: 'STANDBY' })]);
    expect(list.changes(START_US + 61e6).map(words.alarmOff.change)).toEqual([
      `On standby since ${clock(START_US + 60e6)}`,
      `Limits and times changed by ada at ${clock(START_US)}: tachycardia 120 -> 130 /min (known)`,
    ]);
    expect(list.changes(START_US + 601e6).length).toBe(1);
    expect(list.changes(START_US + 661e6)).toEqual([]);
  });
  it('says whether somebody switched an alarm back on, or its time was over', () => {
    const back = (reason: string) => words.alarmOff.change({ kind: AlarmNotice_Kind.ALARM_BACK, atUs: START_US, user: 'ada', reason, detail: '', conditions: [Alarm_Condition.TACHYCARDIA] });
    expect(back('over')).toBe(`Alarm of tachycardia is back since ${clock(START_US)}: its time was over`);
    expect(back('asked for')).toBe(`Alarm of tachycardia is back since ${clock(START_US)}: switched back on by ada`);
  });
  it('is bounded', () => {
    const list = new OffList();
    for (let at = 0; at < 100; at++) list.take([], [notice(AlarmNotice_Kind.SETTINGS, START_US + at)]);
    expect(list.changes(START_US).length).toBe(24);
    expect(list.changes(START_US)[0]!.atUs).toBe(START_US + 99);
  });
});
