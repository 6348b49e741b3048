// The density spectral array under the traces: frequency over time as colours, of one channel or of half of the head.
import { element, setText } from '../element';
import { palette } from '../palette';
import { Surface } from '../surface';
import { remember, remembered } from '../theme';
import { words } from '../words';
import { CIVIDIS, css } from './cividis';
import { font, FOOT_ROOM, LABEL_ROOM, type PageView } from './draw_page';
import { sideOf } from './montage';
import type { Clocks } from './clocks';
import type { SampleStore, Source } from './sample_store';
import { decibels, HIGHEST_HZ, SEGMENT_S, Spectrum, STEP_S } from './spectrum';
import { columnOf, peakOf, segmentsOf, SpectrumColumns } from './spectrum_columns';
import { SpectrumHistory, type Thread } from './spectrum_history';
import type { Band, Viewport } from './viewport';

export type Span = 'page' | '600' | '3600' | 'off';
const SPANS: readonly Span[] = ['page', '600', '3600', 'off'];
/** What the colours reach from and to, decibels over 1 µV²/Hz. */
const RANGES: readonly (readonly [number, number])[] = [[-20, 20], [-10, 30], [0, 40], [10, 50]];
const SPAN_KEY = 'vigil-spectrum-span';
/** Long spans are asked for once the page has stood so long: the traces come first. */
const SETTLED_MS = 400;
/** Columns made from the page's own samples at one go: a few milliseconds. */
const MOST_AT_ONCE = 12;
/** A long span stays where it is while the page is within so much of its middle. */
const STEADY = 0.8;
const GRID_HZ = [0, 10, 20];
const TICKS_S = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900];
const TICK_ROOM_PX = 80;

const beginThread = (): Thread => new Worker(new URL('./spectrum_worker.ts', import.meta.url), { type: 'module' }) as unknown as Thread;

export class SpectralStrip {
  readonly box: HTMLElement;
  private readonly surface: Surface;
  private readonly span = element('select');
  private readonly of = element('select');
  private readonly range = element('select');
  private readonly said = element('span', { class: 'spectrum-said' });
  private readonly legend = element('span', { class: 'spectrum-colours', 'aria-hidden': 'true' });
  private readonly slider = element('div', { class: 'spectrum-slider', role: 'slider', tabindex: '0', 'aria-label': words.reader.spectrum.slider, 'aria-valuemin': '0', 'aria-valuemax': '1', 'aria-valuenow': '0' });
  private readonly picture = document.createElement('canvas');
  private readonly history: SpectrumHistory;
  private columns = new SpectrumColumns();
  private spectrum: Spectrum | null = null;
  private source: Source | null = null;
  private channels: readonly number[] = [];
  private chosen = '';
  /** Of a long span, its first second. */
  private windowS = 0;
  private movedMs = 0;
  private movedTo = '';
  private drawn = '';

  constructor(
    patient: string,
    private readonly view: PageView,
    private readonly viewport: Viewport,
    private readonly store: SampleStore,
    clocks: Clocks,
    private readonly jump: (us: number) => void,
    private readonly redraw: () => void,
  ) {
    this.surface = new Surface('spectrum-canvas', () => this.stale());
    this.history = new SpectrumHistory(patient, clocks, () => this.redraw(), beginThread);
    const { spectrum } = words.reader;
    for (const span of SPANS) this.span.append(element('option', { value: span }, spectrum.spans[span]));
    const known = remembered(SPAN_KEY) as Span;
    this.span.value = SPANS.includes(known) ? known : '600';
    RANGES.forEach(([low, high], at) => this.range.append(element('option', { value: String(at) }, spectrum.range(low, high))));
    this.range.value = '1';
    this.span.addEventListener('change', () => {
      remember(SPAN_KEY, this.span.value);
      this.stale();
    });
    this.of.addEventListener('change', () => this.choose());
    this.range.addEventListener('change', () => this.stale());
    this.legend.style.background = `linear-gradient(to right, ${Array.from({ length: 17 }, (_, at) => css(Math.min(255, at * 16))).join(', ')})`;
    this.slider.append(this.surface.canvas);
    this.slider.addEventListener('click', (event) => this.click(event));
    this.slider.addEventListener('keydown', (event) => this.key(event));
    const choice = (text: string, select: HTMLSelectElement) => element('label', { class: 'reader-choice' }, text, select);
    this.box = element(
      'div',
      { class: 'reader-spectrum', role: 'group', 'aria-label': spectrum.title },
      element('div', { class: 'spectrum-controls' }, choice(spectrum.title, this.span), choice(spectrum.of, this.of), choice(spectrum.colours, this.range), this.legend, this.said),
      this.slider,
    );
  }

  stale(): void {
    this.drawn = '';
    this.redraw();
  }

  /** Several times a second. `busy`: the page's own samples are on their way. */
  update(source: Source | null, busy: boolean): void {
    if (source && source.name !== this.source?.name) this.offer(source);
    const span = this.span.value as Span;
    this.slider.hidden = span === 'off';
    if (span === 'off' || !this.source || this.viewport.fromUs <= 0) return;
    this.fromPage(this.source);
    const [fromS, untilS] = this.shown();
    const nearS = this.viewport.fromUs / 1e6 + this.viewport.seconds / 2;
    const moved = `${span} ${this.chosen} ${this.viewport.live ? 'live' : this.viewport.fromUs}`;
    if (moved !== this.movedTo) {
      this.movedTo = moved;
      this.movedMs = performance.now();
    }
    const may = span !== 'page' && !busy && performance.now() - this.movedMs > SETTLED_MS;
    const asked = may ? this.history.need(fromS, untilS, nearS) : null;
    this.columns.trim(nearS);
    this.say(asked, fromS, untilS);
    this.slider.setAttribute('aria-valuemax', String(Math.max(1, untilS - fromS)));
    this.slider.setAttribute('aria-valuenow', String(Math.max(0, Math.min(untilS - fromS, Math.floor(this.viewport.fromUs / 1e6 - fromS)))));
    this.slider.setAttribute('aria-valuetext', words.reader.clock(this.viewport.fromUs));
  }

  draw(): void {
    if (!this.surface.visible || this.span.value === 'off' || !this.spectrum) return;
    const bands = this.bands();
    const key = [this.columns.version, this.range.value, this.viewport.fromUs, this.viewport.seconds, ...bands.flatMap(({ fromUs, untilUs, left }) => [fromUs, untilUs, left])].join(' ');
    if (key === this.drawn && !this.surface.stale) return;
    this.drawn = key;
    this.surface.stale = false;
    const { pen, width, height } = this.surface;
    pen.clearRect(0, 0, width, height);
    for (const band of bands) this.band(band, this.spectrum);
    this.grid(bands);
    this.page(bands);
  }

  release(): void {
    this.history.release();
    this.surface.release();
  }

  /** The choices of a source: its halves, where it has both, and each channel. */
  private offer(source: Source): void {
    this.source = source;
    const before = this.of.value;
    this.of.replaceChildren();
    for (const side of ['left', 'right'] as const) {
      const count = source.labels.filter((label) => sideOf(label) === side).length;
      if (count > 0) this.of.append(element('option', { value: side }, words.reader.spectrum.side(side === 'left', count)));
    }
    source.labels.forEach((label, channel) => this.of.append(element('option', { value: String(channel) }, label)));
    this.of.value = before;
    if (this.of.selectedIndex < 0) this.of.selectedIndex = 0;
    this.spectrum = new Spectrum(source.rate);
    this.choose();
  }

  /** Everything is made again. */
  forget(): void {
    this.choose();
  }

  private choose(): void {
    if (!this.source) return;
    const { value } = this.of;
    this.chosen = [this.source.name, value].join('\n');
    this.channels = value === 'left' || value === 'right' ? this.source.labels.flatMap((label, channel) => (sideOf(label) === value ? [channel] : [])) : [Number(value)];
    this.columns = new SpectrumColumns();
    this.history.choose({ source: this.source, channels: this.channels }, this.columns);
    this.stale();
  }

  /** Columns of what the page itself holds, a few at a time: so the newest seconds come live. */
  private fromPage(source: Source): void {
    if (!this.spectrum) return;
    const { fromUs, untilUs } = this.viewport;
    const [firstS, endS] = [Math.floor(fromUs / 1e6) - SEGMENT_S, Math.ceil(untilUs / 1e6)];
    if (this.columns.count(firstS, endS) === endS - firstS) return;
    let made = 0;
    for (const stretch of this.store.stretches(source.name, firstS * 1e6, (endS + SEGMENT_S) * 1e6))
      for (const { second, sample } of segmentsOf(stretch, this.spectrum)) {
        if (second < firstS || second >= endS || this.columns.at(second)) continue;
        if (made++ >= MOST_AT_ONCE) return this.redraw();
        this.columns.add(second, columnOf(stretch, this.channels, sample, this.spectrum));
      }
    if (made > 0) this.redraw();
  }

  /** The shown seconds [from, until). */
  private shown(): [number, number] {
    if (this.span.value === 'page') return [Math.floor(this.viewport.fromUs / 1e6), Math.ceil(this.viewport.untilUs / 1e6)];
    const seconds = Number(this.span.value);
    const { fromUs, untilUs, live } = this.viewport;
    if (live) this.windowS = Math.ceil(untilUs / 1e6) - seconds;
    else {
      const middle = this.windowS + seconds / 2;
      const reach = (seconds / 2) * STEADY;
      if (untilUs / 1e6 > middle + reach || fromUs / 1e6 < middle - reach) this.windowS = Math.round((fromUs + untilUs) / 2e6 - seconds / 2);
    }
    return [this.windowS, this.windowS + seconds];
  }

  private bands(): Band[] {
    if (this.span.value === 'page') return this.viewport.bands();
    const [fromS, untilS] = this.shown();
    return [{ fromUs: fromS * 1e6, untilUs: untilS * 1e6, left: 0, right: 1 }];
  }

  private get plotHeight(): number {
    return Math.max(1, this.surface.height - FOOT_ROOM);
  }

  private x(band: Band, us: number): number {
    return this.view.x(band.left + ((us - band.fromUs) / (band.untilUs - band.fromUs)) * (band.right - band.left));
  }

  /** One cell of the picture for each second, or for as many as share a pixel; a segment is drawn around its middle. */
  private band(band: Band, spectrum: Spectrum): void {
    if (band.right <= band.left || band.untilUs <= band.fromUs) return;
    const { pen } = this.surface;
    const seconds = (band.untilUs - band.fromUs) / 1e6;
    const each = Math.max(1, Math.ceil(seconds / ((band.right - band.left) * this.view.plotWidth)));
    const first = Math.floor((Math.floor(band.fromUs / 1e6) - SEGMENT_S) / each) * each;
    const cells = Math.ceil((band.untilUs / 1e6 - first) / each);
    const bins = spectrum.shownBins;
    this.picture.width = cells;
    this.picture.height = bins;
    const picturePen = this.picture.getContext('2d')!;
    const image = picturePen.createImageData(cells, bins);
    const [low, high] = RANGES[Number(this.range.value)]!;
    for (let cell = 0; cell < cells; cell++) {
      const column = this.columns.mean(first + cell * each, first + (cell + 1) * each);
      if (!column) continue; // stays transparent: a gap is bare
      for (let bin = 0; bin < bins; bin++) {
        const step = Math.round(Math.max(0, Math.min(1, (decibels(column[bin]!) - low) / (high - low))) * 255);
        const at = 4 * ((bins - 1 - bin) * cells + cell);
        image.data[at] = CIVIDIS[3 * step]!;
        image.data[at + 1] = CIVIDIS[3 * step + 1]!;
        image.data[at + 2] = CIVIDIS[3 * step + 2]!;
        image.data[at + 3] = 255;
      }
    }
    picturePen.putImageData(image, 0, 0);
    const left = this.x(band, (first + (SEGMENT_S - STEP_S) / 2) * 1e6);
    const right = this.x(band, (first + cells * each + (SEGMENT_S - STEP_S) / 2) * 1e6);
    const top = this.y((bins - 0.5) * spectrum.hertzPerBin);
    pen.save();
    pen.beginPath();
    pen.rect(this.view.x(band.left), 0, (band.right - band.left) * this.view.plotWidth, this.plotHeight);
    pen.clip();
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.picture, left, top, right - left, this.y(-0.5 * spectrum.hertzPerBin) - top);
    pen.restore();
  }

  private y(hertz: number): number {
    return this.plotHeight * (1 - hertz / HIGHEST_HZ);
  }

  private grid(bands: readonly Band[]): void {
    const { pen, height } = this.surface;
    const colours = palette();
    pen.font = font(this.surface, 12);
    pen.fillStyle = colours.text;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const hertz of GRID_HZ) pen.fillText(words.reader.hertz(hertz), LABEL_ROOM - 8, Math.min(this.plotHeight - 6, this.y(hertz)));
    pen.textAlign = 'left';
    pen.textBaseline = 'alphabetic';
    const [fromS, untilS] = this.shown();
    const every = TICKS_S.find((tick) => (tick * this.view.plotWidth) / (untilS - fromS) >= TICK_ROOM_PX) ?? 1800;
    for (const band of bands)
      for (let at = Math.ceil(band.fromUs / 1e6 / every) * every; at * 1e6 < band.untilUs; at += every) {
        const x = Math.round(this.x(band, at * 1e6));
        pen.fillRect(x, this.plotHeight, 1, 4);
        if (x + TICK_ROOM_PX * 0.8 < this.view.x(band.right)) pen.fillText(words.reader.clock(at * 1e6), x + 2, height - 4);
      }
  }

  /** Where the page of traces lies in a longer span. */
  private page([band]: readonly Band[]): void {
    if (this.span.value === 'page' || !band) return;
    const { pen } = this.surface;
    const { fromUs, untilUs } = this.viewport;
    const left = Math.max(LABEL_ROOM, this.x(band, fromUs));
    const right = Math.max(left + 3, this.x(band, untilUs));
    for (const [colour, wide] of [['#000', 4], ['#fff', 2]] as const) {
      pen.strokeStyle = colour;
      pen.lineWidth = wide;
      pen.strokeRect(left, 1, right - left, this.plotHeight - 2);
    }
  }

  private say(asked: { answered: number; of: number } | null, fromS: number, untilS: number): void {
    const { spectrum } = words.reader;
    const pageFrom = Math.floor(this.viewport.fromUs / 1e6);
    const column = this.columns.mean(pageFrom, pageFrom + Math.max(1, this.viewport.seconds - STEP_S));
    const peak = column && this.spectrum ? peakOf(column, this.spectrum.hertzPerBin) : null;
    setText(
      this.said,
      [
        asked && asked.answered < asked.of ? spectrum.loading(asked.answered, asked.of, this.channels.length) : '',
        this.history.fault !== null && this.span.value !== 'page' ? words.reader.notFetched(this.history.fault) : '',
        peak ? spectrum.peak(peak.hertz, decibels(peak.density)) : this.columns.count(fromS, untilS) === 0 ? spectrum.none : '',
      ]
        .filter(Boolean)
        .join(' '),
    );
  }

  private click(event: MouseEvent): void {
    const box = this.surface.canvas.getBoundingClientRect();
    const part = (event.clientX - box.left - this.view.x(0)) / this.view.plotWidth;
    if (part < 0 || part > 1) return;
    const band = this.bands().find(({ left, right }) => part >= left && part <= right && right > left);
    if (!band) return;
    const us = band.fromUs + ((part - band.left) / (band.right - band.left)) * (band.untilUs - band.fromUs);
    this.jump(us - this.viewport.seconds * 0.5e6);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [fromS, untilS] = this.shown();
    const step = Math.max(1, Math.round((untilS - fromS) / 60));
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageUp: -10 * step, PageDown: 10 * step }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.jump(this.viewport.fromUs + by * 1e6);
  }
}
