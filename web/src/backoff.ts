// How long to wait before the next attempt: doubling, capped, with jitter so that a ward of pages does not return at once.

const FIRST_MS = 250;
const LONGEST_MS = 8000;

/** `attempt` counts from 0; `random` is 0..1. Between half and all of the doubled time. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return full / 2 + (full / 2) * random;
}
