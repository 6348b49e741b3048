// How far the clocks of a patient's devices were off Vigil's, as the server found out, so that everything lies on one time axis: Vigil's.
import type { Detection } from '../generated/vigil/v1/detection_pb';
import type { Block } from './block';
import { askJson, type Ask } from './history';

export type Data = 'eeg' | 'beats' | 'values';

export interface Clock {
  device: string;
  data: Data;
  /** How fast the correction grows behind the last one. */
  grows_ppm: number;
  /** In order; straight lines between them. */
  corrections: readonly { device_us: number; by_us: number }[];
}

const AGAIN_MS = 60_000;
const AFTER_FAULT_MS = 5_000;
/** What is shown is laid anew where a correction has become another by more: a clock was set. */
const ANOTHER_US = 50_000;
/** A reader is told of as much. */
const TOLD_US = 50_000;
/** What a clock was off this long around a stretch counts for it too: it may have been set there. */
const AROUND_US = 120e6;

export class Clocks {
  /** The server was asked once, whatever came of it: until then nothing can be laid out. */
  asked = false;
  private readonly clocks = new Map<string, Clock>();
  private timer = 0;
  private readonly asking = new AbortController();

  /** Microseconds to add to a device's time for Vigil's; 0 where nothing is known. */
  byUs(device: string, data: Data, deviceUs: number): number {
    const clock = this.clocks.get(keyOf(device, data));
    const last = clock?.corrections.at(-1);
    if (!clock || !last) return 0;
    if (deviceUs >= last.device_us) return Math.round(last.by_us + (clock.grows_ppm / 1e6) * (deviceUs - last.device_us));
    let [low, after] = [0, clock.corrections.length - 1]; // the first that is later
    while (low < after) {
      const middle = (low + after) >> 1;
      if (clock.corrections[middle]!.device_us > deviceUs) after = middle;
      else low = middle + 1;
    }
    const b = clock.corrections[after]!;
    const a = clock.corrections[after - 1] ?? b;
    return Math.round(a === b ? b.by_us : a.by_us + ((b.by_us - a.by_us) * (deviceUs - a.device_us)) / (b.device_us - a.device_us));
  }

  vigilUs(device: string, data: Data, deviceUs: number): number {
    return deviceUs + this.byUs(device, data, deviceUs);
  }

  /** What has to be added around a moment of Vigil's time, where it is worth telling; else null. */
  toldUs(device: string, data: Data, vigilUs: number): number | null {
    const by = this.byUs(device, data, vigilUs - this.byUs(device, data, vigilUs));
    return Math.abs(by) >= TOLD_US ? by : null;
  }

  /** The stretch of devices' own time that has all that was measured in [fromUs, untilUs), also by devices that are not known. */
  deviceRange(data: Data, fromUs: number, untilUs: number): [number, number] {
    let [least, most] = [0, 0];
    for (const clock of this.clocks.values()) {
      if (clock.data !== data) continue;
      const near = clock.corrections.filter(({ device_us }) => device_us > fromUs - AROUND_US && device_us < untilUs + AROUND_US).map(({ by_us }) => by_us);
      for (const by of [...near, this.byUs(clock.device, data, fromUs), this.byUs(clock.device, data, untilUs)]) [least, most] = [Math.min(least, by), Math.max(most, by)];
    }
    return [Math.floor(fromUs - most), Math.ceil(untilUs - least)];
  }

  /** A block at Vigil's time. */
  block(block: Block): Block {
    const by = block.isolated ? 0 : this.byUs(block.device, 'eeg', Number(block.startTimeUs));
    return by === 0 ? block : { ...block, startTimeUs: block.startTimeUs + BigInt(by) };
  }

  detection(detection: Detection): Detection {
    const by = this.byUs(detection.device, 'eeg', Number(detection.endTimeUs));
    return by === 0 ? detection : { ...detection, endTimeUs: detection.endTimeUs + BigInt(by) };
  }

  /** True where something that was laid out before lies elsewhere now. */
  take(clocks: readonly Clock[]): boolean {
    const before = new Map(this.clocks);
    this.clocks.clear();
    for (const clock of clocks) this.clocks.set(keyOf(clock.device, clock.data), clock);
    if (!this.asked) return false;
    const old = new Clocks();
    for (const [key, clock] of before) old.clocks.set(key, clock);
    return clocks.some(({ device, data, corrections }) => corrections.some(({ device_us, by_us }) => Math.abs(old.byUs(device, data, device_us) - by_us) > ANOTHER_US));
  }

  /** Asks now and each minute; `onNews` says whether something lies elsewhere now. */
  follow(patient: string, ask: Ask, onNews: (isMoved: boolean) => void): void {
    void askJson<{ clocks: Clock[] }>(ask, `/v1/patients/${encodeURIComponent(patient)}/clocks`, this.asking.signal)
      .then(({ clocks }) => ({ isMoved: this.take(clocks), againMs: AGAIN_MS }))
      .catch(() => ({ isMoved: false, againMs: AFTER_FAULT_MS }))
      .then(({ isMoved, againMs }) => {
        if (this.asking.signal.aborted) return;
        this.asked = true;
        this.timer = window.setTimeout(() => this.follow(patient, ask, onNews), againMs);
        onNews(isMoved);
      });
  }

  release(): void {
    clearTimeout(this.timer);
    this.asking.abort();
  }
}

const keyOf = (device: string, data: Data) => `${data}\n${device}`;
