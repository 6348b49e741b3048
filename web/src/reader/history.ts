// Fetches what was stored: samples in cells of ten seconds, each once while it is whole; scores, events and the day's overview.
import { fromBinary } from '@bufbuild/protobuf';
import { EegBlockBatchSchema } from '../generated/vigil/v1/eeg_pb';
import { Patience } from '../backoff';
import type { Clocks } from './clocks';
import type { SampleStore } from './sample_store';

export const CELL_US = 10e6;
/** A cell that lacks samples may still get them: it is asked for again after so long. */
const STALE_MS = 5_000;
/** A cell lacks nothing where at most so much of it is missing: a sample at each edge of the slowest rates. */
const WHOLE_US = CELL_US - 50_000;
const KEPT_CELLS = 20_000;

export type Ask = (path: string, signal: AbortSignal) => Promise<Response>;

export const askServer: Ask = (path, signal) => fetch(path, { credentials: 'same-origin', signal });

export class NotAnswered extends Error {}

/** Asks for JSON. errors NotAnswered: with the server's own words, or the status */
export async function askJson<Answer>(ask: Ask, path: string, signal: AbortSignal): Promise<Answer> {
  const answer = await ask(path, signal);
  if (answer.ok) return (await answer.json()) as Answer;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new NotAnswered(problem.detail ?? String(answer.status));
}

/** All rows of a listing, page after page, at most `most`. */
export async function askRows<Row>(ask: Ask, path: string, name: string, most: number, signal: AbortSignal): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page: Record<string, unknown> = await askJson(ask, `${path}&limit=10000${cursor ? `&cursor=${cursor}` : ''}`, signal);
    rows.push(...(page[name] as Row[]));
    cursor = page['cursor'] as string | undefined;
  } while (cursor && rows.length < most);
  return rows;
}

export class History {
  /** When each cell was asked for; Infinity: it is whole. */
  private readonly cells = new Map<number, number>();
  private asking: AbortController | null = null;
  private wanted: { fromUs: number; untilUs: number } | null = null;

  constructor(
    private readonly patient: string,
    private readonly store: SampleStore,
    private readonly clocks: Clocks,
    private readonly onNews: () => void,
    private readonly onFault: (why: string | null) => void,
    private readonly ask: Ask = askServer,
    private readonly patience = new Patience(),
  ) {}

  /** True while samples of the time that was asked for last are on their way. */
  get busy(): boolean {
    return this.asking !== null;
  }

  /** Sees to it that the store has what the server has of [fromUs, untilUs). What is asked for now comes before what was. */
  need(fromUs: number, untilUs: number): void {
    if (this.patience.waits) return;
    const cells = this.lacking(fromUs, untilUs);
    if (cells.length === 0) return;
    const from = cells[0]! * CELL_US;
    const until = (cells.at(-1)! + 1) * CELL_US;
    if (this.wanted && this.wanted.fromUs <= from && this.wanted.untilUs >= until) return;
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.wanted = { fromUs: from, untilUs: until };
    void this.fetch(from, until, asking);
  }

  /** Nothing is held any more: all is asked for again. */
  forget(): void {
    this.asking?.abort();
    this.cells.clear();
    this.wanted = null;
  }

  release(): void {
    this.asking?.abort();
  }

  private lacking(fromUs: number, untilUs: number): number[] {
    const now = performance.now();
    const cells: number[] = [];
    for (let cell = Math.floor(fromUs / CELL_US); cell * CELL_US < untilUs; cell++) {
      const asked = this.cells.get(cell);
      if (asked === undefined || now - asked > STALE_MS) cells.push(cell);
    }
    return cells;
  }

  private async fetch(fromUs: number, untilUs: number, asking: AbortController): Promise<void> {
    const [from, until] = this.clocks.deviceRange('eeg', fromUs, untilUs);
    const path = `/v1/patients/${encodeURIComponent(this.patient)}/eeg?from=${from}&until=${until}&format=protobuf`;
    try {
      let cursor: string | null = null;
      do {
        const answer: Response = await this.ask(cursor ? `${path}&cursor=${cursor}` : path, asking.signal);
        if (!answer.ok) throw new NotAnswered(String(answer.status));
        for (const block of fromBinary(EegBlockBatchSchema, new Uint8Array(await answer.arrayBuffer())).blocks) this.store.add(this.clocks.block(block));
        cursor = answer.headers.get('Vigil-Next-Cursor');
        this.onNews();
      } while (cursor);
      this.settle(fromUs, untilUs);
      this.patience.worked();
      this.onFault(null);
    } catch (error) {
      if (!asking.signal.aborted) {
        this.patience.failed();
        this.onFault(error instanceof NotAnswered ? error.message : '');
      }
    } finally {
      if (this.asking === asking) {
        this.asking = null;
        this.wanted = null;
      }
      this.onNews();
    }
  }

  private settle(fromUs: number, untilUs: number): void {
    const now = performance.now();
    for (let cell = fromUs / CELL_US; cell * CELL_US < untilUs; cell++) {
      const whole = this.store.sources.some(({ name }) => this.store.coveredUs(name, cell * CELL_US, (cell + 1) * CELL_US) >= WHOLE_US);
      this.cells.delete(cell);
      this.cells.set(cell, whole ? Number.POSITIVE_INFINITY : now);
    }
    while (this.cells.size > KEPT_CELLS) this.cells.delete(this.cells.keys().next().value!);
  }
}
