// A device that sends a signal in real time, a block each quarter of a second, as `POST /v1/eeg/blocks` takes it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const RATE = [17361, 100];
const BLOCK = 43;

/** Samples of one recording of the Bonn data set, in microvolts. */
export function bonn(set, index) {
  const folder = join(process.env.VIGIL_DATA, 'bonn', set);
  const file = readdirSync(folder).sort()[index];
  return readFileSync(join(folder, file), 'utf8').trim().split(/\s+/).map(Number);
}

export class Device {
  /**
   * `signal(index)` is the value of a sample; `channels` of them alike, each with its own offset in time. Several devices of one
   * patient share `key` and differ in `name`.
   */
  constructor(server, patient, signal, channels = 1, { key = server.key(patient), name = `device-${patient}` } = {}) {
    Object.assign(this, { server, patient, signal, channels, key, name, next: 0, running: true, stream: `s${Date.now()}` });
    this.startUs = Date.now() * 1000;
  }

  timeUs(sample) {
    return this.startUs + Math.round((sample * 1e6 * RATE[1]) / RATE[0]);
  }

  block(first) {
    const labels = Array.from({ length: this.channels }, (_, index) => `C${index + 1}`);
    return {
      device: this.name,
      stream: this.stream,
      first_sample: first,
      rate_numerator: RATE[0],
      rate_denominator: RATE[1],
      start_time_us: this.timeUs(first),
      channels: labels.map((label) => ({ label, unit: 'uV', scale: 1 })),
      samples: BLOCK,
      data: labels.map((_, channel) => Array.from({ length: BLOCK }, (_, index) => this.signal(first + index + channel * 7))),
    };
  }

  /** Sends until stop(); what could not be delivered is sent again, as a device with a store does. */
  async run() {
    while (this.running) {
      const due = this.timeUs(this.next + BLOCK) / 1000;
      await wait(Math.max(0, due - Date.now()));
      if (!this.running) break;
      try {
        await this.server.post('/v1/eeg/blocks', this.block(this.next), this.key);
        this.next += BLOCK;
      } catch (error) {
        this.fault = error;
        await wait(100);
      }
    }
  }

  start() {
    this.done = this.run();
    return this;
  }

  async stop() {
    this.running = false;
    await this.done;
  }

  async end() {
    await this.stop();
    await this.server.post('/v1/eeg/streams/end', { device: this.name, stream: this.stream, end_sample: this.next }, this.key);
  }

  async heartRate(value) {
    const vital = { name: 'heart_rate', unit: '/min', source: 'test watch', value, start_time_us: Date.now() * 1000 };
    await this.server.post('/v1/vitals', { vitals: [vital] }, this.key);
  }
}

/** A quiet background: two slow waves. */
export const quiet = (index) => Math.round(25 * Math.sin(index / 2.9) + 15 * Math.sin(index / 41));
