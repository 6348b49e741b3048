// Sees to it that the columns of a long span are there: chunk after chunk from the thread of the spectra, the nearest first.
import type { Clocks } from './clocks';
import type { Source } from './sample_store';
import type { SpectrumColumns } from './spectrum_columns';
import type { FromSpectra, SpectrumQuestion, ToSpectra } from './spectrum_messages';

export const CHUNK_S = 300;
/** A chunk that lacks columns may still get them: it is asked for again after so long, and after a fault. */
const STALE_MS = 120_000;
const AGAIN_MS = 5_000;
/** What lies farther away is forgotten here before its columns are there. */
const NEAR_S = 4_500;

/** What the thread is to its user: a Worker, or in tests something that answers at once. */
export interface Thread {
  postMessage(message: ToSpectra): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromSpectra>) => void) | null;
}

export interface Choice {
  source: Source;
  /** Numbers of its channels, rising. */
  channels: readonly number[];
}

/** The chunks that [fromS, untilS) touches, the one with `nearS` first, then by their distance. Pure. */
export function chunksOf(fromS: number, untilS: number, nearS: number): number[] {
  const chunks: number[] = [];
  for (let chunk = Math.floor(fromS / CHUNK_S); chunk * CHUNK_S < untilS; chunk++) chunks.push(chunk);
  const near = nearS / CHUNK_S - 0.5;
  return chunks.sort((a, b) => Math.abs(a - near) - Math.abs(b - near));
}

export class SpectrumHistory {
  /** The words of the last fault; '' without an answer; null: none. */
  fault: string | null = null;
  private thread: Thread | null = null;
  private choice: Choice | null = null;
  private columns: SpectrumColumns | null = null;
  /** When each chunk that was asked for may be asked for again. */
  private readonly due = new Map<number, number>();
  private asked: { chunk: number; id: number } | null = null;
  private nextId = 1;

  constructor(
    private readonly patient: string,
    private readonly clocks: Pick<Clocks, 'byUs'>,
    private readonly onNews: () => void,
    private readonly begin: () => Thread,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Everything that follows is of these channels and goes into these columns. */
  choose(choice: Choice | null, columns: SpectrumColumns): void {
    this.choice = choice;
    this.columns = columns;
    this.due.clear();
    this.fault = null;
    if (this.asked) this.thread?.postMessage({ kind: 'stop' });
    this.asked = null;
  }

  /** Asks for one chunk at a time; how many of the span's chunks were answered, and how many there are. */
  need(fromS: number, untilS: number, nearS: number): { answered: number; of: number } {
    for (const chunk of this.due.keys()) if (Math.abs(chunk * CHUNK_S - nearS) > NEAR_S) this.due.delete(chunk);
    const chunks = chunksOf(fromS, untilS, nearS);
    const answered = chunks.filter((chunk) => this.due.has(chunk)).length;
    if (!this.choice || this.asked) return { answered, of: chunks.length };
    const now = this.now();
    const lacking = (each: number) => (this.columns?.count(each * CHUNK_S, (each + 1) * CHUNK_S) ?? 0) < CHUNK_S;
    const chunk = chunks.find((each) => !this.due.has(each)) ?? chunks.find((each) => this.due.get(each)! <= now && lacking(each));
    if (chunk !== undefined) this.ask(chunk, this.choice);
    return { answered, of: chunks.length };
  }

  release(): void {
    this.thread?.terminate();
    this.thread = null;
  }

  private ask(chunk: number, { source, channels }: Choice): void {
    const fromS = chunk * CHUNK_S;
    const untilS = fromS + CHUNK_S;
    const byUs = this.clocks.byUs(source.device, 'eeg', fromS * 1e6);
    const question: SpectrumQuestion = {
      id: this.nextId++,
      // The last segment ends two seconds behind the chunk's last second.
      path: `/v1/patients/${encodeURIComponent(this.patient)}/eeg?from=${fromS * 1e6 - byUs}&until=${(untilS + 2) * 1e6 - byUs}&format=protobuf&device=${encodeURIComponent(source.device)}&channels=${channels.join(',')}`,
      labels: channels.map((channel) => source.labels[channel]!),
      rate: source.rate,
      byUs,
      fromS,
      untilS,
    };
    this.asked = { chunk, id: question.id };
    if (!this.thread) {
      this.thread = this.begin();
      this.thread.onmessage = ({ data }) => this.take(data);
    }
    this.thread.postMessage({ kind: 'ask', question });
  }

  private take({ id, bins, seconds, densities, fault }: FromSpectra): void {
    if (!this.asked || this.asked.id !== id || !this.columns) return;
    const { chunk } = this.asked;
    this.asked = null;
    this.fault = fault;
    seconds.forEach((second, at) => this.columns!.add(second, densities.subarray(at * bins, (at + 1) * bins)));
    this.due.set(chunk, this.now() + (fault === null ? STALE_MS : AGAIN_MS));
    this.onNews();
  }
}
