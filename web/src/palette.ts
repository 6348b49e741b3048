// The colours that canvases need, read from the style sheet once per theme.

export interface Palette {
  trace: string;
  grid: string;
  text: string;
  high: string;
  unclear: string;
  low: string;
  missing: string;
  heart: string;
  cursor: string;
  strong: string;
}

let current: Palette | null = null;

export function palette(): Palette {
  if (!current) {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
    current = {
      trace: read('trace'),
      grid: read('grid'),
      text: read('muted'),
      high: read('high'),
      unclear: read('unclear'),
      low: read('low'),
      missing: read('missing'),
      heart: read('heart'),
      cursor: read('cursor'),
      strong: read('text'),
    };
  }
  return current;
}

export function forgetPalette(): void {
  current = null;
}

/** In a thread without a document the page says what they are. */
export function usePalette(colours: Palette): void {
  current = colours;
}
