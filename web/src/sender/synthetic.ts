// The sender's built-in recording: four channels of background with a spike-and-wave seizure every two minutes. Made by a model, and marked so.
import { words } from '../words';
import type { Recording } from './recording';

const HERTZ = 256;
const EVERY_S = 120;
const SEIZURE_S = 25;
const ONSET_S = 20;
const LABELS = ['Fp1-F7', 'F7-T7', 'Fp2-F8', 'F8-T8'];

/** The same values for the same index, so that a block that is made again is the same block. */
function noise(index: number, channel: number): number {
  let hash = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(channel + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32 - 0.5;
}

/** Tenths of a microvolt. */
function sample(index: number, channel: number): number {
  const t = index / HERTZ;
  const background = 180 * Math.sin(2 * Math.PI * 9.5 * t + channel) + 120 * Math.sin(2 * Math.PI * 2.1 * t + 2 * channel) + 300 * noise(index, channel);
  const within = t % EVERY_S;
  if (within < ONSET_S || within >= ONSET_S + SEIZURE_S) return Math.round(background);
  // Three a second: a spike of 50 ms and a slow wave.
  const phase = (within * 3) % 1;
  const spike = phase < 0.15 ? 3500 * Math.sin((Math.PI * phase) / 0.15) : -1800 * Math.sin((Math.PI * (phase - 0.15)) / 0.85);
  return Math.round(background + spike);
}

export const builtIn = (): Recording => ({
  name: words.sender.builtIn,
  channels: LABELS.map((label) => ({ label, unit: 'uV', scale: 0.1, offset: 0 })),
  rate: [HERTZ, 1],
  samples: Number.POSITIVE_INFINITY,
  synthetic: true,
  leftOut: [],
  read: (first, count) => LABELS.map((_, channel) => Array.from({ length: count }, (_, at) => sample(first + at, channel))),
});
