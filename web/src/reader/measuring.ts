// The measuring cursor over the traces: two points, by pointer or by keyboard, and what lies between them in words.
import { element, setText } from '../element';
import { palette } from '../palette';
import { Surface } from '../surface';
import { words } from '../words';
import type { PageStyle, PageView } from './draw_page';
import { measure } from './measure';
import { valueAt, type PageSignals } from './page_signals';
import type { Viewport } from './viewport';

export interface Shown {
  page: PageSignals;
  style: PageStyle;
}

export class Measuring {
  readonly surface: Surface;
  readonly said = element('output', { class: 'reader-measured' });
  active = false;
  trace = 0;
  private points: [number, number] = [0, 0];
  private moving: 0 | 1 = 1;
  private dragging = false;

  constructor(
    private readonly view: PageView,
    private readonly viewport: Viewport,
    private readonly shown: () => Shown | null,
    private readonly redraw: () => void,
  ) {
    this.surface = new Surface('reader-cursor', redraw);
    const { canvas } = this.surface;
    canvas.addEventListener('pointerdown', (event) => this.down(event));
    canvas.addEventListener('pointermove', (event) => this.drag(event));
    for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, () => (this.dragging = false));
  }

  /** Both points around the page's middle, a tenth of the page apart. */
  begin(): void {
    const { fromUs, seconds } = this.viewport;
    this.active = true;
    this.points = [fromUs + seconds * 0.45e6, fromUs + seconds * 0.55e6];
    this.moving = 1;
    this.redraw();
  }

  end(): void {
    this.active = false;
    setText(this.said, '');
    this.redraw();
  }

  /** True where the key was for the cursor. */
  key(event: KeyboardEvent): boolean {
    const stepUs = ((this.viewport.seconds * 1e6) / this.view.plotWidth) * (event.shiftKey ? 10 : 1);
    const traces = this.shown()?.style.labels.length ?? 1;
    if (event.key === 'ArrowLeft') this.move(-stepUs);
    else if (event.key === 'ArrowRight') this.move(stepUs);
    else if (event.key === 'ArrowUp') this.trace = Math.max(0, this.trace - 1);
    else if (event.key === 'ArrowDown') this.trace = Math.min(traces - 1, this.trace + 1);
    else if (event.key === 'Enter') this.moving = this.moving === 0 ? 1 : 0;
    else return false;
    this.redraw();
    return true;
  }

  draw(): void {
    const { pen, width, height } = this.surface;
    pen.clearRect(0, 0, width, height);
    const shown = this.shown();
    if (!this.active || !shown) return;
    this.trace = Math.min(this.trace, shown.style.labels.length - 1);
    const [first, second] = this.points.map((us) => ({ us, uv: valueAt(shown.page, this.trace, us) })) as [{ us: number; uv: number | null }, { us: number; uv: number | null }];
    [first, second].forEach((point, place) => this.paint(point, place === this.moving, shown));
    const { amplitudeUv, durationS, frequencyHz } = measure(first, second);
    setText(this.said, words.reader.measured(shown.style.labels[this.trace] ?? '', amplitudeUv, durationS, frequencyHz));
  }

  private paint(point: { us: number; uv: number | null }, moving: boolean, { page, style }: Shown): void {
    const part = this.viewport.xOf(point.us);
    if (part === null) return;
    const { pen } = this.surface;
    const x = this.view.x(part);
    pen.strokeStyle = palette().strong;
    pen.lineWidth = moving ? 2 : 1;
    pen.setLineDash(moving ? [] : [4, 3]);
    pen.beginPath();
    pen.moveTo(x, 0);
    pen.lineTo(x, this.view.plotHeight);
    pen.stroke();
    pen.setLineDash([]);
    if (point.uv === null) return;
    pen.beginPath();
    pen.arc(x, this.view.y(this.trace, point.uv, page, style), 4, 0, 2 * Math.PI);
    pen.stroke();
  }

  private move(byUs: number): void {
    const { fromUs, untilUs } = this.viewport;
    this.points[this.moving] = Math.max(fromUs, Math.min(untilUs, this.points[this.moving]! + byUs));
  }

  private timeOf(event: PointerEvent): number | null {
    const box = this.surface.canvas.getBoundingClientRect();
    return this.viewport.timeAt(Math.max(0, Math.min(1, (event.clientX - box.left - this.view.x(0)) / this.view.plotWidth)));
  }

  private down(event: PointerEvent): void {
    const us = this.active ? this.timeOf(event) : null;
    const shown = this.shown();
    if (us === null || !shown) return;
    this.trace = this.view.traceAt(event.clientY - this.surface.canvas.getBoundingClientRect().top, shown.style.labels.length);
    this.points = [us, us];
    this.moving = 1;
    this.dragging = true;
    this.surface.canvas.setPointerCapture(event.pointerId);
    this.redraw();
  }

  private drag(event: PointerEvent): void {
    const us = this.dragging ? this.timeOf(event) : null;
    if (us === null) return;
    this.points[1] = us;
    this.redraw();
  }

  release(): void {
    this.surface.release();
  }
}
