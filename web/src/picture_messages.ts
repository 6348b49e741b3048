// What the page and its drawing thread say to each other.
import type { Box } from './pane';
import type { Palette } from './palette';

/** What a tile's picture is: the first channels, all, one that was chosen, or ten minutes of score and heart rate. */
export type Show = 'few' | 'all' | 'one' | 'trend';

export interface Place {
  id: string;
  trace: Box;
  score: Box;
  /** Nothing current is shown. */
  dim: boolean;
}

export interface Arrangement {
  kind: 'arrange';
  /** Counts up; told back once pictures are where it says. */
  version: number;
  width: number;
  height: number;
  density: number;
  places: Place[];
  show: Show;
  /** Label of the channel of 'one'; '' is the first. */
  channel: string;
  fixedUv: number | null;
}

export type ToPictures =
  | { kind: 'begin'; canvas: OffscreenCanvas; fontFamily: string }
  | { kind: 'frame'; bytes: ArrayBuffer }
  | { kind: 'palette'; colours: Palette }
  | Arrangement;

/** What is on the canvas of one patient. */
export interface Drawn {
  id: string;
  /** End of the newest sample; 0 when there is none. */
  newestUs: number;
  /** How high so many microvolts are. */
  bar: { px: number; text: string } | null;
}

export type FromPictures =
  /** In the arrangement of `version`. */
  | { kind: 'drawn'; version: number; drawn: Drawn[] }
  | { kind: 'labels'; labels: string[] }
  /** Once a second, also while the browser slows a hidden page's timers. */
  | { kind: 'tick' };
