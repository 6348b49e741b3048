import { describe, expect, it } from 'vitest';
import { HeartChange_State } from './generated/vigil/v1/detection_pb';
import { ageMs, SteadyHigh, tileState, type PatientFacts } from './state';
import type { ShownAlarm } from './alarms';
import { START_US } from './test_data';

const now = START_US + 60e6;
const facts = (wish: Partial<PatientFacts> = {}): PatientFacts => ({
  monitoring: 1,
  noData: false,
  detectorBehind: false,
  endedOnPurpose: false,
  newestSampleUs: now - 1e6,
  newestReceiptUs: now - 1e6,
  newestScoredUs: now - 1e6,
  shownUs: now - 1e6,
  lastScore: { endUs: now - 1e6, score: 0.1 },
  lastHighUs: 0,
  event: null,
  heart: [],
  alarms: [],
  alarmsOn: true,
  offs: [],
  model: null,
  ...wish,
});

describe('tile state', () => {
  it('is live with a level while scores are current', () => {
    expect(tileState(facts(), now)).toMatchObject({ condition: 'live', level: 'low', score: 0.1, ageMs: 1000, note: '' });
    expect(tileState(facts({ lastScore: { endUs: now, score: 0.95 } }), now)).toMatchObject({ condition: 'live', level: 'high' });
  });
  it('shows no level as current when data has stopped, and keeps a high one in words', () => {
    const state = tileState(facts({ noData: true, newestReceiptUs: now - 12e6, lastScore: { endUs: now - 12e6, score: 0.93 } }), now);
    expect(state).toMatchObject({ condition: 'no-data', level: 'none', score: null, stoppedHigh: true });
    expect(state.note).toBe('NO DATA for 12 s, last score 0.93 HIGH');
  });
  it('tells an end on purpose, standby and off from data that stopped', () => {
    expect(tileState(facts({ noData: true, endedOnPurpose: true }), now).condition).toBe('ended');
    expect(tileState(facts({ noData: true, monitoring: 2 }), now).condition).toBe('standby');
    expect(tileState(facts({ noData: true, monitoring: 3 }), now).condition).toBe('off');
  });
  it('says that the detector is behind, and by how much', () => {
    const state = tileState(facts({ detectorBehind: true, newestScoredUs: now - 15e6 }), now);
    expect(state.condition).toBe('behind');
    expect(state.note).toContain('DETECTOR BEHIND, newest score 15 s old');
    expect(tileState(facts({ detectorBehind: true, newestScoredUs: 0, lastScore: null }), now).note).toBe('DETECTOR BEHIND, no score yet');
  });
  it('says NO SCORE for a window that was not evaluated, never a low one', () => {
    expect(tileState(facts({ lastScore: { endUs: now, score: null } }), now)).toMatchObject({ condition: 'not-evaluated', level: 'none', score: null });
  });
  it('waits where nothing ever came', () => {
    expect(tileState(facts({ newestReceiptUs: 0, newestSampleUs: 0, shownUs: 0, lastScore: null }), now)).toMatchObject({ condition: 'waiting', ageMs: null });
  });
  it('mentions a high score for three minutes after it ended', () => {
    expect(tileState(facts({ lastHighUs: now - 41e6 }), now).note).toBe('HIGH 41 s ago');
    expect(tileState(facts({ lastHighUs: now - 190e6 }), now).note).toBe('');
  });
  it('says what the heart does beyond its limits, whatever the EEG says', () => {
    const heart = [{ state: HeartChange_State.TACHYCARDIA, sinceUs: now, value: 134.4, limit: 120 }];
    expect(tileState(facts({ heart }), now).note).toBe('TACHYCARDIA 134/min, limit 120');
    expect(tileState(facts({ heart, noData: true, newestReceiptUs: now - 12e6, lastScore: null }), now).note).toBe('TACHYCARDIA 134/min, limit 120, NO DATA for 12 s');
    const pause = [{ state: HeartChange_State.PAUSE, sinceUs: now, value: 3.44, limit: 3 }, ...heart];
    expect(tileState(facts({ heart: pause }), now).note).toBe('PAUSE of 3.4 s, limit 3, TACHYCARDIA 134/min, limit 120');
  });
  it('says what is switched off, and goes on to say what the heart does', () => {
    const heart = [{ state: HeartChange_State.TACHYCARDIA, sinceUs: now, value: 134.4, limit: 120 }];
    const offs = [{ condition: 4, untilUs: now + 3600e6, user: 'ada', reason: 'known', remindedUs: 0 }];
    expect(tileState(facts({ heart, offs }), now).note).toMatch(/^TACHYCARDIA OFF until \d\d:\d\d, TACHYCARDIA 134\/min, limit 120$/);
    expect(tileState(facts({ offs, alarmsOn: true }), now).alarm).toBe('none');
  });
  it('says what is alarmed first, loudly until somebody has acknowledged it', () => {
    const alarm: ShownAlarm = { id: '00', revision: 1, urgency: 'medium', condition: 3, acknowledged: false, acknowledgedBy: '', latched: false, raisedUs: now - 14e6, value: 0.9, limit: 0, onsetUs: 0, device: '', about: [] };
    expect(tileState(facts({ alarms: [alarm] }), now)).toMatchObject({ alarm: 'medium', note: '!! SEIZURE POSSIBLE, 14 s' });
    expect(tileState(facts({ alarms: [{ ...alarm, latched: true }] }), now).note).toBe('!! SEIZURE POSSIBLE, 14 s, over');
    const done = { ...alarm, acknowledged: true, acknowledgedBy: 'grace' };
    expect(tileState(facts({ alarms: [done] }), now)).toMatchObject({ alarm: 'acknowledged', note: '!! seizure possible, 14 s, acknowledged by grace' });
    expect(tileState(facts(), now)).toMatchObject({ alarm: 'none', note: '' });
    expect(tileState(facts({ alarmsOn: false }), now).note).toBe('Alarms are off');
    const fast = { ...alarm, condition: 4, value: 134.4, limit: 120 };
    const heart = [{ state: HeartChange_State.TACHYCARDIA, sinceUs: now, value: 134.4, limit: 120 }];
    expect(tileState(facts({ alarms: [fast], heart }), now).note, 'said once').toBe('!! TACHYCARDIA 134/min, limit 120, 14 s');
    expect(tileState(facts({ heart: [...heart, ...heart] }), now).note, 'by two sources').toBe('TACHYCARDIA 134/min, limit 120');
  });
  it('says how long an event goes on, and for ten minutes that there was one', () => {
    const ongoing = { onsetUs: now - 75e6, endUs: now - 70e6, ongoing: true, prolonged: false, validated: true };
    expect(tileState(facts({ event: ongoing }), now).note).toBe('EVENT for 1 min');
    expect(tileState(facts({ event: { ...ongoing, onsetUs: now - 301e6, prolonged: true } }), now).note).toBe('EVENT for 5 min, prolonged');
    expect(tileState(facts({ event: ongoing, noData: true, newestReceiptUs: now - 12e6 }), now).note).toContain('NO DATA for 12 s, last score 0.10 low, EVENT for');
    const ended = { onsetUs: now - 100e6, endUs: now - 40e6, ongoing: false, prolonged: false, validated: true };
    expect(tileState(facts({ event: ended }), now).note).toBe('Event 40 s ago, lasted 1 min');
    expect(tileState(facts({ event: { ...ended, endUs: now - 601e6 } }), now).note).toBe('');
  });
  it('counts the age from the older of sample and receipt, so that a fast device clock hides nothing', () => {
    expect(ageMs(facts({ shownUs: now + 3600e6, newestReceiptUs: now - 4e6 }), now)).toBe(4000);
    expect(ageMs(facts({ shownUs: now - 9e6, newestReceiptUs: now }), now)).toBe(9000);
    expect(ageMs(facts({ shownUs: now + 5e6, newestReceiptUs: now + 5e6 }), now)).toBe(0);
  });
  it('shows HIGH at once and for half a second at least, so that no burst of windows can make it flash', () => {
    const steady = new SteadyHigh();
    const levels: string[] = [];
    for (let at = 0; at < 3000; at += 50) {
      const score = (at / 50) % 2 === 0 ? 0.9 : 0.1;
      levels.push(steady.shown(tileState(facts({ lastScore: { endUs: now, score } }), now + at * 1000), now + at * 1000).level);
    }
    expect(levels[0]).toBe('high');
    const changes = levels.flatMap((level, index) => (index > 0 && level !== levels[index - 1] ? [index * 50] : []));
    for (const at of changes) expect(changes.filter((other) => other >= at && other < at + 1000).length).toBeLessThan(6);
    expect(changes.length).toBeGreaterThan(0);
  });
  it('never holds HIGH back, nor keeps it over data that stopped', () => {
    const steady = new SteadyHigh();
    const high = tileState(facts({ lastScore: { endUs: now, score: 0.9 } }), now);
    expect(steady.shown(tileState(facts(), now), now).level).toBe('low');
    expect(steady.shown(high, now + 1).level).toBe('high');
    const stopped = tileState(facts({ noData: true, lastScore: { endUs: now, score: 0.9 } }), now);
    expect(steady.shown(stopped, now + 2)).toBe(stopped);
  });
});
