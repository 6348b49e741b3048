// Blocks of any time and any channels, for tests of history: what a device with a store sends afterwards.
export const TEN_TWENTY = ['Fp1', 'Fp2', 'F7', 'F3', 'Fz', 'F4', 'F8', 'T7', 'C3', 'Cz', 'C4', 'T8', 'P7', 'P3', 'Pz', 'P4', 'P8', 'O1', 'O2'];
export const RATE = 256;

/** A background that looks like one: alpha behind, slower waves in front, each channel its own; made by a formula, so SYNTHETIC. */
export const background = (index, channel) => {
  const t = index / RATE + channel * 1.7;
  return Math.round(18 * Math.sin(2 * Math.PI * 9.7 * t) * (0.4 + channel / 24) + 14 * Math.sin(2 * Math.PI * 3.1 * t + channel) + 9 * Math.sin(2 * Math.PI * 17.3 * t) + 10 * Math.sin(2 * Math.PI * 0.9 * t));
};

export class Recorded {
  constructor(server, patient, { labels = TEN_TWENTY, signal = background, name = `device-${patient}`, synthetic = true, declared = {} } = {}) {
    Object.assign(this, { server, patient, labels, signal, name, synthetic, declared, key: server.key(patient), originUs: Date.now() * 1000 - 8 * 86_400e6 });
  }

  /** Sends whole seconds [fromS, untilS) as Unix times; the index is what a device that never stopped would have. */
  async send(fromS, untilS, step = 10) {
    for (let second = fromS; second < untilS; second += step) {
      const seconds = Math.min(step, untilS - second);
      const first = this.firstOf(second);
      const data = this.labels.map((_, channel) => Array.from({ length: seconds * RATE }, (_, index) => this.signal(first + index, channel)));
      await this.server.post('/v1/eeg/blocks', this.block(second, seconds, JSON.stringify(data)), this.key);
    }
    return this;
  }

  firstOf(second) {
    return Math.round((second - Math.floor(this.originUs / 1e6)) * RATE);
  }

  /** The body of a block of whole seconds; `data` is its samples' JSON. */
  block(second, seconds, data) {
    const rest = {
      device: this.name,
      stream: 's1',
      first_sample: this.firstOf(second),
      rate_numerator: RATE,
      rate_denominator: 1,
      start_time_us: second * 1e6,
      synthetic: this.synthetic,
      ...this.declared,
      channels: this.labels.map((label) => ({ label, unit: 'uV', scale: 1 })),
      samples: seconds * RATE,
    };
    return `${JSON.stringify(rest).slice(0, -1)},"data":${data}}`;
  }

  /** Sends on in real time until stop(). */
  start() {
    this.running = true;
    this.done = (async () => {
      for (let second = Math.floor(Date.now() / 1000) - 1; this.running; second++) {
        await new Promise((next) => setTimeout(next, Math.max(0, (second + 1) * 1000 - Date.now())));
        if (this.running) await this.send(second, second + 1, 1);
      }
    })();
    return this;
  }

  async stop() {
    this.running = false;
    await this.done;
  }
}
