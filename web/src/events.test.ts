import { describe, expect, it } from 'vitest';
import { EventList } from './events';
import { Event_State } from './generated/vigil/v1/detection_pb';
import { event } from './test_data';

const list = (...events: ReturnType<typeof event>[]) => {
  const made = new EventList();
  for (const one of events) made.add(one);
  return made;
};

describe('events of a patient', () => {
  it('keeps the newest revision, whatever order revisions came in', () => {
    const events = list(event(1, 2, 10, 90, Event_State.ENDED), event(1, 1, 10, 20));
    expect(events.all).toEqual([{ onsetUs: 10, endUs: 90, ongoing: false, prolonged: false, validated: false }]);
  });
  it('leaves out what late data withdrew or made a part of another', () => {
    expect(list(event(1, 1, 10, 20), event(2, 1, 30, 40), event(1, 2, 10, 20, Event_State.WITHDRAWN), event(2, 2, 30, 40, Event_State.MERGED)).all).toEqual([]);
  });
  it('puts the one that goes on before all, else the one that ended last', () => {
    const ended = [event(1, 1, 10, 90, Event_State.ENDED), event(2, 1, 20, 30, Event_State.ENDED)];
    expect(list(...ended).foremost?.onsetUs).toBe(10);
    expect(list(...ended, event(3, 1, 5, 6), event(4, 1, 7, 8)).foremost).toMatchObject({ onsetUs: 5, ongoing: true });
    expect(list().foremost).toBeNull();
  });
  it('holds a bounded number', () => {
    const events = list();
    for (let id = 0; id < 200; id++) events.add(event(id, 1, id, id + 1));
    expect(events.all.length).toBe(64);
  });
});
