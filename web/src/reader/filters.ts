// The filters of the reader: Butterworth low cut and high cut and a notch, causal, as second-order sections. Pure.
// Causal, because then a second looks the same live and in history: nothing that came later changes it.

/** b0 + b1 z^-1 + b2 z^-2 over 1 + a1 z^-1 + a2 z^-2. */
export interface Section {
  b0: number;
  b1: number;
  b2: number;
  a1: number;
  a2: number;
}

/** What the reader has chosen; null: off. Hertz. */
export interface FilterChoice {
  lowCut: number | null;
  highCut: number | null;
  notch: number | null;
}

export const LOW_CUTS_HZ = [0.1, 0.3, 0.5, 1, 1.6, 5] as const;
export const HIGH_CUTS_HZ = [15, 30, 35, 50, 70, 100, 150] as const;
export const NOTCHES_HZ = [50, 60] as const;
/** Poles of either cut: 12 dB an octave. */
export const ORDER = 2;
/** Centre over width of the notch. */
export const NOTCH_QUALITY = 30;
/** What is left of the start when the page begins. */
const SETTLED = 1e-3;
/** More is never asked for; the slowest filter on offer needs less. */
export const LONGEST_WARM_UP_S = 20;

/**
 * A second-order Butterworth section, -3 dB at `cutHz`.
 * source: Butterworth, Wireless Engineer 7 (1930) 536; bilinear transformation with the edge pre-warped (Oppenheim and Schafer).
 */
export function butterworth(kind: 'low' | 'high', cutHz: number, rateHz: number): Section {
  const k = Math.tan((Math.PI * cutHz) / rateHz);
  const norm = 1 / (1 + Math.SQRT2 * k + k * k);
  const gain = kind === 'low' ? k * k * norm : norm;
  return { b0: gain, b1: (kind === 'low' ? 2 : -2) * gain, b2: gain, a1: 2 * (k * k - 1) * norm, a2: (1 - Math.SQRT2 * k + k * k) * norm };
}

/** Takes one frequency away; -3 dB at centre / quality of width. source: Orfanidis, Introduction to Signal Processing, 11.3. */
export function notchAt(centreHz: number, quality: number, rateHz: number): Section {
  const w0 = (2 * Math.PI * centreHz) / rateHz;
  const gain = 1 / (1 + Math.tan(w0 / quality / 2));
  const middle = -2 * Math.cos(w0) * gain;
  return { b0: gain, b1: middle, b2: gain, a1: middle, a2: 2 * gain - 1 };
}

/** True where the filter exists at this rate: its frequency lies under half of it. */
export const possible = (hertz: number, rateHz: number): boolean => hertz < rateHz / 2;

/** The sections of a choice, in the order low cut, high cut, notch; what the rate does not carry is left out. */
export function sectionsOf(choice: FilterChoice, rateHz: number): Section[] {
  const sections: Section[] = [];
  if (choice.lowCut !== null && possible(choice.lowCut, rateHz)) sections.push(butterworth('high', choice.lowCut, rateHz));
  if (choice.highCut !== null && possible(choice.highCut, rateHz)) sections.push(butterworth('low', choice.highCut, rateHz));
  if (choice.notch !== null && possible(choice.notch, rateHz)) sections.push(notchAt(choice.notch, NOTCH_QUALITY, rateHz));
  return sections;
}

/** Seconds until a thousandth of whatever the filters began with is left: so much signal is read before the page's left edge. */
export function warmUpSeconds(sections: readonly Section[], rateHz: number): number {
  let slowest = 0;
  for (const { a1, a2 } of sections) {
    const root = a1 * a1 - 4 * a2;
    const radius = root < 0 ? Math.sqrt(a2) : (Math.abs(a1) + Math.sqrt(root)) / 2;
    slowest = Math.max(slowest, Math.log(SETTLED) / Math.log(radius) / rateHz);
  }
  return Math.min(LONGEST_WARM_UP_S, slowest);
}

/**
 * Filters one unbroken stretch in place. It begins as if its first value had always been there, so that an electrode's offset
 * makes no step.
 */
export function filterInPlace(values: Float32Array, sections: readonly Section[]): void {
  for (const { b0, b1, b2, a1, a2 } of sections) {
    if (values.length === 0) return;
    const rest = values[0]!;
    const settled = (rest * (b0 + b1 + b2)) / (1 + a1 + a2);
    let s1 = settled - b0 * rest;
    let s2 = b2 * rest - a2 * settled;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      const y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b2 * x - a2 * y;
      values[i] = y;
    }
  }
}
