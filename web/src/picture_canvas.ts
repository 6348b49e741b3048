// The page's side of the drawing thread: one canvas over the whole window, which tiles leave room for. While tiles move it is
// hidden, so that nobody's trace is ever seen in another's tile.
import { element } from './element';
import { NOWHERE, type Box } from './pane';
import { palette } from './palette';
import type { Arrangement, Drawn, FromPictures, Place, Show, ToPictures } from './picture_messages';

/** Without a sign of the drawing thread for so long, while frames come, the pictures are called stopped. */
const STOPPED_MS = 5000;
/** A page that scrolls is drawn again once it has come to rest. */
const REST_MS = 120;

export interface Style {
  show: Show;
  channel: string;
  fixedUv: number | null;
}

/** What of a tile is drawn by the other thread. */
export interface PictureFrame {
  id: string;
  trace: HTMLElement;
  score: HTMLElement;
  dim: boolean;
}

export class PictureCanvas {
  readonly canvas = element('canvas', { class: 'pictures', 'aria-hidden': 'true' });
  private readonly worker: Worker;
  private readonly drawn = new Map<string, Drawn>();
  private version = 0;
  private lastSignMs = performance.now();
  private sinceShownMs = performance.now();
  private broken = false;
  private timer = 0;
  private told = '';

  constructor(
    private readonly onLabels: (labels: string[]) => void,
    private readonly onTick: () => void,
    private readonly onScroll: () => void,
  ) {
    this.worker = new Worker(new URL('./picture_worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<FromPictures>) => this.hear(data);
    this.worker.onerror = () => void (this.broken = true);
    const canvas = this.canvas.transferControlToOffscreen();
    this.tell({ kind: 'begin', canvas, fontFamily: getComputedStyle(document.body).fontFamily }, [canvas]);
    this.repaint();
    addEventListener('scroll', () => this.scrolled(), { capture: true, passive: true });
    document.addEventListener('visibilitychange', () => void (this.sinceShownMs = performance.now()));
  }

  /** One message of the server; the bytes are copied, since the page reads them too. */
  take(bytes: ArrayBuffer): void {
    const copy = bytes.slice(0);
    this.tell({ kind: 'frame', bytes: copy }, [copy]);
  }

  /** Says where each picture is now; does nothing when that has not changed. */
  arrange(frames: Iterable<PictureFrame>, within: DOMRect, style: Style): void {
    const places: Place[] = [];
    for (const { id, trace, score, dim } of frames) {
      const place = { id, trace: inside(trace, within), score: inside(score, within), dim };
      if (place.trace.height > 0) places.push(place);
    }
    const arrangement: Omit<Arrangement, 'version'> = { kind: 'arrange', width: innerWidth, height: innerHeight, density: devicePixelRatio || 1, places, ...style };
    const now = JSON.stringify(arrangement);
    if (now === this.told) return;
    const moved = where(now) !== where(this.told);
    this.told = now;
    if (moved) this.canvas.style.opacity = '0';
    this.tell({ ...arrangement, version: ++this.version });
  }

  drawnOf(id: string): Drawn | undefined {
    return this.drawn.get(id);
  }

  forget(id: string): void {
    this.drawn.delete(id);
  }

  /** The drawing thread hangs or has ended: what the tiles show is not current, whatever their words say. */
  stopped(nowMs: number): boolean {
    return this.broken || (!document.hidden && nowMs - Math.max(this.lastSignMs, this.sinceShownMs) > STOPPED_MS);
  }

  repaint(): void {
    this.tell({ kind: 'palette', colours: palette() });
  }

  private scrolled(): void {
    this.canvas.style.opacity = '0';
    this.told = '';
    clearTimeout(this.timer);
    this.timer = window.setTimeout(this.onScroll, REST_MS);
  }

  private tell(message: ToPictures, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private hear(message: FromPictures): void {
    if (message.kind === 'tick') {
      this.onTick();
      return;
    }
    if (message.kind === 'labels') {
      this.onLabels(message.labels);
      return;
    }
    this.lastSignMs = performance.now();
    for (const drawn of message.drawn) this.drawn.set(drawn.id, drawn);
    if (message.version === this.version && this.told !== '') this.canvas.style.opacity = '';
  }
}

/** A change of what is dim moves nothing. */
const where = (arrangement: string) => arrangement.replaceAll(/"dim":(true|false)/g, '');

/** Where an element is, in whole px; nowhere when it is out of sight or `within`, which scrolls, cuts it off. */
function inside(part: HTMLElement, within: DOMRect): Box {
  const { left, top, right, bottom } = part.getBoundingClientRect();
  const cut = top < within.top - 1 || bottom > within.bottom + 1 || bottom <= 0 || top >= innerHeight;
  if (right <= left || bottom <= top || cut) return NOWHERE;
  const [x, y] = [Math.round(left), Math.round(top)];
  return { x, y, width: Math.round(right) - x, height: Math.round(bottom) - y };
}
