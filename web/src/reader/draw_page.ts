// Draws a page of EEG on its canvas: traces, seconds, gaps. Live only the strip around the newest samples is drawn again.
import { palette, type Palette } from '../palette';
import type { Surface } from '../surface';
import { words } from '../words';
import type { PageSignals, PageStretch } from './page_signals';
import { timeOf } from './sample_store';
import type { Band, Viewport } from './viewport';

export const LABEL_ROOM = 84;
/** For the seconds under the traces. */
export const FOOT_ROOM = 18;
/** Deflections reach into the neighbours' lanes, as on paper, but not beyond the next. */
const REACH_LANES = 1.5;
const TICK_ROOM_PX = 70;
const TICKS_S = [1, 2, 5, 10, 15, 30];

export interface PageStyle {
  labels: readonly string[];
  uvPerPx: number;
  negativeUp: boolean;
  /** The trace that the measuring cursor is on; null without. */
  chosen: number | null;
}

export class PageView {
  constructor(
    readonly surface: Surface,
    private readonly viewport: Viewport,
  ) {}

  get plotWidth(): number {
    return Math.max(1, this.surface.width - LABEL_ROOM);
  }

  get plotHeight(): number {
    return Math.max(1, this.surface.height - FOOT_ROOM);
  }

  /** In px, of a part of the plot's width. */
  x(part: number): number {
    return LABEL_ROOM + part * this.plotWidth;
  }

  /** Where a value of a trace is drawn, in px. */
  y(trace: number, uv: number, page: PageSignals, style: PageStyle): number {
    const lane = this.plotHeight / Math.max(1, style.labels.length);
    const reach = lane * REACH_LANES;
    const up = ((uv - (page.middles[trace] ?? 0)) / style.uvPerPx) * (style.negativeUp ? -1 : 1);
    return lane * (trace + 0.5) - Math.max(-reach, Math.min(reach, up));
  }

  /** The trace whose lane a height lies in. */
  traceAt(y: number, traces: number): number {
    return Math.max(0, Math.min(traces - 1, Math.floor((y / this.plotHeight) * traces)));
  }

  /** All of it. */
  draw(page: PageSignals, style: PageStyle): void {
    const { pen, width, height } = this.surface;
    this.surface.stale = false;
    pen.clearRect(0, 0, width, height);
    this.labels(style);
    for (const band of this.viewport.bands()) this.band(page, style, band, band.fromUs, band.untilUs);
    this.head();
  }

  /** What is new since `sinceUs`, which lies in this sweep, live: from a little before it to the bare strip's end. */
  drawNew(page: PageSignals, style: PageStyle, sinceUs: number): void {
    const bands = this.viewport.bands();
    const [band, old] = bands;
    const { pen } = this.surface;
    if (!band) return;
    const fromUs = Math.max(band.fromUs, sinceUs - 0.2e6);
    const part = band.left + ((fromUs - band.fromUs) / (this.viewport.seconds * 1e6));
    const until = old?.left ?? 1;
    pen.save();
    pen.beginPath();
    pen.rect(this.x(part), 0, (until - part) * this.plotWidth, this.surface.height);
    pen.clip();
    pen.clearRect(this.x(part), 0, (until - part) * this.plotWidth + 1, this.surface.height);
    this.band(page, style, band, fromUs, band.untilUs);
    this.head();
    pen.restore();
  }

  private band(page: PageSignals, style: PageStyle, band: Band, fromUs: number, untilUs: number): void {
    const { pen } = this.surface;
    if (band.right <= band.left) return;
    const colours = palette();
    this.grid(band, colours);
    pen.save();
    pen.beginPath();
    pen.rect(this.x(band.left), 0, (band.right - band.left) * this.plotWidth, this.plotHeight);
    pen.clip();
    pen.lineWidth = 1.1;
    pen.lineJoin = 'round';
    for (let trace = 0; trace < style.labels.length; trace++) {
      pen.strokeStyle = trace === style.chosen ? colours.strong : colours.trace;
      for (const stretch of page.stretches) if (stretch.endUs > fromUs && stretch.startUs < untilUs) this.stroke(page, stretch, trace, style, band, fromUs, untilUs);
    }
    pen.restore();
    this.gaps(page, band, fromUs, untilUs, colours);
  }

  /** Where more than two samples share a column of pixels, their lowest and highest are what is drawn. */
  private stroke(page: PageSignals, { stretch, traces }: PageStretch, trace: number, style: PageStyle, band: Band, fromUs: number, untilUs: number): void {
    const { pen } = this.surface;
    const values = traces[trace]!;
    const pxPerUs = ((band.right - band.left) * this.plotWidth) / (band.untilUs - band.fromUs);
    const left = this.x(band.left);
    const perPx = stretch.rate / (pxPerUs * 1e6);
    const step = Math.max(1, Math.round(perPx / 2));
    pen.beginPath();
    let down = false;
    for (let part = 0; part < stretch.anchors.length; part++) {
      const anchor = stretch.anchors[part]!;
      const end = stretch.anchors[part + 1]?.sample ?? stretch.samples;
      const first = Math.max(anchor.sample, anchor.sample + Math.floor(((fromUs - anchor.us) * stretch.rate) / 1e6) - 1);
      const last = Math.min(end, anchor.sample + Math.ceil(((untilUs - anchor.us) * stretch.rate) / 1e6) + 1);
      for (let at = first; at < last; at += step) {
        const x = left + (anchor.us + ((at - anchor.sample) * 1e6) / stretch.rate - band.fromUs) * pxPerUs;
        let low = values[at]!;
        let high = low;
        for (let more = at + 1; more < Math.min(at + step, last); more++) {
          if (values[more]! < low) low = values[more]!;
          if (values[more]! > high) high = values[more]!;
        }
        if (!down) pen.moveTo(x, this.y(trace, low, page, style));
        else pen.lineTo(x, this.y(trace, low, page, style));
        if (high !== low) pen.lineTo(x, this.y(trace, high, page, style));
        down = true;
      }
    }
    pen.stroke();
  }

  /** A stretch without samples is hatched: it is neither a flat line nor a page that waits. */
  private gaps(page: PageSignals, band: Band, fromUs: number, untilUs: number, colours: Palette): void {
    let at = fromUs;
    const gaps: [number, number][] = [];
    for (const { startUs, endUs, stretch } of page.stretches) {
      if (startUs > at + 1.5e6 / stretch.rate) gaps.push([at, Math.min(startUs, untilUs)]);
      at = Math.max(at, endUs);
    }
    if (at < untilUs - 20_000) gaps.push([at, untilUs]);
    for (const [from, until] of gaps) if (from < until) this.hatch(band, from, until, colours);
  }

  private hatch(band: Band, fromUs: number, untilUs: number, colours: Palette): void {
    const { pen } = this.surface;
    const part = (us: number) => band.left + ((us - band.fromUs) / (band.untilUs - band.fromUs)) * (band.right - band.left);
    const [x0, x1] = [this.x(part(fromUs)), this.x(part(untilUs))];
    pen.save();
    pen.beginPath();
    pen.rect(x0, 0, x1 - x0, this.plotHeight);
    pen.clip();
    pen.strokeStyle = colours.grid;
    pen.lineWidth = 3;
    pen.beginPath();
    for (let x = x0 - this.plotHeight; x < x1; x += 14) {
      pen.moveTo(x, this.plotHeight);
      pen.lineTo(x + this.plotHeight, 0);
    }
    pen.stroke();
    pen.restore();
    pen.font = font(this.surface, 13);
    if (x1 - x0 > pen.measureText(words.reader.gap).width + 12) {
      pen.fillStyle = colours.text;
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.fillText(words.reader.gap, (x0 + x1) / 2, this.plotHeight / 2);
    }
  }

  private grid(band: Band, colours: Palette): void {
    const { pen } = this.surface;
    const second = this.plotWidth / this.viewport.seconds;
    const lines = second >= 12 ? 1 : 5;
    const every = TICKS_S.find((tick) => tick * second >= TICK_ROOM_PX) ?? 60;
    pen.strokeStyle = colours.grid;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.fillStyle = colours.text;
    pen.font = font(this.surface, 12);
    pen.textAlign = 'left';
    pen.textBaseline = 'alphabetic';
    for (let at = Math.ceil(band.fromUs / 1e6 / lines) * lines; at * 1e6 < band.untilUs; at += lines) {
      const x = Math.round(this.x(band.left + ((at * 1e6 - band.fromUs) / (band.untilUs - band.fromUs)) * (band.right - band.left))) + 0.5;
      pen.moveTo(x, 0);
      pen.lineTo(x, this.plotHeight);
      if (at % every === 0 && x + TICK_ROOM_PX * 0.8 < this.x(band.right)) pen.fillText(words.reader.clock(at * 1e6), x + 2, this.surface.height - 4);
    }
    pen.stroke();
  }

  /** Where the newest samples are. */
  private head(): void {
    const [band] = this.viewport.bands();
    if (!this.viewport.live || !band) return;
    const { pen } = this.surface;
    pen.fillStyle = palette().cursor;
    pen.fillRect(this.x(band.right) + 1, 0, 2, this.plotHeight);
  }

  private labels({ labels, chosen }: PageStyle): void {
    const { pen } = this.surface;
    const lane = this.plotHeight / Math.max(1, labels.length);
    const size = Math.max(10, Math.min(14, lane * 0.8));
    const every = Math.max(1, Math.ceil(size / lane));
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    labels.forEach((label, trace) => {
      if (trace % every !== 0) return;
      pen.font = `${trace === chosen ? 'bold ' : ''}${font(this.surface, size)}`;
      pen.fillStyle = trace === chosen ? palette().strong : palette().text;
      pen.fillText(label, LABEL_ROOM - 8, lane * (trace + 0.5), LABEL_ROOM - 22);
    });
  }
}

const families = new WeakMap<HTMLCanvasElement, string>();

/** A canvas's own type; read once, since asking costs a layout. */
export function font({ canvas }: Surface, px: number): string {
  let family = families.get(canvas);
  if (!family) {
    family = getComputedStyle(canvas).fontFamily;
    families.set(canvas, family);
  }
  return `${px}px ${family}`;
}

/** The newest moment that a page has samples of; 0 without any. */
export const drawnUntil = (page: PageSignals): number => page.stretches.reduce((newest, { stretch }) => Math.max(newest, timeOf(stretch, stretch.samples)), 0);
