// The thread of the spectra: fetches the channels of a chunk of time and answers their columns, so that the page draws on meanwhile.
import { fromBinary } from '@bufbuild/protobuf';
import { EegBlockBatchSchema } from '../generated/vigil/v1/eeg_pb';
import { SampleStore } from './sample_store';
import { Spectrum } from './spectrum';
import { columnOf, segmentsOf } from './spectrum_columns';
import type { FromSpectra, SpectrumQuestion, ToSpectra } from './spectrum_messages';

let asking: AbortController | null = null;
let spectrum = new Spectrum(256);

class Refused extends Error {}

async function samplesOf(question: SpectrumQuestion, signal: AbortSignal): Promise<{ store: SampleStore; bytes: number }> {
  const store = new SampleStore();
  let bytes = 0;
  let cursor: string | null = null;
  do {
    const answer: Response = await fetch(cursor ? `${question.path}&cursor=${cursor}` : question.path, { credentials: 'same-origin', signal });
    if (!answer.ok) throw new Refused(String(answer.status));
    const body = new Uint8Array(await answer.arrayBuffer());
    bytes += body.length;
    for (const block of fromBinary(EegBlockBatchSchema, body).blocks) store.add({ ...block, startTimeUs: block.startTimeUs + BigInt(question.byUs) });
    cursor = answer.headers.get('Vigil-Next-Cursor');
  } while (cursor);
  return { store, bytes };
}

async function answer(question: SpectrumQuestion, signal: AbortSignal): Promise<FromSpectra> {
  const { store, bytes } = await samplesOf(question, signal);
  if (spectrum.rateHz !== question.rate) spectrum = new Spectrum(question.rate);
  const seconds: number[] = [];
  const columns: Float32Array[] = [];
  const channels = question.labels.map((_, channel) => channel);
  for (const source of store.sources) {
    if (source.rate !== question.rate || source.labels.join('\n') !== question.labels.join('\n')) continue;
    for (const stretch of store.stretches(source.name, question.fromS * 1e6, (question.untilS + 2) * 1e6))
      for (const { second, sample } of segmentsOf(stretch, spectrum)) {
        if (second < question.fromS || second >= question.untilS) continue;
        seconds.push(second);
        columns.push(columnOf(stretch, channels, sample, spectrum));
      }
  }
  const densities = new Float32Array(columns.length * spectrum.shownBins);
  columns.forEach((column, at) => densities.set(column, at * spectrum.shownBins));
  return { id: question.id, bins: spectrum.shownBins, seconds: Float64Array.from(seconds), densities, bytes, fault: null };
}

onmessage = async ({ data }: MessageEvent<ToSpectra>) => {
  asking?.abort();
  if (data.kind === 'stop') return;
  const mine = new AbortController();
  asking = mine;
  let said: FromSpectra;
  try {
    said = await answer(data.question, mine.signal);
  } catch (error) {
    if (mine.signal.aborted) return;
    said = { id: data.question.id, bins: 0, seconds: new Float64Array(), densities: new Float32Array(), bytes: 0, fault: error instanceof Refused ? error.message : '' };
  }
  postMessage(said, { transfer: [said.seconds.buffer, said.densities.buffer] });
};
