import { describe, expect, it } from 'vitest';
import { alarmLine, eventLine, falseAlarms, figureLine, markLine } from '../handover/lines';
import { isFocal, stretchOf } from './remark_form';
import { counting, verdicts, type AlarmRecord, type EventRecord, type Figures, type MarkRecord } from './server';

const mark = (fields: Partial<MarkRecord>): MarkRecord => ({ id: 'a', kind: 'annotation', by: 'ada', said: '2026-11-24T12:00:00Z', from: null, until: null, device: '', text: '', ...fields });

describe('marks', () => {
  it('count until they are taken back', () => {
    const marks = [mark({ id: 'a' }), mark({ id: 'b' }), mark({ id: 'c', kind: 'withdrawn', withdraws: 'a' })];
    expect(counting(marks).map(({ id }) => id)).toEqual(['b']);
  });

  it('give each event its newest verdict that counts, whatever the order', () => {
    const said = (id: string, verdict: 'seizure' | 'no_seizure', minute: number) => mark({ id, kind: 'verdict', event: 'e', verdict, said: `2026-11-24T12:0${minute}:00Z` });
    const marks = [said('later', 'no_seizure', 2), said('first', 'seizure', 1)];
    expect(verdicts(marks).get('e')).toBe('no_seizure');
    expect(verdicts([...marks, mark({ id: 'x', kind: 'withdrawn', withdraws: 'later' })]).get('e')).toBe('seizure');
    expect(verdicts([]).size).toBe(0);
  });
});

describe('the lines of a shift', () => {
  const figures = (hours: number, rate: Figures['false_alarms_per_24_h']) => ({ recorded_hours: hours, events: { true: 0, false: 1, unsure: 0, unmarked: 0 }, false_alarms_per_24_h: rate }) as Figures;
  const rate = { estimate: 2, low: 0.05, high: 11.1 };
  const alarm: AlarmRecord = { id: 'x', state: 'acknowledged', priority: 'high', condition: 'seizure', device: '', raised: '2026-11-24T12:00:00Z', changed: '2026-11-24T12:05:00Z', unanswered: 2, acknowledged_by: 'ben', acknowledged: '2026-11-24T12:04:00Z' };

  it('say who acknowledged an alarm, and how often nobody did', () => {
    expect(alarmLine(alarm)).toMatch(/high: seizure, acknowledged by ben at .*, unanswered 2 times$/);
    expect(alarmLine({ ...alarm, state: 'ended', acknowledged_by: undefined, unanswered: 0 } as unknown as AlarmRecord)).toMatch(/seizure, over at/);
    expect(alarmLine({ ...alarm, state: 'latched', acknowledged_by: undefined } as unknown as AlarmRecord)).toMatch(/still on/);
  });

  it('say how long an event lasted, how sure the model was and what people said', () => {
    const event: EventRecord = { id: 'e', state: 'ended', prolonged: true, onset: '2026-11-24T12:00:00Z', duration_s: 320, peak_score: 0.914, model: 'window-178', standing: 'shadow' };
    expect(eventLine(event, undefined)).toMatch(/lasted 5 min, prolonged, highest score 0.91 \(window-178\), nobody has said/);
    expect(eventLine({ ...event, state: 'ongoing', prolonged: false }, 'no_seizure')).toMatch(/goes on, highest .*, no seizure$/);
  });

  it('call a seizure by its type and a remark by its kind', () => {
    expect(markLine(mark({ type: 'focal_tonic', awareness: 'aware', text: 'left arm' }))).toMatch(/focal, tonic, aware, left arm, ada$/);
    expect(markLine(mark({ type: 'focal_tonic', awareness: 'impaired', from: '2026-11-24T12:00:00Z', until: '2026-11-24T12:02:05Z' }))).toMatch(/^\d\d:00:00 to \d\d:02:05 \(2 min\) focal, tonic, awareness impaired, ada$/);
    expect(markLine(mark({ type: 'focal', from: '2026-11-24T12:00:00Z', until: '2026-11-24T12:00:00Z' }))).toMatch(/^\d\d:00:00 focal, ada$/);
    expect(markLine(mark({ kind: 'button', by: '', device: 'cap-7' }))).toMatch(/button pressed, cap-7$/);
  });

  it('give a rate of false alarms only of an hour and more', () => {
    expect(falseAlarms(figures(12, rate))).toMatch(/^2.0 false alarms per 24 h \(95 %: 0.1 to 11.1\)/);
    expect(falseAlarms(figures(0.1, rate))).toMatch(/^1 event said to be no seizure; under an hour/);
    expect(falseAlarms(figures(12, null))).toBe('no event has been judged');
  });

  it('give sensitivity with its interval, and the alarms of each day', () => {
    const told = { ...figures(30, rate), seizures: 4, detected: 3, sensitivity: { estimate: 0.75, low: 0.194, high: 0.994 }, alarms_per_day: [{ day: '2026-11-23', high: 1, medium: 5, low: 9 }, { day: '2026-11-24', high: 0, medium: 2, low: 0 }] };
    expect(figureLine(told)).toBe('30.0 h of EEG; 2.0 false alarms per 24 h (95 %: 0.1 to 11.1), by what staff said of the events; 3 of 4 known seizures detected (95 %: 19 to 99 %); alarms of 2026-11-23: 1 high, 5 medium, 9 low; alarms of 2026-11-24: 0 high, 2 medium, 0 low');
  });
});

describe('a remark', () => {
  it('ends now where it is said live, and begins where the page does in history', () => {
    expect(stretchOf(null, 100e6, 0)).toEqual({ from_us: 100e6 });
    expect(stretchOf(null, 100e6, 90)).toEqual({ from_us: 10e6, until_us: 100e6 });
    expect(stretchOf(40e6, 100e6, 0)).toEqual({ from_us: 40e6 });
    expect(stretchOf(40e6, 100e6, 90)).toEqual({ from_us: 40e6, until_us: 130e6 });
  });

  it('has awareness where the seizure is focal, also where it becomes bilateral', () => {
    expect(['focal', 'focal_tonic', 'focal_to_bilateral_tonic_clonic'].every(isFocal)).toBe(true);
    expect(['', 'unclassified', 'generalized_tonic', 'absence_typical', 'unknown_onset'].some(isFocal)).toBe(false);
  });
});
