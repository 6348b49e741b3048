// Light or dark: the system's choice until the reader makes one, which this browser keeps.
import { forgetPalette } from './palette';

const KEY = 'vigil-theme';
const dark = () => matchMedia('(prefers-color-scheme: dark)').matches;

/** A private window may refuse to keep anything: the choice then lasts as long as the page. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // nothing to keep it in
  }
}

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export class Theme {
  constructor(private readonly onChange: () => void) {
    const chosen = remembered(KEY);
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.changed());
  }

  toggle(): void {
    const now = document.documentElement.dataset['theme'] ?? (dark() ? 'dark' : 'light');
    const next = now === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    remember(KEY, next);
    this.changed();
  }

  private changed(): void {
    forgetPalette();
    this.onChange();
  }
}
