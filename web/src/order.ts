// In which order tiles stand and which of them grow: the most urgent first, but not while somebody is about to use them. Pure.
import type { TileState } from './state';

/** 0 is the most urgent. What flickers, such as a score, moves nothing: only alarms and events do. */
export function rankOf(state: Pick<TileState, 'alarm' | 'eventOngoing'> | null): number {
  switch (state?.alarm) {
    case 'high':
      return 0;
    case 'medium':
      return 1;
    case 'low':
      return 2;
    default:
      return state?.eventOngoing ? 3 : 4;
  }
}

/** Tiles keep the order that they come in (that of the labels) among those as urgent. */
export function inUrgentOrder<Ranked>(tiles: readonly Ranked[], rank: (tile: Ranked) => number): Ranked[] {
  return tiles.map((tile, place) => ({ tile, place, rank: rank(tile) })).sort((a, b) => a.rank - b.rank || a.place - b.place).map(({ tile }) => tile);
}

/** Whoever has moved the pointer or pressed a key over the tiles may be about to choose one: for so long none moves. */
export const HOLD_MS = 10_000;

export class Hold {
  private pointerMs = Number.NEGATIVE_INFINITY;
  private keyMs = Number.NEGATIVE_INFINITY;

  pointer(nowMs: number): void {
    this.pointerMs = nowMs;
  }

  pointerLeft(): void {
    this.pointerMs = Number.NEGATIVE_INFINITY;
  }

  key(nowMs: number): void {
    this.keyMs = nowMs;
  }

  focusLeft(): void {
    this.keyMs = Number.NEGATIVE_INFINITY;
  }

  on(nowMs: number): boolean {
    return nowMs - Math.max(this.pointerMs, this.keyMs) < HOLD_MS;
  }
}
