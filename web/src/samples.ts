// Reads the samples of an EegBlock: channel after channel, 16 or 24 bit little endian, to microvolts.
import { Codec, type Channel, type EegBlock } from './generated/vigil/v1/eeg_pb';

const MICROVOLTS_PER: Record<string, number> = { uV: 1, mV: 1e3, V: 1e6, nV: 1e-3 };

export const bytesPerSample = (codec: Codec): number => (codec === Codec.INT16_LE ? 2 : codec === Codec.INT24_LE ? 3 : 0);

/** True where the block's sizes agree with each other, so that it can be read; anything else is left out and counted. */
export function readable(block: EegBlock): boolean {
  const width = bytesPerSample(block.codec);
  return (
    width > 0 &&
    block.samples > 0 &&
    block.channels.length > 0 &&
    block.rateNumerator > 0 &&
    block.rateDenominator > 0 &&
    block.data.length === width * block.samples * block.channels.length
  );
}

/** Writes channel `index` of a readable block into `out` (at least `samples` long), in microvolts. */
export function readChannel(block: EegBlock, index: number, out: Float32Array): void {
  const { samples, data } = block;
  const channel = block.channels[index] as Channel;
  const factor = MICROVOLTS_PER[channel.unit] ?? 1;
  const scale = channel.scale * factor;
  const offset = channel.offset * factor;
  if (block.codec === Codec.INT16_LE) {
    let at = index * samples * 2;
    for (let i = 0; i < samples; i++, at += 2) {
      out[i] = (((data[at]! | (data[at + 1]! << 8)) << 16) >> 16) * scale + offset;
    }
    return;
  }
  let at = index * samples * 3;
  for (let i = 0; i < samples; i++, at += 3) {
    out[i] = (((data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16)) << 8) >> 8) * scale + offset;
  }
}
