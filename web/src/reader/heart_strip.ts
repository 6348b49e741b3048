// The heart rate under the traces, on their time base: live and history as the store has it.
import { Patience } from '../backoff';
import { element, setData, setText } from '../element';
import { palette } from '../palette';
import { Surface } from '../surface';
import { words } from '../words';
import { font, LABEL_ROOM, type PageView } from './draw_page';
import type { Clocks, Data } from './clocks';
import { heartScale, lastBefore, overlaps, runsOf, sourcesOn, type BeatsRow, type HeartRun, type ValueRow } from './heart_trace';
import { askRows, type Ask } from './history';
import type { Band, Viewport } from './viewport';

/** A page in history is asked for once it has stood so long. */
const SETTLED_MS = 250;
/** A live page is asked for anew so often. */
const LIVE_MS = 2_000;
/** What was last measured before the page is looked for so far back. */
const BEFORE_US = 900e6;
/** A row of beats that was sent with the page's beats may begin so much before. */
const BEATS_BEFORE_US = 60e6;
const MOST_ROWS = 20_000;
const BEAT_TICK_PX = 6;
const EDGE_PX = 6;

export class HeartStrip {
  readonly box: HTMLElement;
  private readonly surface: Surface;
  private readonly said = element('p', { class: 'reader-heart-said' });
  private runs: HeartRun[] = [];
  private wanted = '';
  private timer = 0;
  private asking: AbortController | null = null;
  private drawn = '';
  private readonly patience = new Patience();

  constructor(
    private readonly patient: string,
    private readonly view: PageView,
    private readonly viewport: Viewport,
    private readonly clocks: Clocks,
    private readonly ask: Ask,
    private readonly redraw: () => void,
  ) {
    this.surface = new Surface('reader-heart', () => {
      this.drawn = '';
      redraw();
    });
    this.box = element('div', { class: 'reader-heart-box', role: 'group', 'aria-label': words.reader.heart.region }, element('div', { class: 'reader-heart-place' }, this.surface.canvas), this.said);
  }

  /** Several times a second. */
  update(nowUs: number): void {
    const { live, fromUs, untilUs } = this.viewport;
    const [from, until] = fromUs > 0 ? [fromUs, untilUs] : [nowUs - this.viewport.seconds * 1e6, nowUs];
    if (Number.isNaN(from)) return;
    this.need(from, until, live ? `live ${Math.floor(nowUs / (LIVE_MS * 1e3))}` : `${fromUs} ${untilUs}`);
    const on = sourcesOn(this.runs, from, until);
    const last = on.length === 0 ? lastBefore(this.runs, from) : null;
    const { heart } = words.reader;
    const parts = on.flatMap((one) => {
      const byUs = this.clocks.toldUs(one.source, one.kind, until);
      return [(one.kind === 'beats' ? heart.beats : heart.values)(one.source, one.lowest, one.highest, one.batched), byUs === null ? [] : words.reader.clockCorrected(one.source, byUs)].flat();
    });
    if (last) parts.push(heart.before(last.point.bpm, (until - last.point.untilUs) / 1e3, last.run.source));
    setText(this.said, parts.join(' ') || heart.none);
  }

  draw(): void {
    if (!this.surface.visible) return;
    const { live, fromUs, untilUs } = this.viewport;
    const name = `${fromUs} ${untilUs} ${live}`;
    if (name === this.drawn) return;
    this.drawn = name;
    const { pen, width, height } = this.surface;
    pen.clearRect(0, 0, width, height);
    const [low, high] = heartScale(this.runs, fromUs, untilUs);
    const y = (bpm: number) => EDGE_PX + (height - 2 * EDGE_PX - BEAT_TICK_PX) * (1 - (bpm - low) / (high - low));
    this.scale(low, high, y);
    for (const band of this.viewport.bands()) for (const run of this.runs) this.stroke(band, run, y);
  }

  stale(): void {
    this.drawn = '';
  }

  /** Everything is asked for again. */
  forget(): void {
    this.wanted = '';
  }

  release(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.surface.release();
  }

  private scale(low: number, high: number, y: (bpm: number) => number): void {
    const { pen, width } = this.surface;
    const colours = palette();
    pen.font = font(this.surface, 12);
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    pen.fillStyle = colours.text;
    pen.strokeStyle = colours.grid;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const bpm of [low, high]) {
      pen.moveTo(LABEL_ROOM, Math.round(y(bpm)) + 0.5);
      pen.lineTo(width, Math.round(y(bpm)) + 0.5);
      pen.fillText(String(bpm), LABEL_ROOM - 8, y(bpm));
    }
    pen.stroke();
    pen.fillText(words.reader.heart.label, LABEL_ROOM - 8, (y(low) + y(high)) / 2);
  }

  /** Of beats each interval as long as it was, and a tick where the beat is; values are dots, joined where they make a course. */
  private stroke(band: Band, run: HeartRun, y: (bpm: number) => number): void {
    const { pen, height } = this.surface;
    const pxPerUs = ((band.right - band.left) * this.view.plotWidth) / (band.untilUs - band.fromUs || 1);
    const x = (us: number) => this.view.x(band.left) + (us - band.fromUs) * pxPerUs;
    const points = run.points.filter((point) => overlaps(point, band.fromUs, band.untilUs));
    if (points.length === 0) return;
    const colour = palette().heart;
    pen.save();
    pen.beginPath();
    pen.rect(this.view.x(band.left), 0, (band.right - band.left) * this.view.plotWidth, height);
    pen.clip();
    pen.strokeStyle = colour;
    pen.fillStyle = colour;
    pen.lineWidth = 2;
    pen.lineJoin = 'round';
    pen.beginPath();
    points.forEach((point, at) => {
      if (at === 0) pen.moveTo(x(point.fromUs), y(point.bpm));
      else pen.lineTo(x(point.fromUs), y(point.bpm));
      pen.lineTo(x(point.untilUs), y(point.bpm));
    });
    pen.stroke();
    for (const { untilUs, bpm } of points) {
      if (run.kind === 'beats') pen.fillRect(x(untilUs) - 1, height - BEAT_TICK_PX, 2, BEAT_TICK_PX);
      else pen.fillRect(x(untilUs) - 2.5, y(bpm) - 2.5, 5, 5);
    }
    pen.restore();
  }

  private need(fromUs: number, untilUs: number, wanted: string): void {
    if (wanted === this.wanted || this.patience.waits) return;
    const first = this.wanted === '';
    this.wanted = wanted;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.fetch(Math.floor(fromUs), Math.ceil(untilUs), wanted), first || wanted.startsWith('live') ? 0 : SETTLED_MS);
  }

  private async fetch(fromUs: number, untilUs: number, wanted: string): Promise<void> {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    const path = (what: string, data: Data, beforeUs: number) => {
      const [from, until] = this.clocks.deviceRange(data, fromUs - beforeUs, untilUs);
      return `/v1/patients/${encodeURIComponent(this.patient)}/${what}?from=${from}&until=${until}`;
    };
    try {
      const [beats, values] = await Promise.all([
        askRows<BeatsRow>(this.ask, path('beats', 'beats', BEATS_BEFORE_US), 'beats', MOST_ROWS, asking.signal),
        askRows<ValueRow>(this.ask, path('vitals', 'values', BEFORE_US), 'vitals', MOST_ROWS, asking.signal),
      ]);
      this.runs = runsOf(beats, values, (device, data, us) => this.clocks.vigilUs(device, data, us));
      this.patience.worked();
      this.drawn = '';
      setData(this.box, 'fetched', wanted.startsWith('live') ? 'live' : wanted);
    } catch {
      if (!asking.signal.aborted) {
        this.patience.failed();
        this.wanted = ''; // asked for again, soon
      }
    }
    this.redraw();
  }
}
