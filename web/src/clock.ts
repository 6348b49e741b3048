// The server's time as the page knows it: from the frames' stamps and the browser's monotonic clock, never its wall clock.

/** A jump of the server's clock larger than this is believed at once. */
const JUMP_US = 2_000_000;
/** How many frames an estimate rests on: the one that travelled fastest in the last so many counts. */
const KEPT = 64;

export class ServerClock {
  private offsets: number[] = [];
  private next = 0;
  private best = Number.NaN;

  /** Takes one frame's stamp. `localMs` is performance.now() when it arrived. */
  observe(serverUs: number, localMs: number): void {
    const offset = serverUs - localMs * 1000;
    if (Math.abs(offset - this.best) > JUMP_US) {
      this.offsets = [];
      this.next = 0;
    }
    this.offsets[this.next] = offset;
    this.next = (this.next + 1) % KEPT;
    // A stamp can only arrive late, so the largest offset is the one nearest to the truth.
    this.best = Math.max(...this.offsets);
  }

  get known(): boolean {
    return !Number.isNaN(this.best);
  }

  /** UTC microseconds at the server now; NaN before the first frame. */
  nowUs(localMs: number): number {
    return this.best + localMs * 1000;
  }
}
