// Electrodes from channel labels, and montages as differences of channels. Pure.
// A montage is made only where the channels allow it: else the reader says why not.

export type MontageName = 'recorded' | 'bipolar' | 'average';
export const MONTAGES: readonly MontageName[] = ['recorded', 'bipolar', 'average'];

/** One trace: the weighted sum of channels. */
export interface Derivation {
  label: string;
  terms: { channel: number; weight: number }[];
}

export type Refusal = 'already-bipolar' | 'no-electrodes' | 'mixed-references' | 'no-neighbours' | 'too-few-for-average';

export type Montage = { derivations: Derivation[]; missing: string[]; refusal?: undefined } | { refusal: Refusal; derivations?: undefined };

export interface Electrode {
  name: string;
  /** What it is measured against as the label says: '' where it says nothing. */
  reference: string;
}

/** Fewer make an average that is mostly the signal itself. */
export const LEAST_FOR_AVERAGE = 8;

/** The longitudinal bipolar montage by the 10-20 system, left to right. source: ACNS Guideline 3 (2016), longitudinal bipolar. */
const CHAINS: readonly (readonly string[])[] = [
  ['Fp1', 'F7', 'T7', 'P7', 'O1'],
  ['Fp1', 'F3', 'C3', 'P3', 'O1'],
  ['Fz', 'Cz', 'Pz'],
  ['Fp2', 'F4', 'C4', 'P4', 'O2'],
  ['Fp2', 'F8', 'T8', 'P8', 'O2'],
];

/** Names of the older 10-20 system. */
const OLD_NAMES: Record<string, string> = { T3: 'T7', T4: 'T8', T5: 'P7', T6: 'P8' };
const POSITION = /^(?:Fp[z12]|N?z|AF[z1-9]|AF10|F(?:z|[1-9]|10)|F[TC](?:z|[1-9]|10)|C(?:z|[1-6])|T(?:[3-9]|10)|[CT]P(?:z|[1-9]|10)|P(?:z|[1-9]|10)|PO(?:z|[1-9]|10)|O[z12]|Iz)$/;
const REFERENCES = new Set(['REF', 'LE', 'AR', 'AV', 'AVG', 'AVE', 'CAR', 'A1', 'A2', 'M1', 'M2', 'A1A2', 'M1M2', 'A12', 'G2', 'CS2']);

/** 'FP1' and 'fp1' are Fp1; null for what is no place on the scalp. */
function position(text: string): string | null {
  const folded = text.toUpperCase().replace(/^FP/, 'Fp').replace(/Z$/, 'z');
  const name = OLD_NAMES[folded] ?? folded;
  return POSITION.test(name) ? name : null;
}

/** The electrode that a label names, such as 'EEG Fp1-REF'; null for a bipolar channel and for what is no EEG electrode. */
export function electrodeOf(label: string): Electrode | null {
  const [first, second, ...more] = label.trim().replace(/^EEG\s+/i, '').split(/\s*-\s*/);
  if (more.length > 0) return null;
  const name = position(first ?? '');
  if (!name) return null;
  if (second === undefined) return { name, reference: '' };
  const reference = second.toUpperCase().replace(/[^A-Z0-9]/g, '');
  return REFERENCES.has(reference) ? { name, reference } : null;
}

/** True for a channel between two places on the scalp. */
export function isBipolar(label: string): boolean {
  const parts = label.trim().replace(/^EEG\s+/i, '').split(/\s*-\s*/);
  // Some files number a channel that they have twice: 'T8-P8-1'.
  return parts.length >= 2 && position(parts[0]!) !== null && position(parts[1]!) !== null;
}

/** Which half of the head a channel is of: odd numbers are left, even ones right; null in the middle, across, or for no EEG channel. */
export function sideOf(label: string): 'left' | 'right' | null {
  const electrode = electrodeOf(label);
  const names = electrode ? [electrode.name] : isBipolar(label) ? label.trim().replace(/^EEG\s+/i, '').split(/\s*-\s*/).slice(0, 2).map((part) => position(part)!) : [];
  const sides = new Set(names.map((name) => /\d+$/.exec(name)?.[0]).map((number) => (number === undefined ? null : Number(number) % 2 === 1 ? 'left' : 'right')));
  return sides.size === 1 ? [...sides][0]! : null;
}

/** `declaredBipolar`: the sender said so of the whole stream. */
export function montageOf(name: MontageName, labels: readonly string[], declaredBipolar = false): Montage {
  if (name === 'recorded') return { derivations: labels.map((label, channel) => ({ label, terms: [{ channel, weight: 1 }] })), missing: [] };
  if (declaredBipolar || labels.some(isBipolar)) return { refusal: 'already-bipolar' };
  const places = new Map<string, { channel: number; reference: string }>();
  labels.forEach((label, channel) => {
    const electrode = electrodeOf(label);
    if (electrode && !places.has(electrode.name)) places.set(electrode.name, { channel, reference: electrode.reference });
  });
  if (places.size === 0) return { refusal: 'no-electrodes' };
  return name === 'bipolar' ? bipolar(places) : average(places, labels);
}

type Places = Map<string, { channel: number; reference: string }>;

function bipolar(places: Places): Montage {
  const derivations: Derivation[] = [];
  const missing = new Set<string>();
  let mixed = false;
  for (const chain of CHAINS) {
    for (const name of chain) if (!places.has(name)) missing.add(name);
    for (let at = 0; at + 1 < chain.length; at++) {
      const [plus, minus] = [places.get(chain[at]!), places.get(chain[at + 1]!)];
      if (!plus || !minus) continue;
      // Against two references the difference of two channels is not the difference of their electrodes.
      if (plus.reference !== minus.reference) {
        mixed = true;
        continue;
      }
      derivations.push({ label: `${chain[at]}-${chain[at + 1]}`, terms: [{ channel: plus.channel, weight: 1 }, { channel: minus.channel, weight: -1 }] });
    }
  }
  if (mixed) return { refusal: 'mixed-references' };
  return derivations.length === 0 ? { refusal: 'no-neighbours' } : { derivations, missing: [...missing] };
}

function average(places: Places, labels: readonly string[]): Montage {
  const all = [...places.entries()];
  if (new Set(all.map(([, { reference }]) => reference)).size > 1) return { refusal: 'mixed-references' };
  if (all.length < LEAST_FOR_AVERAGE) return { refusal: 'too-few-for-average' };
  const share = 1 / all.length;
  // In the order of the recording; what is no electrode, such as an ECG, stays as it was recorded.
  const byChannel = new Map(all.map(([name, { channel }]) => [channel, name]));
  const derivations = labels.map((label, channel): Derivation => {
    const name = byChannel.get(channel);
    if (name === undefined) return { label, terms: [{ channel, weight: 1 }] };
    return { label: `${name}-AV`, terms: all.map(([, place]) => ({ channel: place.channel, weight: (place.channel === channel ? 1 : 0) - share })) };
  });
  return { derivations, missing: [] };
}

/** The values of a trace. shape channels[channel][sample]; all as long as the first. */
export function derive({ terms }: Derivation, channels: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(channels[0]?.length ?? 0);
  for (const { channel, weight } of terms) {
    const from = channels[channel]!;
    for (let i = 0; i < out.length; i++) out[i] = out[i]! + weight * from[i]!;
  }
  return out;
}
