// Whether the whole chain lives: the detector says the time once a second, and the page hears it only when it has come back out of
// the journal and by the live feed. The page alone decides, by its own clock, from what it no longer hears.
import { element, setData, setSign, setText, sign } from './element';
import { timeOfDay } from './banner';
import { words } from './words';

/** Silent so long, monitoring has stopped; it is shown within 10 s. A new owner of the detector is there within 5. */
export const STOPPED_MS = 8000;

export class ChainWatch {
  private heardUs: number | null = null;
  private heardMs: number;

  constructor(nowMs: number) {
    this.heardMs = nowMs;
  }

  /** Each frame's stamp; whatever differs from the one before is a sign of life, since a server's clock may be set back. */
  observe(chainUs: number, nowMs: number): void {
    if (chainUs === this.heardUs) return;
    // The first stamp may be of long ago.
    if (this.heardUs !== null) this.heardMs = nowMs;
    this.heardUs = chainUs;
  }

  /** Null while it lives; else since when, by the server's clock (0: never heard), and how long, by the page's. */
  stopped(nowMs: number): { sinceUs: number; ms: number } | null {
    const ms = nowMs - this.heardMs;
    return ms > STOPPED_MS ? { sinceUs: this.heardUs ?? 0, ms } : null;
  }
}

export class MonitoringBanner {
  readonly box = element('div', { class: 'banner stopped', role: 'alert', hidden: '' });
  private readonly detail = element('span');
  private readonly silence = element('button', { type: 'button', class: 'button' }, words.monitoring.silence);
  private silentUntilMs = 0;

  /** `sounds`: the page does so while this is shown. */
  constructor(sounds = true) {
    const shape = sign();
    setSign(shape, 'lost');
    this.silence.hidden = !sounds;
    this.silence.addEventListener('click', () => (this.silentUntilMs = performance.now() + 120_000));
    this.box.append(shape, element('strong', {}, words.monitoring.stopped), this.detail, this.silence);
  }

  /** True while its own sound is wanted. */
  update(stopped: { sinceUs: number; ms: number } | null, nowMs: number): boolean {
    this.box.hidden = stopped === null;
    setData(document.documentElement, 'monitoring', stopped ? 'stopped' : 'on');
    if (!stopped) {
      this.silentUntilMs = 0;
      return false;
    }
    const silentMs = this.silentUntilMs - nowMs;
    setText(this.detail, stopped.sinceUs === 0 ? words.monitoring.never : words.monitoring.detail(timeOfDay(stopped.sinceUs), stopped.ms));
    setText(this.silence, silentMs > 0 ? words.sound.pausedFor(silentMs) : words.monitoring.silence);
    return silentMs <= 0;
  }
}

const LOOK_EVERY_MS = 500;

/** The banner in a place of its own, without a sound; `look` is called whenever it looks. */
export function chainBanner(chain: ChainWatch, look: (nowMs: number) => void = () => {}): HTMLElement {
  const banner = new MonitoringBanner(false);
  setInterval(() => {
    const nowMs = performance.now();
    look(nowMs);
    banner.update(chain.stopped(nowMs), nowMs);
  }, LOOK_EVERY_MS);
  return element('section', { class: 'station-lines', 'aria-label': words.station.region }, banner.box);
}
