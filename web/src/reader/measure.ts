// Two points on one trace: amplitude, duration, frequency. Pure.

export interface Point {
  us: number;
  uv: number | null;
}

export interface Measured {
  /** Second less first, microvolts; null where one of them lies in a gap. */
  amplitudeUv: number | null;
  durationS: number;
  /** Of a wave that lasts from one to the other; null for no time at all. */
  frequencyHz: number | null;
}

export function measure(first: Point, second: Point): Measured {
  const durationS = Math.abs(second.us - first.us) / 1e6;
  return {
    amplitudeUv: first.uv === null || second.uv === null ? null : (second.uv - first.uv) * (second.us < first.us ? -1 : 1),
    durationS,
    frequencyHz: durationS > 0 ? 1 / durationS : null,
  };
}
