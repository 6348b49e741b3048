// Draws a trace as a sweep: the newest samples overwrite the oldest from left to right, with a bare strip ahead of them. Only
// what changed is drawn again. A gap stays bare.
import { palette } from './palette';
import type { Pane } from './pane';
import { fitTrace, type Fit } from './scale';
import type { Range, Trace } from './trace';
import { words } from './words';

/** Share of the width kept bare ahead of the newest sample. */
const BARE = 0.025;
/** The size is chosen anew after so many seconds of signal, so that amplitudes stay comparable within a sweep. */
const REFIT_SECONDS = 2;
/** Deflections reach into the neighbour's lane, as on paper, but not beyond it. */
const REACH_LANES = 0.95;

export interface TraceStyle {
  left: number; // room for the labels, px
  /** Indices of the channels that are drawn, from top to bottom; without it all. */
  lanes?: readonly number[];
  labels: boolean;
  bar: boolean;
  lineWidth: number;
}

export class TraceView {
  private fit: Fit | null = null;
  private fittedAt = 0;
  private drawn: Trace | null = null;
  private fixed: number | null = null;

  constructor(
    private readonly surface: Pane,
    private readonly style: () => TraceStyle,
  ) {}

  get laneUv(): number | null {
    return this.fit?.laneUv ?? null;
  }

  /** Other channels are drawn from now on: the size is chosen anew. */
  restyle(): void {
    this.fit = null;
    this.surface.stale = true;
  }

  private lanes(trace: Trace): readonly number[] {
    const { lanes } = this.style();
    return lanes ? lanes.filter((channel) => channel < trace.labels.length) : trace.labels.map((_, channel) => channel);
  }

  draw(trace: Trace | null, fixedUv: number | null): void {
    const { surface } = this;
    if (!surface.visible) return;
    if (!trace) {
      if (surface.stale || this.drawn) surface.pen.clearRect(0, 0, surface.width, surface.height);
      surface.stale = false;
      this.drawn = null;
      return;
    }
    const changed = trace.takeChanged();
    const all = surface.stale || this.drawn !== trace || this.fixed !== fixedUv || this.refit(trace, fixedUv);
    if (all) {
      if (!this.fit || this.drawn !== trace || this.fixed !== fixedUv) this.renewFit(trace, fixedUv);
      surface.stale = false;
      this.drawn = trace;
      this.fixed = fixedUv;
      surface.pen.clearRect(0, 0, surface.width, surface.height);
      this.paint(trace, trace.held());
      this.paintLabels(trace);
    } else if (changed) {
      this.paint(trace, { from: Math.max(changed.from, trace.head - trace.bins), to: changed.to });
    }
  }

  private renewFit(trace: Trace, fixedUv: number | null): void {
    this.fit = fitTrace(trace, fixedUv, this.lanes(trace));
    this.fittedAt = trace.head;
  }

  /** True when the size or a middle moved enough to draw everything again. */
  private refit(trace: Trace, fixedUv: number | null): boolean {
    if (!this.fit || trace.head - this.fittedAt < REFIT_SECONDS * trace.binsPerSecond) return false;
    const before = this.fit;
    const next = fitTrace(trace, fixedUv, this.lanes(trace));
    this.fittedAt = trace.head;
    // Grows at once, shrinks only when the signal fits twice: a size that hunts cannot be read.
    const shrinks = next.laneUv < before.laneUv && next.laneUv * 2 > before.laneUv;
    if (shrinks) next.laneUv = before.laneUv;
    const moved = next.middleUv.some((value, channel) => Math.abs(value - before.middleUv[channel]!) > before.laneUv * 0.1);
    if (next.laneUv === before.laneUv && !moved) return false;
    this.fit = next;
    return true;
  }

  private paint(trace: Trace, range: Range): void {
    const { pen, width, height } = this.surface;
    const { left, lineWidth } = this.style();
    const plot = width - left;
    const perBin = plot / trace.bins;
    const bareBins = Math.ceil(trace.bins * BARE);
    const colours = palette();
    const lanes = this.lanes(trace);
    const lane = height / lanes.length;
    for (const piece of pieces(range.from - 1, range.to + bareBins, trace.bins)) {
      const x0 = left + piece.slot * perBin;
      const x1 = left + (piece.slot + piece.length) * perBin;
      pen.save();
      pen.beginPath();
      pen.rect(x0, 0, x1 - x0 + 0.5, height);
      pen.clip();
      pen.clearRect(x0, 0, x1 - x0 + 0.5, height);
      this.paintGrid(trace, left, perBin, height);
      pen.strokeStyle = colours.trace;
      pen.lineWidth = lineWidth;
      pen.lineJoin = 'round';
      const from = Math.max(piece.bin - 2, trace.head - trace.bins + bareBins);
      const to = Math.min(piece.bin + piece.length + 2, trace.head);
      lanes.forEach((channel, place) => this.stroke(trace, channel, { y: lane * (place + 0.5), height: lane }, from, to, piece, left, perBin));
      pen.restore();
    }
    this.paintCursor(trace, left, perBin, height);
  }

  private stroke(trace: Trace, channel: number, lane: Lane, from: number, to: number, piece: Piece, left: number, perBin: number): void {
    const { pen } = this.surface;
    const middle = lane.y;
    const reach = lane.height * REACH_LANES;
    const low = trace.low[channel]!;
    const high = trace.high[channel]!;
    const { laneUv, middleUv } = this.fit!;
    const factor = lane.height / laneUv;
    const base = middleUv[channel]!;
    const y = (uv: number) => middle - Math.max(-reach, Math.min(reach, (uv - base) * factor));
    const step = Math.max(1, Math.round(0.75 / perBin));
    pen.beginPath();
    let down = false;
    for (let bin = from - (from % step); bin < to; bin += step) {
      let lowest = Number.POSITIVE_INFINITY;
      let highest = Number.NEGATIVE_INFINITY;
      let broken = false;
      for (let part = Math.max(bin, from); part < bin + step && part < to; part++) {
        const slot = part % trace.bins;
        broken ||= trace.breaks[slot] === 1;
        if (low[slot]! < lowest) lowest = low[slot]!;
        if (high[slot]! > highest) highest = high[slot]!;
      }
      if (lowest > highest) {
        down = false;
        continue;
      }
      const x = left + (piece.slot + (bin - piece.bin) + step / 2) * perBin;
      if (!down || broken) pen.moveTo(x, y(highest));
      else pen.lineTo(x, y(highest));
      if (lowest !== highest) pen.lineTo(x, y(lowest));
      else if (!down || broken) pen.lineTo(x + 0.5, y(highest));
      down = true;
    }
    pen.stroke();
  }

  private paintGrid(trace: Trace, left: number, perBin: number, height: number): void {
    const { pen } = this.surface;
    pen.strokeStyle = palette().grid;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let second = 0; second <= trace.seconds; second++) {
      const x = Math.round(left + second * trace.binsPerSecond * perBin) + 0.5;
      pen.moveTo(x, 0);
      pen.lineTo(x, height);
    }
    pen.stroke();
  }

  private paintCursor(trace: Trace, left: number, perBin: number, height: number): void {
    const { pen } = this.surface;
    const x = left + (trace.head % trace.bins) * perBin;
    pen.fillStyle = palette().cursor;
    pen.fillRect(x + 1, 0, 2, height);
  }

  private paintLabels(trace: Trace): void {
    const { pen, height } = this.surface;
    const { left, labels } = this.style();
    if (!labels || left === 0) return;
    const lanes = this.lanes(trace);
    const lane = height / lanes.length;
    const size = Math.max(9, Math.min(15, lane * 0.8));
    const every = Math.max(1, Math.ceil(size / lane));
    pen.font = `${size}px ${this.surface.fontFamily}`;
    pen.fillStyle = palette().text;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    for (let place = 0; place < lanes.length; place += every) pen.fillText(trace.labels[lanes[place]!]!, left - 8, lane * (place + 0.5), left - 10);
  }

  /** Height of the unit bar in px for the lane's size, with its words; null before the first fit. */
  bar(trace: Trace | null): { px: number; text: string } | null {
    if (!trace || !this.fit || !this.style().bar) return null;
    const lane = this.surface.height / this.lanes(trace).length;
    // The bar is one lane or, where lanes are thin, as many as make it readable.
    const lanes = Math.max(1, Math.ceil(14 / lane));
    return { px: lane * lanes, text: words.microvolts(this.fit.laneUv * lanes) };
  }
}

/** Where a channel's lane is, in px: its middle and its height. */
interface Lane {
  y: number;
  height: number;
}

interface Piece {
  bin: number;
  slot: number;
  length: number;
}

/** Cuts a range of bins where the sweep wraps. */
function pieces(from: number, to: number, bins: number): Piece[] {
  const list: Piece[] = [];
  const end = Math.min(to, from + bins + Math.ceil(bins * BARE));
  for (let bin = from; bin < end; ) {
    const slot = ((bin % bins) + bins) % bins;
    const length = Math.min(end - bin, bins - slot);
    list.push({ bin, slot, length });
    bin += length;
  }
  return list;
}
