// A day as a strip: how far the traces deflect, where nothing was recorded, the events; a slider that jumps.
import { element, setText } from '../element';
import { palette } from '../palette';
import { Surface } from '../surface';
import { words } from '../words';
import { button } from './controls';
import { askJson, type Ask } from './history';
import type { EventSpan } from './score_strip';
import { localText } from './times';
import { HISTORY_DAYS } from './viewport';

const DAY_US = 86_400e6;
const POINTS = 720;
const AGAIN_MS = 60_000;

interface OverviewStream {
  bin_us: number;
  from_us: number;
  channels: { scale: number }[];
  minimum: (number | null)[][];
  maximum: (number | null)[][];
}

/** The largest deflection of any channel in each bin, in the channel's unit; NaN where nothing was recorded. Pure. */
export function envelope(streams: readonly OverviewStream[], points: number): Float32Array {
  const out = new Float32Array(points).fill(Number.NaN);
  for (const { channels, minimum, maximum } of streams)
    channels.forEach(({ scale }, channel) => {
      for (let bin = 0; bin < points; bin++) {
        const [low, high] = [minimum[channel]?.[bin], maximum[channel]?.[bin]];
        if (low === null || low === undefined || high === null || high === undefined) continue;
        const deflection = (high - low) * Math.abs(scale);
        if (!(out[bin]! >= deflection)) out[bin] = deflection;
      }
    });
  return out;
}

/** Midnight before a time, where the reader is. */
export function dayOf(us: number): number {
  const date = new Date(us / 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() * 1000;
}

export class DayStrip {
  readonly box: HTMLElement;
  private readonly surface: Surface;
  private readonly slider = element('div', { class: 'day-slider', role: 'slider', tabindex: '0', 'aria-label': words.reader.dayStrip(''), 'aria-valuemin': '0', 'aria-valuemax': '1439', 'aria-valuenow': '0' });
  private readonly name = element('span', { class: 'day-name' });
  private readonly time = element('input', { type: 'datetime-local', step: '1', 'aria-label': words.reader.goTo });
  private dayUs = 0;
  private shownUs = 0;
  private values: Float32Array | null = null;
  private asking: AbortController | null = null;
  private askedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly patient: string,
    private readonly ask: Ask,
    private readonly jump: (us: number) => void,
    private readonly redraw: () => void,
  ) {
    this.surface = new Surface('day-canvas', redraw);
    this.slider.append(this.surface.canvas);
    this.slider.addEventListener('click', (event) => {
      const box = this.slider.getBoundingClientRect();
      this.jump(this.dayUs + ((event.clientX - box.left) / box.width) * DAY_US);
    });
    this.slider.addEventListener('keydown', (event) => this.key(event));
    this.time.addEventListener('change', () => {
      const ms = new Date(this.time.value).getTime();
      if (!Number.isNaN(ms)) this.jump(ms * 1000);
    });
    this.box = element(
      'div',
      { class: 'reader-day' },
      button(words.reader.dayBack, words.reader.dayBack, () => this.jump(this.shownUs - DAY_US)),
      this.name,
      button(words.reader.dayOn, words.reader.dayOn, () => this.jump(this.shownUs + DAY_US)),
      this.slider,
      element('label', { class: 'reader-choice' }, words.reader.goTo, this.time),
    );
  }

  /** The page's left edge and the server's time. */
  update(shownUs: number, nowUs: number): void {
    this.shownUs = shownUs;
    if (shownUs <= 0 || Number.isNaN(nowUs)) return;
    const day = dayOf(shownUs);
    const today = day + DAY_US > nowUs;
    if (day !== this.dayUs || (today && performance.now() - this.askedMs > AGAIN_MS)) void this.fetch(day);
    setText(this.name, words.reader.day(day));
    this.slider.setAttribute('aria-label', words.reader.dayStrip(words.reader.day(day)));
    this.slider.setAttribute('aria-valuenow', String(Math.floor((shownUs - day) / 60e6)));
    this.slider.setAttribute('aria-valuetext', words.reader.clock(shownUs));
    if (document.activeElement !== this.time) this.time.value = localText(shownUs);
    this.time.max = localText(nowUs);
    this.time.min = localText(nowUs - HISTORY_DAYS * DAY_US);
  }

  draw(events: readonly EventSpan[]): void {
    const { pen, width, height } = this.surface;
    if (!this.surface.visible) return;
    const colours = palette();
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = colours.trace;
    const { values } = this;
    // By the logarithm, so that an artefact does not hide the rest: 1 µV is nothing, 10 mV is the whole height.
    values?.forEach((value, bin) => {
      if (Number.isNaN(value)) return;
      const tall = Math.max(2, Math.min(1, Math.log10(Math.max(1, value)) / 4) * (height - 6));
      pen.fillRect((bin * width) / POINTS, (height + 4 - tall) / 2, Math.max(1, width / POINTS), tall);
    });
    pen.fillStyle = colours.strong;
    const x = (us: number) => ((us - this.dayUs) / DAY_US) * width;
    for (const { fromUs, untilUs } of events) if (untilUs > this.dayUs && fromUs < this.dayUs + DAY_US) pen.fillRect(x(fromUs), 0, Math.max(3, x(untilUs) - x(fromUs)), 5);
    pen.strokeStyle = colours.strong;
    pen.lineWidth = 2;
    pen.strokeRect(Math.max(1, x(this.shownUs) - 2), 1, 5, height - 2);
    pen.fillStyle = colours.text;
    pen.globalAlpha = 0.6;
    for (let hour = 3; hour < 24; hour += 3) pen.fillRect((hour * width) / 24, height - 4, 1, 4);
    pen.globalAlpha = 1;
  }

  private key(event: KeyboardEvent): void {
    const minutes = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: -60, PageDown: 60 }[event.key];
    if (minutes === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.jump(this.shownUs + minutes * 60e6);
  }

  private async fetch(day: number): Promise<void> {
    if (day !== this.dayUs) this.values = null;
    this.dayUs = day;
    this.askedMs = performance.now();
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const path = `/v1/patients/${encodeURIComponent(this.patient)}/overview?from=${day}&until=${day + DAY_US}&points=${POINTS}`;
      this.values = envelope((await askJson<{ streams: OverviewStream[] }>(this.ask, path, asking.signal)).streams, POINTS);
      this.redraw();
    } catch {
      // Asked again with the next minute: the strip stays bare until then.
    }
  }

  release(): void {
    this.asking?.abort();
    this.surface.release();
  }
}
