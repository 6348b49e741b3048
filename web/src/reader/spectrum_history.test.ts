import { describe, expect, it } from 'vitest';
import type { Source } from './sample_store';
import { SpectrumColumns } from './spectrum_columns';
import { CHUNK_S, chunksOf, SpectrumHistory, type Thread } from './spectrum_history';
import type { FromSpectra, SpectrumQuestion, ToSpectra } from './spectrum_messages';

const source: Source = { name: 'd', device: 'cap 7', labels: ['C3', 'C4', 'P3'], rate: 256, synthetic: true, bipolar: false };

/** Keeps what was asked, and answers when the test says so. */
class HeldThread implements Thread {
  asked: SpectrumQuestion[] = [];
  stopped = 0;
  onmessage: Thread['onmessage'] = null;
  postMessage(message: ToSpectra): void {
    if (message.kind === 'ask') this.asked.push(message.question);
    else this.stopped++;
  }
  terminate(): void {}
  answer(question: SpectrumQuestion, fault: string | null = null): void {
    const seconds = fault === null ? Float64Array.from({ length: CHUNK_S }, (_, at) => question.fromS + at) : new Float64Array();
    this.onmessage!({ data: { id: question.id, bins: 2, seconds, densities: new Float32Array(2 * seconds.length).fill(7), bytes: 0, fault } } as MessageEvent<FromSpectra>);
  }
}

function begun() {
  const thread = new HeldThread();
  const columns = new SpectrumColumns();
  const clock = { ms: 0 };
  const history = new SpectrumHistory('p1', { byUs: () => 0 }, () => {}, () => thread, () => clock.ms);
  history.choose({ source, channels: [0, 2] }, columns);
  return { thread, columns, clock, history };
}

describe('the history of a spectrum', () => {
  it('asks for the chunk under the page first, for the chosen channels only, and one at a time', () => {
    const { thread, history, columns } = begun();
    expect(chunksOf(0, 1500, 700)).toEqual([2, 1, 3, 0, 4]);
    expect(history.need(0, 1500, 700)).toEqual({ answered: 0, of: 5 });
    history.need(0, 1500, 700);
    expect(thread.asked).toHaveLength(1);
    expect(thread.asked[0]!.path).toBe('/v1/patients/p1/eeg?from=600000000&until=902000000&format=protobuf&device=cap%207&channels=0,2');
    expect(thread.asked[0]!.labels).toEqual(['C3', 'P3']);
    thread.answer(thread.asked[0]!);
    expect(columns.count(600, 900)).toBe(300);
    expect(history.need(0, 1500, 700).answered).toBe(1);
    expect(thread.asked[1]!.fromS).toBe(300);
  });

  it('never asks again for what is whole, but after a while for what lacks columns', () => {
    const { thread, history, clock } = begun();
    history.need(600, 900, 700);
    thread.answer(thread.asked[0]!);
    clock.ms = 1e9;
    history.need(600, 900, 700);
    expect(thread.asked).toHaveLength(1);
    const { thread: other, history: lacking, clock: later } = begun();
    lacking.need(600, 900, 700);
    other.answer(other.asked[0]!, '503');
    expect(lacking.fault).toBe('503');
    lacking.need(600, 900, 700);
    expect(other.asked).toHaveLength(1);
    later.ms = 6_000;
    lacking.need(600, 900, 700);
    expect(other.asked).toHaveLength(2);
  });

  it('takes no answer that was asked for before another channel was chosen', () => {
    const { thread, history } = begun();
    history.need(600, 900, 700);
    const others = new SpectrumColumns();
    history.choose({ source, channels: [1] }, others);
    expect(thread.stopped).toBe(1);
    history.need(600, 900, 700);
    thread.answer(thread.asked[0]!);
    expect(others.size).toBe(0);
  });
});
