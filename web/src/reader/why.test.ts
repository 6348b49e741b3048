import { describe, expect, it } from 'vitest';
import { measure } from './measure';
import { timeUs } from './times';
import { patientScore, why, type RecordedDetection, type RecordedEvent } from './why';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const windows = (scores: (number | null)[], channels: (score: number) => (number | null)[] = (score) => [score, score]): RecordedDetection[] =>
  scores.map((score, second) => ({
    device: 'd',
    stream: 's',
    model: 'm',
    shadow: false,
    start_time: at(second),
    end_time: at(second + 1),
    score,
    channel_scores: score === null ? [null, null] : channels(score),
  }));

const event = (peaks: (number | null)[] = [0.9, 0.4]): RecordedEvent => ({
  id: '1',
  state: 'ended',
  prolonged: false,
  device: 'd',
  stream: 's',
  model: 'm',
  model_version: '1',
  standing: 'shadow',
  shadow: false,
  first_sample: 0,
  end_sample: 1,
  onset: at(5),
  duration_s: 12,
  peak_score: 0.9,
  channel_peak_scores: peaks,
});

describe('why an event was raised', () => {
  it('names the threshold above which the same scores raise nothing', () => {
    // Means of five: 0.8 from the fifth high window on, for six windows.
    const told = why(event(), windows([0, 0, 0, 0, 0, ...Array<number>(10).fill(0.8), 0, 0, 0]));
    expect(told.silencedAbove).toBeCloseTo(0.8, 3);
    // The mean is at or above 0.5 from the fourth high window to the second calm one: 3/5 of 0.8 is 0.48, 4/5 is 0.64.
    expect(told.highForS).toBe(8);
    expect(told.channels).toEqual([{ channel: 0, peak: 0.9 }]);
  });

  it('names the channels that it stands on', () => {
    const scores = [0, 0, 0, 0, ...Array<number>(12).fill(0.7)];
    expect(why(event(), windows(scores, (score) => [score ? 0.9 : 0, score ? 0.5 : 0, 0.05])).decisive).toEqual([0, 1]);
    expect(why(event(), windows(scores, (score) => [score, score, score])).decisive).toEqual([]);
  });

  it('says nothing of what would have been where scores are missing, and counts no other model', () => {
    expect(why(event(), windows([0.9, null, null])).silencedAbove).toBeNull();
    const others = windows(Array<number>(12).fill(0.9)).map((window) => ({ ...window, model: 'other' }));
    expect(why(event(), others)).toMatchObject({ silencedAbove: null, highForS: null, decisive: null });
  });

  it('takes the two highest channels for the patient, as the detector does', () => {
    expect(patientScore([0.2, 0.9, 0.5], -1)).toBeCloseTo(0.7, 9);
    expect(patientScore([0.2, 0.9, 0.5], 1)).toBeCloseTo(0.35, 9);
    expect(patientScore([0.2, null], 0)).toBeNull();
  });
});

describe('what is measured', () => {
  it('is the second less the first in time, whichever was set first', () => {
    expect(measure({ us: 0, uv: -40 }, { us: 250_000, uv: 60 })).toEqual({ amplitudeUv: 100, durationS: 0.25, frequencyHz: 4 });
    expect(measure({ us: 250_000, uv: 60 }, { us: 0, uv: -40 }).amplitudeUv).toBe(100);
    expect(measure({ us: 0, uv: 1 }, { us: 0, uv: null })).toEqual({ amplitudeUv: null, durationS: 0, frequencyHz: null });
  });
  it('keeps the microseconds of a time', () => {
    expect(timeUs('2026-01-01T00:00:00.123456Z')).toBe(1_767_225_600_123_456);
    expect(timeUs('2026-01-01T00:00:00Z')).toBe(1_767_225_600_000_000);
  });
});
