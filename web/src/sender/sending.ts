// Sends a recording in real time: each block is kept before it is sent and let go once it is answered. After a time without a
// network the newest go first, so that the live picture is back at once; the older ones follow beside it.
import type { Letter, Outbox } from './outbox';
import type { Recording } from './recording';
import type { SetUp } from './set_up';

/** Blocks of so much signal. */
export const BLOCK_MS = 1000;
/** So many blocks in one request, at first and once it goes well (intake takes 64): a slow network shows the newest soon. */
const FIRST_BATCH = 2;
const LARGEST_BATCH = 32;
/** A request that took so long makes the next ones smaller: a block that is made meanwhile waits no longer. */
const SLOW_MS = 1500;
/** An answer that has not come by then is not waited for: with the pause, which a new block ends, the newest is there 5 s after a
 * network is back that swallowed what was under way. On a slow network it grows. */
const FIRST_TIMEOUT_MS = 4000;
const LONGEST_TIMEOUT_MS = 20_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

/** What became of blocks; `detail` is the server's word where it gave one. */
export interface Answer {
  state: 'accepted' | 'duplicate' | 'quarantined' | 'refused' | 'unreachable' | 'ended' | 'pressed';
  firstSample: number;
  blocks: number;
  ms: number;
  detail: string;
}

export type Post = (path: string, body: object, key: string, timeoutMs: number) => Promise<{ status: number; body: unknown }>;

interface BlockResult {
  status?: string;
  code?: string;
  detail?: string;
}

export interface Clock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

/** A status that means: try again later. All others but success are for good. */
const later = (status: number) => status === 0 || status === 408 || status === 429 || status >= 500;
/** The key does not count: nothing is refused for good because of it. */
const locked = (status: number) => status === 401 || status === 403;

/** The next block of a recording in real time. */
export class Pace {
  next = 0;
  readonly stream: string;

  constructor(
    private readonly recording: Recording,
    private readonly setUp: SetUp,
    private readonly startMs: number,
    private readonly repeats: boolean,
  ) {
    this.stream = new Date(startMs).toISOString().slice(0, 19);
  }

  private get hertz(): number {
    return this.recording.rate[0] / this.recording.rate[1];
  }

  private get blockSamples(): number {
    return Math.max(1, Math.round((this.hertz * BLOCK_MS) / 1000));
  }

  get ended(): boolean {
    return !this.repeats && this.next >= this.recording.samples;
  }

  /** When the next block is complete, as a device would have it. */
  get dueMs(): number {
    return this.startMs + ((this.next + this.length()) / this.hertz) * 1000;
  }

  private length(): number {
    const left = this.recording.samples - (this.repeats ? this.next % this.recording.samples : this.next);
    return Math.min(this.blockSamples, left);
  }

  take(): Letter {
    const { recording, setUp } = this;
    const count = this.length();
    const from = this.repeats && Number.isFinite(recording.samples) ? this.next % recording.samples : this.next;
    const body = {
      device: setUp.device,
      stream: this.stream,
      first_sample: this.next,
      rate_numerator: recording.rate[0],
      rate_denominator: recording.rate[1],
      start_time_us: Math.round((this.startMs + (this.next / this.hertz) * 1000) * 1000),
      channels: recording.channels,
      data: recording.read(from, count),
      ...(recording.synthetic ? { synthetic: true } : {}),
    };
    this.next += count;
    return { kind: 'block', patient: setUp.patient, body };
  }

  end(): Letter {
    return { kind: 'end', patient: this.setUp.patient, body: { device: this.setUp.device, stream: this.stream, end_sample: this.next } };
  }
}

export class Sending {
  private running = true;
  private pauseMs = FIRST_PAUSE_MS;
  private batch = FIRST_BATCH;
  private timeoutMs = FIRST_TIMEOUT_MS;
  private wake: () => void = () => {};

  constructor(
    private readonly outbox: Outbox,
    private readonly setUp: SetUp,
    private readonly post: Post,
    private readonly clock: Clock,
    private readonly tell: (answer: Answer) => void,
  ) {}

  /** Keeps each block of the recording from the moment that it is due; returns once it has ended or was stopped. */
  async produce(pace: Pace): Promise<void> {
    while (this.running && !pace.ended) {
      await this.clock.wait(Math.max(0, pace.dueMs - this.clock.nowMs()));
      if (!this.running) break;
      await this.outbox.put(pace.take());
      this.wake();
    }
    await this.outbox.put(pace.end());
    this.wake();
  }

  stop(): void {
    this.running = false;
  }

  /** The patient calls. Named, so that the same press sent twice calls once; kept until it is answered. */
  async press(): Promise<void> {
    await this.outbox.put({ kind: 'press', patient: this.setUp.patient, body: { device: this.setUp.device, press: crypto.randomUUID() }, pressedMs: this.clock.nowMs() });
    this.again();
  }

  /** The network is back, says the browser: no pause is waited out. */
  again(): void {
    this.pauseMs = FIRST_PAUSE_MS;
    this.wake();
  }

  /** Empties the outbox, the newest first, until it is empty and `finished` says that nothing more comes. */
  async deliver(finished: () => boolean): Promise<void> {
    for (;;) {
      const letters = await this.outbox.newest(this.setUp.patient, this.batch);
      if (letters.length === 0) {
        if (finished()) return;
        await this.rest(BLOCK_MS);
        continue;
      }
      const started = this.clock.nowMs();
      const delivered = await this.sendSome(letters);
      const tookMs = this.clock.nowMs() - started;
      if (delivered) {
        this.pauseMs = FIRST_PAUSE_MS;
        this.timeoutMs = Math.min(LONGEST_TIMEOUT_MS, Math.max(FIRST_TIMEOUT_MS, 2 * tookMs));
        this.batch = tookMs > SLOW_MS ? Math.max(1, this.batch >> 1) : Math.min(LARGEST_BATCH, this.batch * 2);
      } else {
        // Only where nothing at all was answered was the time too short.
        if (tookMs >= this.timeoutMs) this.timeoutMs = Math.min(LONGEST_TIMEOUT_MS, this.timeoutMs * 2);
        this.batch = FIRST_BATCH;
        await this.rest(this.pauseMs);
        this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
      }
    }
  }

  private rest(ms: number): Promise<void> {
    return Promise.race([this.clock.wait(ms), new Promise<void>((resolve) => void (this.wake = resolve))]);
  }

  /** A press goes before everything else, the end of a stream when no block of it is left; false when nothing could be delivered now. */
  private sendSome(letters: Letter[]): Promise<boolean> {
    const press = letters.find(({ kind }) => kind === 'press');
    if (press) return this.sendPress(press);
    const blocks = letters.filter(({ kind }) => kind === 'block');
    return blocks.length > 0 ? this.sendBlocks(blocks) : this.sendEnd(letters[0]!);
  }

  private async sendBlocks(letters: Letter[]): Promise<boolean> {
    const started = this.clock.nowMs();
    const { status, body } = await this.post('/v1/eeg/blocks', { blocks: letters.map((letter) => letter.body) }, this.setUp.key, this.timeoutMs);
    const ms = Math.round(this.clock.nowMs() - started);
    const results = (body as { results?: BlockResult[] } | null)?.results;
    if (status >= 200 && status < 300 && results) {
      await this.settle(letters, results, ms);
      return true;
    }
    const answer = { firstSample: firstOf(letters), blocks: letters.length, ms, detail: detailOf(body, status) };
    if (later(status) || locked(status)) {
      this.tell({ state: locked(status) ? 'refused' : 'unreachable', ...answer });
      return false;
    }
    // One faulty block refuses its request: each by itself is told apart.
    if (letters.length > 1) {
      for (const letter of letters) if (!(await this.sendBlocks([letter]))) return false;
      return true;
    }
    await this.outbox.remove(letters.map(({ id }) => id!));
    this.tell({ state: 'refused', ...answer });
    return true;
  }

  private async settle(letters: Letter[], results: BlockResult[], ms: number): Promise<void> {
    const kept = letters.filter((_, at) => /^(overloaded|unavailable)$/.test(results[at]?.code ?? ''));
    await this.outbox.remove(letters.filter((letter) => !kept.includes(letter)).map(({ id }) => id!));
    for (const state of STATES) {
      const these = letters.filter((letter, at) => !kept.includes(letter) && stateOf(results[at]) === state);
      if (these.length > 0) this.tell({ state, firstSample: firstOf(these), blocks: these.length, ms, detail: results[letters.indexOf(these[0]!)]?.detail ?? '' });
    }
  }

  private sendEnd(letter: Letter): Promise<boolean> {
    return this.sendOne('/v1/eeg/streams/end', letter, letter.body, 'ended', (letter.body as { end_sample: number }).end_sample);
  }

  private sendPress(letter: Letter): Promise<boolean> {
    const ago = Math.max(0, Math.floor((this.clock.nowMs() - letter.pressedMs!) / 1000));
    return this.sendOne('/v1/events/button', letter, { ...letter.body, age_s: ago }, 'pressed', 0);
  }

  private async sendOne(path: string, letter: Letter, body: object, done: Answer['state'], firstSample: number): Promise<boolean> {
    const started = this.clock.nowMs();
    const { status, body: said } = await this.post(path, body, this.setUp.key, this.timeoutMs);
    const answer = { firstSample, blocks: 0, ms: Math.round(this.clock.nowMs() - started) };
    if (later(status) || locked(status)) {
      this.tell({ state: locked(status) ? 'refused' : 'unreachable', ...answer, detail: detailOf(said, status) });
      return false;
    }
    await this.outbox.remove([letter.id!]);
    this.tell({ state: status < 300 ? done : 'refused', ...answer, detail: status < 300 ? '' : detailOf(said, status) });
    return true;
  }
}

const STATES = ['accepted', 'duplicate', 'quarantined', 'refused'] as const;
const stateOf = (result: BlockResult | undefined) => STATES.find((state) => state === result?.status) ?? 'refused';

const firstOf = (letters: Letter[]) => Math.min(...letters.map(({ body }) => (body as { first_sample: number }).first_sample));

const detailOf = (body: unknown, status: number) => (body as { detail?: string } | null)?.detail ?? (status === 0 ? '' : String(status));
