import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AlarmNotice_Kind, AlarmNoticeSchema } from './generated/vigil/v1/alarm_pb';
import { OffList } from './offs';
import { RefusedActs } from './refused_acts';

const refusal = (id: number, reason = 'no such alarm is on') => create(AlarmNoticeSchema, { kind: AlarmNotice_Kind.ACT_REFUSED, cause: Uint8Array.of(0, id), reason });

describe('acts that were refused', () => {
  it('are told to the page that acted, once, and to no other', () => {
    const [mine, other] = [new RefusedActs(), new RefusedActs()];
    expect(mine.acted('000a', 'Acknowledge')).toBeNull();
    expect(mine.take([refusal(10), refusal(11)])).toEqual([{ what: 'Acknowledge', why: 'no such alarm is on' }]);
    expect(mine.take([refusal(10)])).toEqual([]);
    expect(other.take([refusal(10)])).toEqual([]);
  });

  it('are told where the refusal came before the answer to the act did', () => {
    const acts = new RefusedActs();
    acts.take([refusal(12)]);
    expect(acts.acted('000c', 'Switch off')).toEqual({ what: 'Switch off', why: 'no such alarm is on' });
  });

  it('are no change of what is off', () => {
    const list = new OffList();
    list.take([], [refusal(1)]);
    expect(list.changes(0)).toEqual([]);
  });
});
