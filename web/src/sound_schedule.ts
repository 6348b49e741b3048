// When the pulses of an alarm's sound come: pure, in seconds of one clock. sound.ts plays them.
//
// source  what is publicly known of IEC 60601-1-8, tables 3 and 4 (NXP application note AN10875 reproduces them; the standard itself
//         could not be read). Bursts of 10 pulses (high), 3 (medium), 1 or 2 (low); pulses of 75 to 200 ms (high), 125 to 250 ms
//         (others); spacing x = 50 to 125 ms (high), y = 125 to 250 ms (medium), 2x + a pulse before the fourth and ninth, 0.35 to
//         1.3 s between the two halves; 2.5 to 15 s from burst to burst (high), 2.5 to 30 s (medium), over 15 s or never (low); rise
//         10 to 40 % of a pulse, fall no longer than the spacing less the rise; 150 to 1000 Hz with at least four harmonics from 300
//         to 4000 Hz within 15 dB.
import type { Urgency } from './alarms';

export interface Pulse {
  atS: number;
  lengthS: number;
}

export interface Burst {
  pulses: readonly Pulse[];
  riseS: number;
  fallS: number;
  /** From the beginning of one burst to that of the next; null: it comes once. */
  everyS: number | null;
}

/** Fundamental, and how loud each harmonic from the second on is, beside it. */
export const PULSE_HZ = 523.25;
export const HARMONICS = [0.8, 0.7, 0.6, 0.5, 0.4] as const;

const HIGH_PULSE_S = 0.15;
const HIGH_SPACING_S = 0.1;
const HALVES_APART_S = 0.6;
const PULSE_S = 0.2;
const MEDIUM_SPACING_S = 0.2;
const RISE = 0.15;
const FALL_S = 0.05;

function highBurst(): Burst {
  const starts: number[] = [];
  let at = 0;
  for (let half = 0; half < 2; half++) {
    for (let pulse = 0; pulse < 5; pulse++) {
      starts.push(at);
      const gap = pulse === 4 ? HALVES_APART_S : pulse === 2 ? 2 * HIGH_SPACING_S + HIGH_PULSE_S : HIGH_SPACING_S;
      at += HIGH_PULSE_S + gap;
    }
  }
  return burst(starts, HIGH_PULSE_S, 10);
}

const burst = (starts: readonly number[], lengthS: number, everyS: number | null): Burst => ({
  pulses: starts.map((atS) => ({ atS, lengthS })),
  riseS: RISE * lengthS,
  fallS: FALL_S,
  everyS,
});

export const BURSTS: Record<Urgency, Burst> = {
  high: highBurst(),
  medium: burst([0, PULSE_S + MEDIUM_SPACING_S, 2 * (PULSE_S + MEDIUM_SPACING_S)], PULSE_S, 20),
  low: burst([0], PULSE_S, null),
};

/** From the first pulse to the end of the last. */
export function lengthS({ pulses }: Burst): number {
  const last = pulses[pulses.length - 1]!;
  return last.atS + last.lengthS;
}

/** The test plays low, medium and high, one after the other. */
export const TEST: readonly { urgency: Urgency; atS: number }[] = [
  { urgency: 'low', atS: 0 },
  { urgency: 'medium', atS: 1.2 },
  { urgency: 'high', atS: 3.4 },
];

export interface Start {
  urgency: Urgency;
  atS: number;
}

/** A little ahead of the clock, so that a pulse is never cut at its beginning. */
const LEAD_S = 0.05;
/** From the end of one burst to the beginning of the next, where another alarm comes between them: the least of the table above. */
const APART_S = 2.5;

/** Which burst begins when, as the most urgent alarms change. */
export class BurstPlan {
  private urgency: Urgency | null = null;
  private alarms: ReadonlySet<string> = new Set();
  private nextS: number | null = null;
  /** When what was started last ends. */
  private endS = Number.NEGATIVE_INFINITY;

  /**
   * What to start now, and whether what sounds is to fall silent first. Called often; bursts that begin within `aheadS` are given in
   * time, so that timers which a browser slows down do not matter. `alarms` are those of this urgency: one that was not among them
   * has a burst of its own unless one sounds as it comes, and then `anew` says that none has begun since.
   */
  next(urgency: Urgency | null, alarms: readonly string[], nowS: number, aheadS: number): { silence: boolean; anew: boolean; starts: Start[] } {
    const changed = urgency !== this.urgency;
    const silence = changed && this.urgency !== null;
    const anew = !changed && nowS > this.endS && alarms.some((alarm) => !this.alarms.has(alarm));
    if (changed) {
      this.urgency = urgency;
      this.nextS = urgency === null ? null : nowS + LEAD_S;
    } else if (anew) this.nextS = Math.min(this.nextS ?? Number.POSITIVE_INFINITY, Math.max(nowS + LEAD_S, this.endS + APART_S));
    this.alarms = new Set(alarms);
    const starts: Start[] = [];
    while (urgency !== null && this.nextS !== null && this.nextS <= nowS + aheadS) {
      // What the clock has passed by (a machine that slept) is not made up for.
      const atS = Math.max(this.nextS, nowS + LEAD_S);
      starts.push({ urgency, atS });
      this.endS = atS + lengthS(BURSTS[urgency]);
      const { everyS } = BURSTS[urgency];
      this.nextS = everyS === null ? null : atS + everyS;
    }
    return { silence, anew, starts };
  }

  /** Begins anew, as after a time without sound. */
  reset(): void {
    this.urgency = null;
    this.nextS = null;
    this.endS = Number.NEGATIVE_INFINITY;
  }
}

export interface Sounding {
  id: string;
  urgency: Urgency;
  acknowledged: boolean;
  test: boolean;
  pausedUntilUs: number;
}

const RANK: Record<Urgency, number> = { low: 1, medium: 2, high: 3 };

export const moreUrgent = (a: Urgency | null, b: Urgency | null): Urgency | null => (a === null ? b : b === null || RANK[a] >= RANK[b] ? a : b);

/** The most urgent alarms that are neither acknowledged nor paused; the test patient's is never more than low. */
export function mostUrgent(alarms: readonly Sounding[], nowUs: number): { urgency: Urgency | null; ids: string[] } {
  const sounding = alarms.filter(({ acknowledged, pausedUntilUs }) => !acknowledged && pausedUntilUs <= nowUs).map(({ id, test, urgency }) => ({ id, urgency: test ? ('low' as const) : urgency }));
  const urgency = sounding.reduce<Urgency | null>((most, alarm) => moreUrgent(most, alarm.urgency), null);
  return { urgency, ids: sounding.filter((alarm) => alarm.urgency === urgency).map(({ id }) => id) };
}
