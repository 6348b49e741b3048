// Microvolts a millimetre, and what a millimetre is on this screen once somebody has measured it. Pure but for where it is kept.
import { remember, remembered } from '../theme';

export const STEPS_UV_PER_MM = [0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1000, 2000] as const;
export const DEFAULT_UV_PER_MM = 7;
/** A bank card's width. source: ISO/IEC 7810, ID-1 */
export const CARD_MM = 85.6;
/** The scale bar's height. */
export const BAR_MM = 10;
/** What CSS takes a millimetre for: used, and called uncalibrated, until the screen was measured. */
const CSS_PX_PER_MM = 96 / 25.4;
/** No screen that people sit at is coarser or finer, in its own pixels a millimetre. */
const COARSEST = 1.5;
const FINEST = 40;
const KEY = 'vigil-screen';

export interface Screen {
  width: number;
  height: number;
  /** Its own pixels for one of the page's: follows the browser's zoom. */
  density: number;
}

export interface Scale {
  /** The page's pixels a millimetre. */
  pxPerMm: number;
  calibrated: boolean;
}

/** Of this screen: a measure taken on another one, or kept in another form, counts for nothing. */
export function scaleOf(kept: string | null, screen: Screen): Scale {
  const [width, height, devicePxPerMm] = (kept ?? '').split(' ').map(Number);
  const fits = width === screen.width && height === screen.height && devicePxPerMm! >= COARSEST && devicePxPerMm! <= FINEST;
  return fits ? { pxPerMm: devicePxPerMm! / screen.density, calibrated: true } : { pxPerMm: CSS_PX_PER_MM, calibrated: false };
}

/** `cardPx`: the width at which the drawn card is as wide as a real one. Null where no screen is like that. */
export function measured(cardPx: number, screen: Screen): string | null {
  const devicePxPerMm = (cardPx * screen.density) / CARD_MM;
  return devicePxPerMm >= COARSEST && devicePxPerMm <= FINEST ? `${screen.width} ${screen.height} ${devicePxPerMm.toFixed(4)}` : null;
}

export const thisScreen = (): Screen => ({ width: window.screen.width, height: window.screen.height, density: window.devicePixelRatio || 1 });
export const currentScale = (): Scale => scaleOf(remembered(KEY), thisScreen());
export const keepScale = (text: string): void => remember(KEY, text);

/** The next step: 1 shows less (more microvolts a millimetre), -1 more. */
export function nextSensitivity(current: number, direction: 1 | -1): number {
  const at = STEPS_UV_PER_MM.findIndex((step) => step >= current);
  return STEPS_UV_PER_MM[Math.min(STEPS_UV_PER_MM.length - 1, Math.max(0, (at < 0 ? STEPS_UV_PER_MM.length - 1 : at) + direction))]!;
}

/** The finest step at which `reachUv` above and below the middle stays in a lane and a half. */
export function fittingSensitivity(reachUv: number, laneMm: number): number {
  const wanted = reachUv / (laneMm * 0.75);
  return STEPS_UV_PER_MM.find((step) => step >= wanted) ?? STEPS_UV_PER_MM.at(-1)!;
}
