import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { EegBlockSchema } from '../generated/vigil/v1/eeg_pb';
import { Clocks, type Clock } from './clocks';
import { runsOf } from './heart_trace';

const DAY_US = 86_400e6;
const NOON_US = Date.parse('2026-11-24T12:00:00Z') * 1000;
const time = (us: number) => `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`;

/** Right at noon, and 100 ppm fast (`sign` 1) or slow from then on, for a day. */
const drifting = (device: string, data: Clock['data'], sign: number): Clock => ({
  device,
  data,
  grows_ppm: -100 * sign,
  corrections: [
    { device_us: NOON_US, by_us: 0 },
    { device_us: NOON_US + DAY_US + sign * 8_640_000, by_us: -8_640_000 * sign },
  ],
});

const known = (...clocks: Clock[]) => {
  const made = new Clocks();
  made.take(clocks);
  made.asked = true;
  return made;
};

describe('the one time axis of a patient', () => {
  it('has EEG and beats of the same moment at the same place, after a day of clocks that run apart', () => {
    const clocks = known(drifting('cap', 'eeg', 1), drifting('strap', 'beats', -1));
    for (const hour of [1, 12, 24, 24.1]) {
      const us = NOON_US + hour * 3600e6;
      const off = hour * 360_000;
      const block = clocks.block(create(EegBlockSchema, { device: 'cap', startTimeUs: BigInt(us + off) }));
      const [run] = runsOf([{ device: 'strap', stream: 's', first_beat: 0, start_time: time(us - off), rr_us: [800_000] }], [], (device, data, deviceUs) => clocks.vigilUs(device, data, deviceUs));
      expect(Math.abs(Number(block.startTimeUs) - us)).toBeLessThan(1_000);
      expect(Math.abs(run!.points[0]!.fromUs - us)).toBeLessThan(1_000);
    }
  });

  it('leaves alone what is not known: other devices, other data, separate windows', () => {
    const clocks = known(drifting('cap', 'eeg', 1));
    const us = NOON_US + DAY_US;
    expect(clocks.byUs('cap', 'beats', us)).toBe(0);
    expect(clocks.byUs('other', 'eeg', us)).toBe(0);
    expect(clocks.block(create(EegBlockSchema, { device: 'cap', isolated: true, startTimeUs: BigInt(us) })).startTimeUs).toBe(BigInt(us));
    expect(clocks.byUs('cap', 'eeg', NOON_US - 3600e6)).toBe(0);
    expect(new Clocks().byUs('cap', 'eeg', us)).toBe(0);
  });

  it('asks devices for all that they may have of a stretch, by their own times', () => {
    const clocks = known(drifting('fast', 'eeg', 1), drifting('slow', 'eeg', -1));
    const [from, until] = clocks.deviceRange('eeg', NOON_US + DAY_US, NOON_US + DAY_US + 10e6);
    expect(from).toBeLessThanOrEqual(NOON_US + DAY_US - 8_640_000);
    expect(until).toBeGreaterThanOrEqual(NOON_US + DAY_US + 10e6 + 8_640_000);
    expect(until - from).toBeLessThan(28e6);
    expect(clocks.deviceRange('beats', 5, 6)).toEqual([5, 6]);
  });

  it('tells of what is worth telling, and that a clock turned out to be another', () => {
    const clocks = known(drifting('cap', 'eeg', 1));
    expect(clocks.toldUs('cap', 'eeg', NOON_US + DAY_US)).toBeCloseTo(-8_640_000, -4);
    expect(clocks.toldUs('cap', 'eeg', NOON_US + 60e6)).toBeNull();
    expect(clocks.take([drifting('cap', 'eeg', 1)])).toBe(false);
    const longer = drifting('cap', 'eeg', 1);
    expect(clocks.take([{ ...longer, corrections: [...longer.corrections, { device_us: NOON_US + 2 * DAY_US, by_us: -17_279_000 }] }])).toBe(false);
    expect(clocks.take([{ ...longer, corrections: [...longer.corrections, { device_us: NOON_US + 2 * DAY_US, by_us: -20_000 }] }])).toBe(true);
  });
});
