// Places the tiles: all patients on one screen as large as they go; where they would be too small to read the page scrolls.

export interface Layout {
  columns: number;
  rows: number;
  tileHeight: number;
  scrolls: boolean;
  /** Of the tiles that should grow so many do: twice as wide and twice as high. */
  grown: number;
}

/** So many patients are read from three metres as they are; with more, tiles in alarm grow. */
export const READ_FROM_AFAR = 16;
/** More at once would leave too little room to the others. */
export const MOST_GROWN = 4;

const BEST_RATIO = 1.9;
const MIN_WIDTH = 150;
const MIN_HEIGHT = 88;
const SCROLL_WIDTH = 300;
const SCROLL_HEIGHT = 200;

/** `alarmed` tiles, the first ones, should grow. */
export function layOut(count: number, width: number, height: number, gap: number, alarmed = 0): Layout {
  const most = count > READ_FROM_AFAR ? Math.min(alarmed, MOST_GROWN) : 0;
  for (let grown = most; grown >= 0; grown--) {
    const fitting = fit(count, width, height, gap, grown);
    if (fitting) return fitting;
  }
  const columns = Math.max(1, Math.floor((width + gap) / (SCROLL_WIDTH + gap)));
  const grown = columns > 1 ? most : 0;
  return { columns, rows: rowsFor(count, columns, grown), tileHeight: SCROLL_HEIGHT, scrolls: true, grown };
}

function fit(count: number, width: number, height: number, gap: number, grown: number): Layout | null {
  let best: Layout | null = null;
  let bestSize = 0;
  for (let columns = grown > 0 ? 2 : 1; columns <= Math.max(1, count); columns++) {
    const rows = rowsFor(count, columns, grown);
    const tileWidth = (width - gap * (columns - 1)) / columns;
    const tileHeight = (height - gap * (rows - 1)) / rows;
    const size = Math.min(tileWidth / BEST_RATIO, tileHeight);
    if (tileWidth >= MIN_WIDTH && tileHeight >= MIN_HEIGHT && size > bestSize && readable(width, tileWidth)) {
      best = { columns, rows, tileHeight: Math.floor(tileHeight), scrolls: false, grown };
      bestSize = size;
    }
  }
  return best;
}

/** Rows that the tiles take, the first `grown` of them two by two, each of the others in the first free place. */
function rowsFor(count: number, columns: number, grown: number): number {
  const beside = Math.max(1, Math.floor(columns / 2));
  const grownRows = Math.ceil(grown / beside) * 2;
  const leftFree = grownRows * columns - 4 * grown;
  return grownRows + Math.ceil(Math.max(0, count - grown - leftFree) / columns) || 1;
}

/** The other patients beside the detail view: all in sight in one column or two, as far as they stay readable. */
export function layOutBeside(count: number, width: number, height: number, gap: number): Layout {
  const most = width >= 2 * MIN_WIDTH + gap ? 2 : 1;
  for (let columns = 1; columns <= most; columns++) {
    const rows = Math.ceil(count / columns) || 1;
    const tileHeight = (height - gap * (rows - 1)) / rows;
    if (tileHeight >= MIN_HEIGHT) return { columns, rows, tileHeight: Math.floor(Math.min(tileHeight, SCROLL_HEIGHT)), scrolls: false, grown: 0 };
  }
  return { columns: most, rows: Math.ceil(count / most), tileHeight: MIN_HEIGHT, scrolls: true, grown: 0 };
}

/** On a phone's width two tiles beside each other are too narrow for their words. */
const readable = (width: number, tileWidth: number) => width >= 600 || tileWidth >= Math.min(width, 280);

/** Where an arrow key leads from tile `at`; the same tile at an edge. */
export function moveFocus(at: number, key: string, count: number, columns: number): number {
  const to =
    key === 'ArrowRight' ? at + 1 : key === 'ArrowLeft' ? at - 1 : key === 'ArrowDown' ? at + columns : key === 'ArrowUp' ? at - columns : key === 'Home' ? 0 : key === 'End' ? count - 1 : at;
  return to < 0 || to >= count ? at : to;
}
