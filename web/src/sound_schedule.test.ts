import { describe, expect, it } from 'vitest';
import { BURSTS, BurstPlan, HARMONICS, lengthS, mostUrgent, PULSE_HZ, TEST, type Burst, type Sounding } from './sound_schedule';

const within = (value: number, low: number, high: number) => {
  expect(value).toBeGreaterThanOrEqual(low - 1e-9);
  expect(value).toBeLessThanOrEqual(high + 1e-9);
};
/** Silence between each pulse and the next. */
const gaps = ({ pulses }: Burst) => pulses.slice(1).map((pulse, at) => pulse.atS - pulses[at]!.atS - pulses[at]!.lengthS);

describe('a burst', () => {
  it('has 10, 3 and 1 pulses, as long as IEC 60601-1-8 lets them be', () => {
    expect([BURSTS.high, BURSTS.medium, BURSTS.low].map((burst) => burst.pulses.length)).toEqual([10, 3, 1]);
    for (const { lengthS: one } of BURSTS.high.pulses) within(one, 0.075, 0.2);
    for (const { lengthS: one } of [...BURSTS.medium.pulses, ...BURSTS.low.pulses]) within(one, 0.125, 0.25);
  });
  it('of a high alarm is twice three and two pulses', () => {
    const all = gaps(BURSTS.high);
    const x = all[0]!;
    within(x, 0.05, 0.125);
    for (const at of [0, 1, 3, 5, 6, 8]) expect(all[at]).toBeCloseTo(x);
    for (const at of [2, 7]) expect(all[at]).toBeCloseTo(2 * x + BURSTS.high.pulses[0]!.lengthS);
    within(all[4]!, 0.35, 1.3);
  });
  it('of a medium alarm has even spacing', () => {
    const [first, second] = gaps(BURSTS.medium);
    expect(first).toBeCloseTo(second!);
    within(first!, 0.125, 0.25);
  });
  it('comes again: high every 10 s, medium within 30 s, low never', () => {
    expect(BURSTS.high.everyS).toBe(10);
    within(BURSTS.high.everyS! - lengthS(BURSTS.high), 2.5, 15);
    within(BURSTS.medium.everyS! - lengthS(BURSTS.medium), 2.5, 30);
    expect(BURSTS.low.everyS).toBeNull();
  });
  it('rises and falls as it may', () => {
    for (const burst of Object.values(BURSTS)) {
      within(burst.riseS / burst.pulses[0]!.lengthS, 0.1, 0.4);
      for (const gap of gaps(burst)) expect(burst.fallS).toBeLessThanOrEqual(gap - burst.riseS);
    }
  });
  it('has at least four harmonics from 300 to 4000 Hz within 15 dB of its pitch', () => {
    within(PULSE_HZ, 150, 1000);
    const heard = HARMONICS.filter((level, at) => {
      const hz = PULSE_HZ * (at + 2);
      return hz >= 300 && hz <= 4000 && Math.abs(20 * Math.log10(level)) <= 15;
    });
    expect(heard.length).toBeGreaterThanOrEqual(4);
  });
  it('of the test never runs into the next', () => {
    TEST.slice(1).forEach(({ atS }, before) => expect(atS).toBeGreaterThan(TEST[before]!.atS + lengthS(BURSTS[TEST[before]!.urgency]) + 0.5));
  });
});

/** Runs a plan with a look each `step` seconds; the times at which bursts begin. */
function run(plan: BurstPlan, urgencyAt: (s: number) => 'high' | 'medium' | 'low' | null, untilS: number, step = 0.25, alarmsAt: (s: number) => string[] = () => []) {
  const starts: { urgency: string; atS: number }[] = [];
  const silenced: number[] = [];
  for (let now = 0; now < untilS; now += step) {
    const { silence, starts: next } = plan.next(urgencyAt(now), alarmsAt(now), now, 1.5);
    if (silence) silenced.push(now);
    starts.push(...next);
  }
  return { starts, silenced };
}

describe('the plan of bursts', () => {
  it('repeats a high alarm every 10 s, also where timers come once a second', () => {
    for (const step of [0.25, 1]) {
      const { starts, silenced } = run(new BurstPlan(), () => 'high', 35, step);
      expect(starts.map(({ atS }) => atS)).toEqual([0.05, 10.05, 20.05, 30.05]);
      expect(silenced).toEqual([]);
    }
  });
  it('sounds a low alarm once', () => {
    expect(run(new BurstPlan(), () => 'low', 60).starts).toEqual([{ urgency: 'low', atS: 0.05 }]);
  });
  it('breaks off for a more urgent alarm at once, and falls silent when nothing is left', () => {
    const { starts, silenced } = run(new BurstPlan(), (s) => (s < 1 ? 'medium' : s < 5 ? 'high' : null), 30);
    expect(starts).toEqual([
      { urgency: 'medium', atS: 0.05 },
      { urgency: 'high', atS: 1.05 },
    ]);
    expect(silenced).toEqual([1, 5]);
  });
  it('begins a burst for each alarm that comes between two, and none while one sounds', () => {
    const { starts, silenced } = run(new BurstPlan(), () => 'high', 20, 0.25, (s) => (s < 1 ? ['a'] : s < 7 ? ['a', 'b'] : ['a', 'b', 'c']));
    // The first sounds until 3.45 s, so b is in it; c has its own at once.
    expect(starts.map(({ atS }) => atS)).toEqual([0.05, 7.05, 17.05]);
    expect(silenced).toEqual([]);
    const soon = run(new BurstPlan(), () => 'high', 20, 0.25, (s) => (s < 4 ? ['a'] : ['a', 'b'])).starts.map(({ atS }) => atS);
    expect(soon[1]! - 0.05 - lengthS(BURSTS.high)).toBeCloseTo(2.5);
    expect(run(new BurstPlan(), () => 'low', 20, 0.25, (s) => (s < 9 ? ['a'] : ['b'])).starts).toHaveLength(2);
    const gone = run(new BurstPlan(), () => 'high', 15, 0.25, (s) => (s < 5 ? ['a', 'b'] : ['a'])).starts;
    expect(gone.map(({ atS }) => atS)).toEqual([0.05, 10.05]);
  });
  it('does not make up for bursts that the clock has passed by', () => {
    const plan = new BurstPlan();
    plan.next('high', [], 0, 1.5);
    expect(plan.next('high', [], 100, 1.5).starts).toEqual([{ urgency: 'high', atS: 100.05 }]);
  });
});

describe('what sounds', () => {
  const alarm = (id: string, urgency: Sounding['urgency'], more: Partial<Sounding> = {}): Sounding => ({ id, urgency, acknowledged: false, test: false, pausedUntilUs: 0, ...more });
  it('are the most urgent alarms that are neither acknowledged nor paused', () => {
    expect(mostUrgent([], 5)).toEqual({ urgency: null, ids: [] });
    expect(mostUrgent([alarm('a', 'low'), alarm('b', 'high'), alarm('c', 'medium'), alarm('d', 'high')], 5)).toEqual({ urgency: 'high', ids: ['b', 'd'] });
    expect(mostUrgent([alarm('a', 'low'), alarm('b', 'high', { acknowledged: true })], 5)).toEqual({ urgency: 'low', ids: ['a'] });
    expect(mostUrgent([alarm('a', 'medium'), alarm('b', 'high', { pausedUntilUs: 6 })], 5)).toEqual({ urgency: 'medium', ids: ['a'] });
    expect(mostUrgent([alarm('a', 'high', { pausedUntilUs: 5 })], 5)).toEqual({ urgency: 'high', ids: ['a'] });
  });
  it('is one low pulse at most of the test patient', () => {
    expect(mostUrgent([alarm('a', 'high', { test: true })], 5)).toEqual({ urgency: 'low', ids: ['a'] });
    expect(mostUrgent([alarm('a', 'high', { test: true }), alarm('b', 'medium')], 5)).toEqual({ urgency: 'medium', ids: ['b'] });
  });
});
