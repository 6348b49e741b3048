// The scores of the last minutes, one bin a second: the highest of each second counts.
import type { Detection } from './generated/vigil/v1/detection_pb';

export type Level = 'high' | 'unclear' | 'low' | 'none';

/** The paper's colours: over 0.7 red, under 0.3 green, between them yellow. */
export const HIGH_OVER = 0.7;
export const LOW_UNDER = 0.3;

export const levelOf = (score: number): Level => (score > HIGH_OVER ? 'high' : score < LOW_UNDER ? 'low' : 'unclear');

/** What a bin holds beside a score of 0..1. */
export const EMPTY = -1;
export const NOT_EVALUATED = -2;

export interface LastScore {
  endUs: number;
  /** null: the window was not evaluated. */
  score: number | null;
}

/** Windows of one stream end once a second; a stream that gave none for longer has no say in what is current. */
const CURRENT_US = 2_100_000;
/** Streams of one patient that are told apart at once; the server keeps as many. */
const STREAMS = 16;

export class ScoreHistory {
  readonly values: Float32Array;
  /** Second (since 1970) one past the newest bin. */
  head = 0;
  last: LastScore | null = null;
  lastHighUs = 0;
  /** The newest score of each stream that is current. */
  private readonly newest = new Map<string, LastScore>();

  constructor(readonly seconds: number) {
    this.values = new Float32Array(seconds).fill(EMPTY);
  }

  add(detection: Detection): void {
    const endUs = Number(detection.endTimeUs);
    const score = detection.notEvaluated ? null : Math.min(1, detection.scoreQ16 / 65536);
    this.take(`${detection.device}\n${detection.stream}`, { endUs, score });
    if (score !== null && score > HIGH_OVER) this.lastHighUs = Math.max(this.lastHighUs, endUs);
    const second = Math.floor((endUs - 1) / 1e6);
    if (second < this.head - this.seconds) return;
    this.advance(second + 1);
    for (let at = Math.max(second + 1 - Math.max(1, detection.periodS), this.head - this.seconds, 0); at <= second; at++) {
      const slot = at % this.seconds;
      this.values[slot] = Math.max(this.values[slot]! === EMPTY ? NOT_EVALUATED : this.values[slot]!, score ?? NOT_EVALUATED);
    }
  }

  /** The highest of all current streams counts: devices that disagree neither hide a high score nor make the state flicker. */
  private take(stream: string, window: LastScore): void {
    const { newest } = this;
    const before = newest.get(stream);
    if (before && window.endUs < before.endUs) return;
    // Several models may end a window of a stream at the same instant: the highest counts.
    const same = before?.endUs === window.endUs ? before.score : null;
    newest.delete(stream);
    newest.set(stream, { endUs: window.endUs, score: highest(same, window.score) });
    const endUs = Math.max(window.endUs, this.last?.endUs ?? 0);
    for (const [name, { endUs: ended }] of newest) if (ended < endUs - CURRENT_US) newest.delete(name);
    if (newest.size > STREAMS) newest.delete(newest.keys().next().value!);
    this.last = { endUs, score: [...newest.values()].map(({ score }) => score).reduce(highest, null) };
  }

  /** The bin of a second: a score, EMPTY or NOT_EVALUATED. */
  at(second: number): number {
    return second >= this.head || second < this.head - this.seconds || second < 0 ? EMPTY : this.values[second % this.seconds]!;
  }

  private advance(head: number): void {
    if (head <= this.head) return;
    for (let second = Math.max(this.head, head - this.seconds); second < head; second++) this.values[second % this.seconds] = EMPTY;
    this.head = head;
  }
}

/** null, not evaluated, is below every score. */
const highest = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));
