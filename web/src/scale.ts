// How many microvolts one channel's lane is high: a step of 1-2-5, chosen from the data or by the reader.
import type { Trace } from './trace';

/** Peak to peak that fits a lane. */
export const STEPS_UV = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000] as const;
const SAMPLED = 400;

/** A signal may be this much higher than its lane: neighbours seldom peak at once, and small lanes hide the shape. */
const OVERLAP = 1.4;

export interface Fit {
  laneUv: number;
  /** One per channel: what is drawn at the lane's middle. */
  middleUv: Float32Array;
}

export const stepFor = (peakToPeakUv: number): number => STEPS_UV.find((step) => step >= peakToPeakUv) ?? STEPS_UV.at(-1)!;

export function nextStep(current: number, direction: 1 | -1): number {
  const at = STEPS_UV.indexOf(stepFor(current) as (typeof STEPS_UV)[number]);
  return STEPS_UV[Math.min(STEPS_UV.length - 1, Math.max(0, at + direction))]!;
}

/** Medians of the channels, and a lane that holds the middle 96 % of each: artefacts may be clipped, the signal may not. */
export function fitTrace(trace: Trace, fixedUv: number | null, channels: readonly number[] = trace.labels.map((_, channel) => channel)): Fit {
  const middleUv = new Float32Array(trace.labels.length);
  let widest = 0;
  for (const channel of channels) {
    const lows = spread(trace.low[channel]!);
    const highs = spread(trace.high[channel]!);
    if (lows.length === 0) continue;
    middleUv[channel] = (lows[lows.length >> 1]! + highs[highs.length >> 1]!) / 2;
    const cut = Math.floor(lows.length * 0.02);
    widest = Math.max(widest, highs[highs.length - 1 - cut]! - middleUv[channel]!, middleUv[channel]! - lows[cut]!);
  }
  return { laneUv: fixedUv ?? stepFor((widest * 2) / OVERLAP), middleUv };
}

function spread(values: Float32Array): Float32Array {
  const stride = Math.max(1, Math.floor(values.length / SAMPLED));
  const kept: number[] = [];
  for (let i = 0; i < values.length; i += stride) if (!Number.isNaN(values[i]!)) kept.push(values[i]!);
  return Float32Array.from(kept).sort();
}
