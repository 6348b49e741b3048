// Colours of a quantity that people with any colour vision read alike, and that rise in brightness. Pure.
// source: cividis, Nuñez, Anderton and Renslow, PLoS ONE 13 (2018) e0199239; anchors at sixteenths, straight lines between.

const ANCHORS = [
  [0, 34, 78], [0, 45, 106], [18, 53, 112], [46, 62, 108], [63, 72, 107], [79, 81, 108], [93, 91, 109], [107, 101, 111], [121, 110, 115],
  [135, 120, 120], [151, 130, 119], [167, 141, 116], [183, 152, 111], [199, 164, 104], [216, 175, 96], [234, 188, 80], [254, 232, 56],
] as const;

const STEPS = 256;

/** shape [256][red, green, blue], 0 to 255, from low to high */
export const CIVIDIS: Uint8ClampedArray = (() => {
  const out = new Uint8ClampedArray(STEPS * 3);
  for (let step = 0; step < STEPS; step++) {
    const at = (step / (STEPS - 1)) * (ANCHORS.length - 1);
    const low = Math.min(ANCHORS.length - 2, Math.floor(at));
    for (let part = 0; part < 3; part++) out[3 * step + part] = ANCHORS[low]![part]! + (at - low) * (ANCHORS[low + 1]![part]! - ANCHORS[low]![part]!);
  }
  return out;
})();

export const css = (step: number): string => `rgb(${CIVIDIS[3 * step]}, ${CIVIDIS[3 * step + 1]}, ${CIVIDIS[3 * step + 2]})`;
