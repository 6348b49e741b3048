// The pictures of all tiles on one canvas, in the drawing thread: rings that the frames fill, and where each is drawn.
import { fromBinary } from '@bufbuild/protobuf';
import { ServerClock } from './clock';
import { drawHeart, drawScore } from './draw_score';
import { TraceView } from './draw_trace';
import { EventList } from './events';
import { LiveFrameSchema, type LiveFrame, type LivePatient } from './generated/vigil/v1/live_pb';
import { HeartHistory } from './heart';
import { NOWHERE, Region } from './pane';
import { TRACE_SECONDS, SCORE_SECONDS } from './patient';
import type { Arrangement, Drawn, Place, Show } from './picture_messages';
import { ScoreHistory } from './score';
import { Streams } from './streams';

export const TREND_SECONDS = 600;
const FEW_CHANNELS = 4;
/** Labels of channels that the page can offer. */
const MOST_LABELS = 256;

interface Style {
  show: Show;
  channel: string;
  fixedUv: number | null;
}

class Picture {
  readonly streams = new Streams(TRACE_SECONDS);
  private readonly scores = new ScoreHistory(TREND_SECONDS);
  private readonly events = new EventList();
  private readonly heart = new HeartHistory();
  private readonly traceRegion: Region;
  private readonly heartRegion: Region;
  private readonly scoreRegion: Region;
  private readonly view: TraceView;
  private style: Style = { show: 'few', channel: '', fixedUv: null };
  private lateUs = 0;
  private drawnSecond = 0;
  private drawnScoreUs = 0;

  constructor(pen: OffscreenCanvasRenderingContext2D, fontFamily: string) {
    [this.traceRegion, this.heartRegion, this.scoreRegion] = [new Region(pen), new Region(pen), new Region(pen)];
    for (const region of this.regions) region.fontFamily = fontFamily;
    this.view = new TraceView(this.traceRegion, () => ({ left: 0, labels: false, bar: true, lineWidth: 1, ...this.lanes() }));
  }

  private get regions(): Region[] {
    return [this.traceRegion, this.heartRegion, this.scoreRegion];
  }

  private lanes(): { lanes?: readonly number[] } {
    const labels = this.streams.newest?.labels ?? [];
    if (this.style.show === 'few') return { lanes: labels.slice(0, FEW_CHANNELS).map((_, index) => index) };
    return this.style.show === 'one' ? { lanes: [Math.max(0, labels.indexOf(this.style.channel))] } : {};
  }

  take(news: LivePatient): void {
    for (const block of news.blocks) this.streams.add(block);
    for (const detection of news.detections) this.scores.add(detection);
    for (const vital of news.vitals) this.heart.add(vital);
    for (const event of news.events) this.events.add(event);
    this.lateUs = news.newestReceiptUs === 0n ? 0 : Number(news.newestReceiptUs - news.newestSampleUs);
  }

  place(place: Place | undefined, density: number, style: Style): void {
    const trend = style.show === 'trend';
    if (style.show !== this.style.show || style.channel !== this.style.channel) this.view.restyle();
    this.style = style;
    const trace = place?.trace ?? NOWHERE;
    const half = Math.floor(trace.height / 2);
    this.traceRegion.place(trend ? NOWHERE : trace, density);
    this.heartRegion.place(trend ? { ...trace, height: half } : NOWHERE, density);
    this.scoreRegion.place(trend ? { ...trace, y: trace.y + half, height: trace.height - half } : (place?.score ?? NOWHERE), density);
    for (const region of this.regions) region.dim(place?.dim ?? false);
  }

  draw(nowUs: number): void {
    const trace = this.streams.newest;
    within(this.traceRegion, () => this.view.draw(trace, this.style.fixedUv));
    const patientNow = nowUs - this.lateUs;
    const second = Math.floor(patientNow / 1e6);
    const newest = this.scores.last?.endUs ?? 0;
    const [score, heart] = [this.scoreRegion, this.heartRegion];
    if (second === this.drawnSecond && newest === this.drawnScoreUs && !waits(score) && !waits(heart)) return;
    [this.drawnSecond, this.drawnScoreUs] = [second, newest];
    const seconds = this.style.show === 'trend' ? TREND_SECONDS : SCORE_SECONDS;
    within(score, () => drawScore(score, this.scores, this.events.all, Math.max(patientNow, newest - 1), 0, seconds));
    within(heart, () => drawHeart(heart, this.heart, nowUs, seconds, 0));
  }

  /** What of it is on the canvas. */
  get shown(): Omit<Drawn, 'id'> {
    const trace = this.streams.newest;
    return { newestUs: trace?.newestUs ?? 0, bar: this.traceRegion.visible ? this.view.bar(trace) : null };
  }

  repaint(): void {
    for (const region of this.regions) region.stale = true;
  }
}

const waits = (region: Region) => region.visible && region.stale;

function within(region: Region, draw: () => void): void {
  if (!region.visible) return;
  region.begin();
  draw();
  region.end();
}

export class Pictures {
  private readonly pen: OffscreenCanvasRenderingContext2D;
  private readonly clock = new ServerClock();
  private readonly labels = new Set<string>();
  private pictures = new Map<string, Picture>();
  private arrangement: Arrangement | null = null;
  private moved = true;
  /** Something to draw has come since the last draw(). */
  waiting = false;

  constructor(
    private readonly canvas: OffscreenCanvas,
    private readonly fontFamily: string,
  ) {
    this.pen = canvas.getContext('2d')!;
  }

  /** Takes one message of /v1/ward/live. */
  take(bytes: ArrayBuffer, arrivedMs: number): void {
    const frame = fromBinary(LiveFrameSchema, new Uint8Array(bytes));
    this.clock.observe(Number(frame.serverTimeUs), arrivedMs);
    this.apply(frame);
    this.waiting = true;
  }

  private apply(frame: LiveFrame): void {
    if (frame.whole) this.pictures = new Map();
    for (const id of frame.removed) this.pictures.delete(id);
    for (const news of frame.patients) {
      let picture = this.pictures.get(news.id);
      if (!picture) {
        picture = new Picture(this.pen, this.fontFamily);
        this.pictures.set(news.id, picture);
        this.moved = true;
      }
      for (const { label } of news.blocks[0]?.channels ?? []) if (this.labels.size < MOST_LABELS) this.labels.add(label);
      picture.take(news);
    }
  }

  arrange(arrangement: Arrangement): void {
    this.arrangement = arrangement;
    this.moved = true;
    this.waiting = true;
  }

  repaint(): void {
    for (const picture of this.pictures.values()) picture.repaint();
    this.waiting = true;
  }

  /** Draws what changed. False when the page has not said yet where. */
  draw(nowMs: number): boolean {
    this.waiting = false;
    if (!this.arrangement) return false;
    if (this.moved) this.place(this.arrangement);
    const nowUs = this.clock.nowUs(nowMs);
    for (const picture of this.pictures.values()) picture.draw(nowUs);
    return true;
  }

  private place({ width, height, density, places, ...style }: Arrangement): void {
    this.moved = false;
    const [columns, rows] = [Math.round(width * density), Math.round(height * density)];
    if (this.canvas.width !== columns || this.canvas.height !== rows) [this.canvas.width, this.canvas.height] = [columns, rows];
    else {
      this.pen.setTransform(1, 0, 0, 1, 0, 0);
      this.pen.clearRect(0, 0, columns, rows);
    }
    const byId = new Map(places.map((place) => [place.id, place]));
    for (const [id, picture] of this.pictures) picture.place(byId.get(id), density, style);
  }

  get version(): number {
    return this.arrangement?.version ?? 0;
  }

  get channelLabels(): string[] {
    return [...this.labels];
  }

  get drawn(): Drawn[] {
    return [...this.pictures].map(([id, picture]) => ({ id, ...picture.shown }));
  }
}
