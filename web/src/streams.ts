// The traces of one patient's streams: few at a time, and of them the one with the newest sample is shown.
import type { EegBlock } from './generated/vigil/v1/eeg_pb';
import { readable } from './samples';
import { Trace } from './trace';

/** Kept at a time. */
const STREAMS = 4;

export class Streams {
  private traces: Trace[] = [];

  constructor(private readonly seconds: number) {}

  get count(): number {
    return this.traces.length;
  }

  /** The stream with the newest sample; null before the first block. */
  get newest(): Trace | null {
    let newest: Trace | null = null;
    for (const trace of this.traces) if (!newest || trace.newestUs > newest.newestUs) newest = trace;
    return newest;
  }

  add(block: EegBlock): void {
    if (!readable(block)) return;
    let trace = this.traces.find((known) => known.device === block.device && known.stream === block.stream);
    if (trace && !trace.fits(block)) {
      this.traces = this.traces.filter((known) => known !== trace);
      trace = undefined;
    }
    if (!trace) {
      trace = new Trace(block.device, block.stream, block, this.seconds);
      this.traces.push(trace);
      if (this.traces.length > STREAMS) {
        const oldest = this.traces.slice(0, -1).reduce((a, b) => (a.newestUs <= b.newestUs ? a : b));
        this.traces = this.traces.filter((known) => known !== oldest);
      }
    }
    trace.add(block);
  }
}
