// Makes borders flash, all in one phase: staff and visitors may have photosensitive epilepsy, so that the whole page together
// must stay under three flashes a second (WCAG 2.3.1). Rates and shares are those of IEC 60601-1-8's indicators.

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
