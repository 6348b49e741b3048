// How long to wait before the next attempt: doubling, capped, with jitter so that a ward of pages does not return at once.

const FIRST_MS = 250;
const LONGEST_MS = 8000;

/** `attempt` counts from 0; `random` is 0..1. Between half and all of the doubled time. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return full / 2 + (full / 2) * random;
}

/** Of something that is asked for again with each look at the page: after faults it waits, longer each time. */
export class Patience {
  private faults = 0;
  private untilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {}

  get waits(): boolean {
    return this.now() < this.untilMs;
  }

  failed(): void {
    this.untilMs = this.now() + backoffMs(this.faults++, this.random());
  }

  worked(): void {
    this.faults = 0;
    this.untilMs = Number.NEGATIVE_INFINITY;
  }
}
