// Which stretch of time the reader shows, and where a time lies on the page. Pure.
// Live, the page is a sweep: the newest samples overwrite the oldest from left to right. In history it is a page of paper.

export const PAGE_SECONDS = [5, 10, 15, 20, 30, 60] as const;
export const DEFAULT_SECONDS = 10;
/** As far back as the reader goes, in days. */
export const HISTORY_DAYS = 7;
/** Share of a live page kept bare ahead of the newest sample. */
export const BARE = 0.025;
const SECOND_US = 1e6;

/** A stretch of time and the part of the page's width, 0 to 1, that it takes. */
export interface Band {
  fromUs: number;
  untilUs: number;
  left: number;
  right: number;
}

export class Viewport {
  seconds: number = DEFAULT_SECONDS;
  /** Of the page's left edge; null: live. */
  private leftUs: number | null = null;
  private newestUs = 0;
  private nowUs = 0;

  get live(): boolean {
    return this.leftUs === null;
  }

  private get lengthUs(): number {
    return this.seconds * SECOND_US;
  }

  /** What is newest: the end of the newest sample (live pages end there), and the server's time (history ends there). */
  follow(newestUs: number, nowUs: number): void {
    this.newestUs = newestUs;
    if (!Number.isNaN(nowUs)) this.nowUs = nowUs;
  }

  get fromUs(): number {
    return this.leftUs ?? this.newestUs - this.lengthUs;
  }

  get untilUs(): number {
    return this.fromUs + this.lengthUs;
  }

  goLive(): void {
    this.leftUs = null;
  }

  /** Moves the left edge there, within history; whole seconds, so that the grid lies on them. */
  show(leftUs: number): void {
    const latest = Math.max(this.nowUs, this.newestUs) - this.lengthUs;
    const earliest = Math.max(this.nowUs, this.newestUs) - HISTORY_DAYS * 86_400 * SECOND_US;
    this.leftUs = Math.floor(Math.max(earliest, Math.min(latest, leftUs)) / SECOND_US) * SECOND_US;
  }

  /** By whole pages or by seconds; a step past now is live. */
  move(by: number, unit: 'page' | 'second'): void {
    const to = this.fromUs + by * (unit === 'page' ? this.lengthUs : SECOND_US);
    if (by > 0 && (this.live || to + this.lengthUs > Math.max(this.newestUs, this.nowUs))) this.goLive();
    else this.show(to);
  }

  /** The middle of the page stays where it is. */
  resize(seconds: number): void {
    const middle = this.fromUs + this.lengthUs / 2;
    this.seconds = seconds;
    if (!this.live) this.show(middle - this.lengthUs / 2);
  }

  /** Live, where the sweep has begun at the left edge. */
  get sweepUs(): number {
    return Math.floor(this.newestUs / this.lengthUs) * this.lengthUs;
  }

  /** From left to right. */
  bands(): Band[] {
    const { lengthUs } = this;
    if (!this.live) return [{ fromUs: this.fromUs, untilUs: this.untilUs, left: 0, right: 1 }];
    const begin = this.sweepUs;
    const head = (this.newestUs - begin) / lengthUs;
    const bare = Math.min(1, head + BARE);
    const bands = [{ fromUs: begin, untilUs: this.newestUs, left: 0, right: head }];
    if (bare < 1) bands.push({ fromUs: begin - lengthUs + bare * lengthUs, untilUs: begin, left: bare, right: 1 });
    return bands;
  }

  /** The time at a part of the width; null in the bare strip. */
  timeAt(x: number): number | null {
    for (const band of this.bands()) if (x >= band.left && x <= band.right && band.right > band.left) return band.fromUs + ((x - band.left) / (band.right - band.left)) * (band.untilUs - band.fromUs);
    return null;
  }

  /** Where a time lies; null when it is not on the page. */
  xOf(us: number): number | null {
    for (const band of this.bands()) if (us >= band.fromUs && us <= band.untilUs && band.untilUs > band.fromUs) return band.left + ((us - band.fromUs) / (band.untilUs - band.fromUs)) * (band.right - band.left);
    return null;
  }
}
