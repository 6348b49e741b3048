// Makes messages as the server sends them, for the unit tests.
import { create } from '@bufbuild/protobuf';
import { Codec, EegBlockSchema, type EegBlock } from './generated/vigil/v1/eeg_pb';
import { DetectionSchema, Event_State, EventSchema, type Detection, type Event } from './generated/vigil/v1/detection_pb';
import { VitalSchema, type Vital } from './generated/vigil/v1/vitals_pb';

/** 2026-01-01T00:00:00Z */
export const START_US = 1_767_225_600_000_000;

export interface BlockWish {
  first?: number;
  rate?: [number, number];
  channels?: number[][];
  codec?: Codec;
  stream?: string;
  isolated?: boolean;
  startUs?: number;
  scale?: number;
  offset?: number;
  unit?: string;
}

export function block(wish: BlockWish = {}): EegBlock {
  const { first = 0, rate = [256, 1], channels = [[1, 2, 3, 4]], codec = Codec.INT16_LE, stream = 's', isolated = false, scale = 1, offset = 0, unit = 'uV' } = wish;
  const width = codec === Codec.INT24_LE ? 3 : 2;
  const data: number[] = [];
  for (const values of channels) for (const value of values) for (let byte = 0; byte < width; byte++) data.push((value >> (8 * byte)) & 255);
  const startUs = wish.startUs ?? START_US + Math.round((first * 1e6 * rate[1]) / rate[0]);
  return create(EegBlockSchema, {
    device: 'd',
    stream,
    firstSample: BigInt(first),
    rateNumerator: rate[0],
    rateDenominator: rate[1],
    startTimeUs: BigInt(startUs),
    channels: channels.map((_, index) => ({ label: `C${index}`, unit, scale, offset })),
    samples: channels[0]!.length,
    codec,
    data: Uint8Array.from(data),
    isolated,
  });
}

export const ramp = (samples: number, from = 0): number[] => Array.from({ length: samples }, (_, index) => from + index);

export function detection(endUs: number, score: number | null, stream = 's'): Detection {
  return create(DetectionSchema, { device: 'd', stream, endTimeUs: BigInt(endUs), scoreQ16: score === null ? 0 : Math.round(score * 65536), notEvaluated: score === null });
}

export function heartRate(timeUs: number, value: number, source = 'watch'): Vital {
  return create(VitalSchema, { name: 'heart_rate', unit: '/min', value, startTimeUs: BigInt(timeUs), source });
}

export function event(id: number, revision: number, onsetUs: number, endUs: number, state = Event_State.ONGOING, prolonged = false): Event {
  return create(EventSchema, { id: Uint8Array.of(id), revision, state, span: { onsetUs: BigInt(onsetUs), endUs: BigInt(endUs), prolonged } });
}
