// Makes borders flash, all in one phase, and bands change their colour together: staff and visitors may have photosensitive epilepsy, so
// that the whole page in sum must not have more than three flashes a second (WCAG 2.3.1): two of borders, and one of bands. Rates and
// shares are those of IEC 60601-1-8's indicators.

/** High 2 Hz and medium 0.5 Hz, each half on; both begin with the document, so that medium changes only where high does. */
export const PERIOD_MS: Partial<Record<string, number>> = { high: 500, medium: 2000 };

const HALF_ON = [
  { opacity: 1, offset: 0 },
  { opacity: 1, offset: 0.5 },
  { opacity: 0, offset: 0.5 },
  { opacity: 0, offset: 1 },
];

const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Flash {
  private urgency = '';
  private animation: Animation | null = null;

  constructor(private readonly edge: HTMLElement) {
    still.addEventListener('change', this.renew);
  }

  set(urgency: string): void {
    if (urgency === this.urgency) return;
    this.urgency = urgency;
    this.renew();
  }

  release(): void {
    still.removeEventListener('change', this.renew);
    this.animation?.cancel();
  }

  private readonly renew = (): void => {
    this.animation?.cancel();
    this.animation = null;
    const duration = PERIOD_MS[this.urgency];
    if (duration === undefined || still.matches) return;
    this.animation = this.edge.animate(HALF_ON, { duration, iterations: Number.POSITIVE_INFINITY });
    this.animation.startTime = 0;
  };
}

/** Bands change with every second rise of a high border: once a second, whatever patients do. */
const BEAT_MS = 1000;
const waiting = new Map<object, () => void>();
let timer = 0;

/** Changes the colour of a band with those of all others; of what is asked for one band meanwhile the last counts. Where nobody sees
 * it, at once. */
export function onBeat(band: object, change: () => void): void {
  if (document.hidden) {
    waiting.delete(band);
    change();
    return;
  }
  waiting.set(band, change);
  timer ||= window.setTimeout(beat, BEAT_MS - (Number(document.timeline.currentTime ?? 0) % BEAT_MS));
}

function beat(): void {
  timer = 0;
  const due = [...waiting.values()];
  waiting.clear();
  for (const change of due) change();
}

/** The level whose colour an element has. Its word does not wait. */
export class Band {
  private level: string | null = null;

  constructor(private readonly box: HTMLElement) {}

  set(level: string): void {
    if (level === this.level) return;
    const isFirst = this.level === null;
    this.level = level;
    const change = () => void (this.box.dataset['level'] = level);
    if (isFirst) change();
    else onBeat(this, change);
  }

  release(): void {
    waiting.delete(this);
  }
}
