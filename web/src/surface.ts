// A canvas that follows its element's size and the screen's density.
import type { Pane } from './pane';

export class Surface implements Pane {
  readonly canvas: HTMLCanvasElement;
  readonly pen: CanvasRenderingContext2D;
  width = 0;
  height = 0;
  stale = true;
  private readonly observer: ResizeObserver;

  constructor(className: string, onResize: () => void) {
    this.canvas = document.createElement('canvas');
    this.canvas.className = className;
    this.canvas.setAttribute('aria-hidden', 'true');
    this.pen = this.canvas.getContext('2d')!;
    this.observer = new ResizeObserver(() => {
      this.fit();
      onResize();
    });
    this.observer.observe(this.canvas);
  }

  private fit(): void {
    const density = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    const columns = Math.round(width * density);
    const rows = Math.round(height * density);
    if (this.canvas.width !== columns || this.canvas.height !== rows) {
      this.canvas.width = columns;
      this.canvas.height = rows;
    }
    this.width = width;
    this.height = height;
    this.pen.setTransform(density, 0, 0, density, 0, 0);
    this.stale = true;
  }

  get visible(): boolean {
    return this.width > 0 && this.height > 0;
  }

  get fontFamily(): string {
    return getComputedStyle(this.canvas).fontFamily;
  }

  release(): void {
    this.observer.disconnect();
  }
}
