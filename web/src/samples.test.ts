import { describe, expect, it } from 'vitest';
import { Codec } from './generated/vigil/v1/eeg_pb';
import { readable, readChannel } from './samples';
import { block } from './test_data';

const read = (wish: Parameters<typeof block>[0], channel: number) => {
  const made = block(wish);
  const out = new Float32Array(made.samples);
  readChannel(made, channel, out);
  return [...out];
};

describe('samples', () => {
  it('reads 16-bit samples to the ends of their range', () => {
    expect(read({ channels: [[0, 1], [-32768, 32767]] }, 1)).toEqual([-32768, 32767]);
  });
  it('reads 24-bit samples to the ends of their range', () => {
    expect(read({ codec: Codec.INT24_LE, channels: [[0, 1, 2], [-8388608, -1, 8388607]] }, 1)).toEqual([-8388608, -1, 8388607]);
  });
  it('applies scale and offset, and turns millivolts into microvolts', () => {
    expect(read({ channels: [[2, -2]], scale: 0.5, offset: 1, unit: 'mV' }, 0)).toEqual([2000, 0]);
  });
  it('does not take a block whose sizes disagree', () => {
    const short = block();
    short.data = short.data.subarray(1);
    expect(readable(short)).toBe(false);
    const unknown = block();
    unknown.codec = Codec.LPC_RICE;
    expect(readable(unknown)).toBe(false);
    const still = block();
    still.rateNumerator = 0;
    expect(readable(still)).toBe(false);
    expect(readable(block())).toBe(true);
  });
});
