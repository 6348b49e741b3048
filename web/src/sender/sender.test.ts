import { describe, expect, it } from 'vitest';
import type { Letter, Outbox } from './outbox';
import { openRecording, ratio, type Recording } from './recording';
import { Pace, Sending, type Answer, type Post } from './sending';
import { healthAutoExportLink, readLink, senderLink, type SetUp } from './set_up';
import { builtIn } from './synthetic';

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;

interface EdfSignal {
  label: string;
  unit: string;
  physical: [number, number];
  digital: [number, number];
  records: number[][];
}

/** An EDF file of data records of `seconds`. */
function edf(signals: EdfSignal[], seconds: string, reserved = ''): ArrayBuffer {
  const columns = (width: number, text: (signal: EdfSignal) => string) => signals.map((signal) => text(signal).padEnd(width)).join('');
  const count = signals[0]!.records.length;
  const head =
    ['0'.padEnd(8), ''.padEnd(80), ''.padEnd(80), '01.01.26', '00.00.00', String(256 * (signals.length + 1)).padEnd(8), reserved.padEnd(44), String(count).padEnd(8), seconds.padEnd(8), String(signals.length).padEnd(4)].join('') +
    columns(16, ({ label }) => label) +
    columns(80, () => '') +
    columns(8, ({ unit }) => unit) +
    columns(8, ({ physical }) => String(physical[0])) +
    columns(8, ({ physical }) => String(physical[1])) +
    columns(8, ({ digital }) => String(digital[0])) +
    columns(8, ({ digital }) => String(digital[1])) +
    columns(80, () => '') +
    columns(8, ({ records }) => String(records[0]!.length)) +
    columns(32, () => '');
  const data = Array.from({ length: count }, (_, record) => signals.flatMap(({ records }) => records[record]!)).flat();
  const file = new Uint8Array(head.length + 2 * data.length);
  file.set(new TextEncoder().encode(head));
  const view = new DataView(file.buffer, head.length);
  data.forEach((value, at) => view.setInt16(2 * at, value, true));
  return file.buffer;
}

const ramp = (samples: number, from: number) => Array.from({ length: samples }, (_, at) => from + at);

describe('a recording', () => {
  const eeg = (label: string, from: number): EdfSignal => ({ label, unit: 'uV', physical: [-1000, 1000], digital: [-2000, 2000], records: [ramp(100, from), ramp(100, from + 100)] });
  it('of EDF is read across data records, with its scale, labels that occur once, and only what is in volts at one rate', () => {
    const other = { ...eeg('SpO2', 0), unit: '%' };
    const slow = { ...eeg('slow', 0), records: [ramp(10, 0), ramp(10, 0)] };
    const recording = openRecording('a.edf', edf([eeg('T8-P8', 0), slow, other, eeg('T8-P8', 500)], '1'), 0);
    expect(recording.channels).toEqual([
      { label: 'T8-P8', unit: 'uV', scale: 0.5, offset: 0 },
      { label: 'T8-P8 2', unit: 'uV', scale: 0.5, offset: 0 },
    ]);
    expect(recording.rate).toEqual([100, 1]);
    expect(recording.samples).toBe(200);
    expect(recording.read(98, 4)).toEqual([[98, 99, 100, 101], [598, 599, 600, 601]]);
    expect(recording.leftOut).toEqual(['SpO2', 'slow']);
  });
  it('of EDF that is interrupted, damaged or too slow is refused', () => {
    expect(() => openRecording('a.edf', edf([eeg('C', 0)], '1', 'EDF+D'), 0)).toThrow(/interruptions/);
    expect(() => openRecording('a.edf', edf([eeg('C', 0)], '1').slice(0, 300), 0)).toThrow(/damaged/);
    expect(() => openRecording('a.edf', edf([eeg('C', 0)], '10'), 0)).toThrow(/10.0 samples/);
  });
  it('of Bonn has one channel at 173.61 Hz', () => {
    const recording = openRecording('Z001.txt', bytes('12\n-7\n3\n'), 256);
    expect([recording.rate, recording.channels[0]!.label, recording.read(0, 3)]).toEqual([[17361, 100], 'EEG', [[12, -7, 3]]]);
  });
  it('of CSV keeps the places behind the point, and takes its rate from a column of times', () => {
    const recording = openRecording('a.csv', bytes(`time,Fp1,F7\n${ramp(5, 0).map((at) => `${at / 200},${at}.5,${-at}.25`).join('\n')}`), 256);
    expect(recording.rate).toEqual([200, 1]);
    expect(recording.channels.map(({ label, scale }) => [label, scale])).toEqual([['Fp1', 0.01], ['F7', 0.01]]);
    expect(recording.read(1, 2)).toEqual([[150, 250], [-125, -225]]);
    expect(openRecording('b.csv', bytes('1,2\n3,4'), 128).rate).toEqual([128, 1]);
    expect(() => openRecording('c.csv', bytes('a,b\n1,2\n1,x'), 128)).toThrow(/Line 3/);
    expect(() => openRecording('d.txt', bytes('9000000'), 128)).toThrow(/24 bits/);
  });
  it('has a rate that is no float', () => {
    expect(ratio(256, '0.5')).toEqual([512, 1]);
    expect(ratio(100, '0.576')).toEqual([3125, 18]);
  });
  it('that is built in is the same whenever it is read', () => {
    expect(builtIn().read(1000, 5)).toEqual(builtIn().read(998, 7).map((values) => values.slice(2)));
  });
});

class MemoryOutbox implements Outbox {
  letters: Letter[] = [];
  private next = 1;
  put(letter: Letter) {
    this.letters.push({ ...letter, id: this.next });
    return Promise.resolve(this.next++);
  }
  remove(ids: readonly number[]) {
    this.letters = this.letters.filter(({ id }) => !ids.includes(id!));
    return Promise.resolve();
  }
  newest(patient: string, most: number) {
    return Promise.resolve(this.letters.filter((letter) => letter.patient === patient).reverse().slice(0, most));
  }
  count() {
    return Promise.resolve(this.letters.length);
  }
}

const SET_UP: SetUp = { patient: 'ida', device: 'phone-1', key: 'vk_secret' };
const short: Recording = { name: 'r', channels: [{ label: 'C', unit: 'uV', scale: 1, offset: 0 }], rate: [100, 1], samples: 1050, synthetic: false, leftOut: [], read: (first, count) => [ramp(count, first)] };

/** A clock that stands where waiting puts it. */
class StillClock {
  ms = 1_767_225_600_000;
  nowMs = () => this.ms;
  wait = async (ms: number) => {
    await Promise.resolve();
    this.ms += ms;
  };
}

interface SentBlock {
  first_sample: number;
  data: number[][];
  start_time_us: number;
}

class Intake {
  status = 200;
  requests: number[][] = [];
  blocks = new Map<number, SentBlock>();
  ended: number[] = [];
  post = (path: string, body: object) => {
    if (this.status !== 200) return Promise.resolve({ status: this.status, body: { detail: 'away' } });
    if (path === '/v1/eeg/streams/end') {
      this.ended.push((body as { end_sample: number }).end_sample);
      return Promise.resolve({ status: 200, body: { status: 'success' } });
    }
    const { blocks } = body as { blocks: SentBlock[] };
    this.requests.push(blocks.map(({ first_sample }) => first_sample));
    for (const block of blocks) this.blocks.set(block.first_sample, block);
    return Promise.resolve({ status: 200, body: { results: blocks.map(() => ({ status: 'accepted' })) } });
  };
}

describe('sending', () => {
  const parts = () => {
    const [outbox, intake, clock, answers] = [new MemoryOutbox(), new Intake(), new StillClock(), [] as Answer[]];
    const sending = new Sending(outbox, SET_UP, intake.post, clock, (answer) => answers.push(answer));
    return { outbox, intake, clock, answers, sending, pace: new Pace(short, SET_UP, clock.ms, false) };
  };
  it('goes in real time, each sample once, a short last block included, and ends the stream behind the last', async () => {
    const { outbox, intake, clock, sending, pace } = parts();
    const started = clock.ms;
    let finished = false;
    await Promise.all([sending.produce(pace).then(() => (finished = true)), sending.deliver(() => finished)]);
    expect(clock.ms - started).toBeGreaterThanOrEqual(10_500);
    expect([...intake.blocks.keys()].sort((a, b) => a - b)).toEqual(ramp(11, 0).map((at) => at * 100));
    expect(intake.blocks.get(1000)!.data).toEqual([ramp(50, 1000)]);
    expect(intake.blocks.get(300)!.start_time_us - intake.blocks.get(0)!.start_time_us).toBe(3_000_000);
    expect(intake.ended).toEqual([1050]);
    expect(await outbox.count()).toBe(0);
  });
  it('keeps what it cannot deliver and sends the newest first afterwards, few at first', async () => {
    const { outbox, intake, answers, sending, pace } = parts();
    intake.status = 0;
    await sending.produce(pace);
    const delivering = sending.deliver(() => true);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    expect(answers.every(({ state }) => state === 'unreachable')).toBe(true);
    expect(await outbox.count()).toBe(12);
    intake.status = 200;
    await delivering;
    const order = intake.requests.flat();
    expect(order).toEqual([...order].sort((a, b) => b - a));
    expect(order).toHaveLength(11);
    expect(intake.requests[0]!.length).toBeLessThanOrEqual(2);
    expect(intake.ended).toEqual([1050]);
  });
  it('has its newest block there five seconds after an hour away, also where the first request is swallowed, and while the hour follows on a slow network', async () => {
    const { outbox, intake, clock, answers } = parts();
    const letter = (second: number) => ({ kind: 'block' as const, patient: 'ida', body: { first_sample: second * 100, data: [[0]] } });
    for (let second = 0; second < 3600; second++) await outbox.put(letter(second));
    const backMs = clock.ms;
    let made = 3600;
    let oldest = 0;
    let swallowed = false;
    const slow: Post = async (path, body, _key, timeoutMs) => {
      const { blocks } = body as { blocks: SentBlock[] };
      const ms = swallowed ? 150 * blocks.length : timeoutMs;
      clock.ms += ms;
      for (; made < 3600 + (clock.ms - backMs) / 1000; made++) await outbox.put(letter(made));
      if (!swallowed) {
        swallowed = true;
        return { status: 0, body: null };
      }
      for (const { first_sample } of blocks) if (first_sample >= 360_000) oldest = Math.max(oldest, clock.ms - (backMs + (first_sample / 100 - 3599) * 1000));
      return intake.post(path, body);
    };
    const waits = clock.wait;
    clock.wait = (ms) => (intake.requests.length === 0 ? waits(Math.min(ms, 1000)) : waits(ms)); // a new block ends the pause
    await new Sending(outbox, SET_UP, slow, clock, (answer) => answers.push(answer)).deliver(() => true);
    expect(answers[0]).toMatchObject({ state: 'unreachable' });
    expect(intake.requests[0]).toContain(360_300);
    expect(oldest, 'age of a block that was made since, as it was answered').toBeLessThanOrEqual(6000);
    expect(intake.blocks.size).toBe(made);
    expect(intake.requests.length).toBeLessThan(1500);
  });
  it('sends a press before everything that waits, with its age, under one name however often it is tried', async () => {
    const { outbox, intake, clock, answers, sending, pace } = parts();
    await sending.produce(pace);
    const presses: { press: string; age_s: number }[] = [];
    const post: Post = (path, body) => {
      if (path !== '/v1/events/button') return intake.post(path, body);
      presses.push(body as { press: string; age_s: number });
      return Promise.resolve(presses.length < 3 ? { status: 503, body: null } : { status: 200, body: { status: 'success' } });
    };
    const pressing = new Sending(outbox, SET_UP, post, clock, (answer) => answers.push(answer));
    await pressing.press();
    clock.ms += 9000;
    await pressing.deliver(() => true);
    expect(presses.map(({ age_s }) => age_s)).toEqual([9, 10, 12]);
    expect(new Set(presses.map(({ press }) => press)).size).toBe(1);
    expect(answers.map(({ state }) => state).slice(0, 3)).toEqual(['unreachable', 'unreachable', 'pressed']);
    expect(await outbox.count()).toBe(0);
  });
  it('keeps its blocks when the key does not count, and says so', async () => {
    const { outbox, intake, answers, sending, pace } = parts();
    intake.status = 401;
    await sending.produce(pace);
    const delivering = sending.deliver(() => true);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    expect(answers[0]).toMatchObject({ state: 'refused', detail: 'away' });
    expect(await outbox.count()).toBe(12);
    intake.status = 200;
    await delivering;
    expect(await outbox.count()).toBe(0);
  });
  it('lets go what is refused for good, and only that', async () => {
    const { outbox, intake, answers, sending, pace } = parts();
    await sending.produce(pace);
    const post = intake.post;
    const faulty = (path: string, body: object) => {
      const { blocks } = body as { blocks?: SentBlock[] };
      return blocks?.some(({ first_sample }) => first_sample === 300) ? Promise.resolve({ status: 409, body: { detail: 'conflict' } }) : post(path, body);
    };
    const other = new Sending(outbox, SET_UP, faulty, new StillClock(), (answer) => answers.push(answer));
    await other.deliver(() => true);
    expect(intake.blocks.size).toBe(10);
    expect(answers.filter(({ state }) => state === 'refused')).toMatchObject([{ firstSample: 300, detail: 'conflict' }]);
    expect(await outbox.count()).toBe(0);
  });
  it('begins again at the end of a recording that repeats, with indices that go on', () => {
    const pace = new Pace(short, SET_UP, 0, true);
    const bodies = Array.from({ length: 13 }, () => pace.take().body as SentBlock);
    expect(bodies.map(({ first_sample }) => first_sample).slice(-3)).toEqual([1000, 1050, 1150]);
    expect(bodies.at(-2)!.data).toEqual([ramp(100, 0)]);
  });
});

describe('a set-up', () => {
  it('comes back from its link, whose key stands behind the #', () => {
    const link = senderLink('https://vigil.example', { ...SET_UP, patient: 'Ida & Co' });
    expect(new URL(link).search).toBe('');
    expect(readLink(new URL(link).hash)).toEqual({ ...SET_UP, patient: 'Ida & Co' });
    expect(readLink('#patient=a&device=b')).toBeNull();
    expect(readLink('#patient=a&device=b&key=two%20words')).toBeNull();
  });
  it('of Health Auto Export names the route, the key and heart rate', () => {
    const link = new URL(healthAutoExportLink('https://vigil.example', SET_UP));
    expect(link.protocol).toBe('com.healthexport:');
    expect(Object.fromEntries(link.searchParams)).toMatchObject({ url: 'https://vigil.example/v1/health-auto-export', headers: 'Authorization,Bearer vk_secret', format: 'json', metrics: 'Heart Rate' });
  });
});
