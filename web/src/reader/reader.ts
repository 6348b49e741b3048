// One patient's EEG as a reader expects it: live and history in one view. Loaded when a patient is opened.
import { element, setData, setText } from '../element';
import type { LivePatient } from '../generated/vigil/v1/live_pb';
import { Surface } from '../surface';
import { remembered } from '../theme';
import { VideoAnchor, videoOf, type VideoLink } from '../video/video_link';
import { words } from '../words';
import { Calibration } from './calibration';
import { Clocks } from './clocks';
import { Controls } from './controls';
import { DayStrip } from './day_strip';
import { drawnUntil, LABEL_ROOM, PageView, type PageStyle } from './draw_page';
import { EventPanel } from './event_panel';
import { HeartStrip } from './heart_strip';
import { askServer, History } from './history';
import { Measuring } from './measuring';
import { pageSignals, reachUv, warmUpUs, type PageSignals } from './page_signals';
import { SampleStore, type Source } from './sample_store';
import { RecordedScores } from './recorded_scores';
import { ScoreStrip, Scores } from './score_strip';
import { SpectralStrip } from './spectral_strip';
import { BAR_MM, currentScale, fittingSensitivity, nextSensitivity } from './sensitivity';
import { Viewport } from './viewport';

/** Frames that are kept until the clocks are known: some seconds. */
const MOST_EARLY = 100;
const SINGLE_KEYS = 'vigil-single-keys';
/** Of an event that is jumped to, so much of the page lies before its onset. */
const BEFORE_ONSET = 0.2;

export class Reader {
  readonly box: HTMLElement;
  private readonly clocks = new Clocks();
  private readonly store = new SampleStore();
  private readonly viewport = new Viewport();
  private readonly view: PageView;
  private readonly scores = new Scores();
  private readonly recordedScores: RecordedScores;
  private readonly strip: ScoreStrip;
  private readonly heart: HeartStrip;
  private readonly spectral: SpectralStrip;
  private readonly day: DayStrip;
  private readonly controls: Controls;
  private readonly measuring: Measuring;
  private readonly events: EventPanel;
  private readonly history: History;
  private readonly calibration = new Calibration(() => this.stale());
  private readonly plot = element('div', { class: 'reader-plot', tabindex: '0', role: 'application', 'aria-label': words.reader.plot });
  private readonly where = element('p', { class: 'reader-where' });
  private readonly mode = element('strong', { class: 'reader-mode' });
  private readonly place = element('span', {});
  private readonly corrected = element('span', { class: 'reader-corrected' });
  private readonly fault = element('span', { class: 'reader-fault', role: 'status' });
  private readonly exported = element('a', { class: 'button', download: '', title: words.reader.exportHelp }, words.reader.exportEdf);
  private readonly video = new VideoAnchor();
  private readonly bar = element('span', { class: 'reader-bar' }, element('span', { class: 'reader-bar-line' }), element('span', { class: 'reader-bar-text' }));
  private videoLink: VideoLink | null = null;
  private page: PageSignals | null = null;
  private style: PageStyle | null = null;
  private source: Source | null = null;
  private drawnUs = 0;
  private drawnPage = '';
  /** The source whose size was chosen: once, when its first samples come. */
  private fittedTo = '';
  private nowUs = Number.NaN;
  /** What came live before the clocks were known. */
  private readonly early: LivePatient[] = [];

  constructor(
    private readonly patient: string,
    private readonly redraw: () => void,
  ) {
    this.view = new PageView(new Surface('reader-traces', () => this.stale()), this.viewport);
    this.recordedScores = new RecordedScores(patient, this.scores, this.clocks, askServer, redraw);
    this.strip = new ScoreStrip(this.view, this.viewport, redraw);
    this.heart = new HeartStrip(patient, this.view, this.viewport, this.clocks, askServer, redraw);
    this.spectral = new SpectralStrip(patient, this.view, this.viewport, this.store, this.clocks, (us) => this.show(us), redraw);
    this.measuring = new Measuring(this.view, this.viewport, () => (this.page && this.style ? { page: this.page, style: this.style } : null), redraw);
    this.history = new History(patient, this.store, this.clocks, () => this.stale(), (why) => setText(this.fault, why === null ? '' : words.reader.notFetched(why)));
    this.events = new EventPanel(patient, this.clocks, askServer, redraw, (device, channels) => this.labelsOf(device, channels));
    this.day = new DayStrip(patient, askServer, (us) => this.show(us), redraw);
    this.controls = new Controls({
      move: (by, unit) => this.move(by, unit),
      live: () => this.live(),
      event: (direction) => this.jump(direction),
      measure: () => this.toggleMeasure(),
      calibrate: () => this.calibration.open(),
      chosen: () => this.stale(),
      seconds: (seconds) => {
        this.viewport.resize(seconds);
        this.stale();
      },
    });
    this.clocks.follow(patient, askServer, (isMoved) => this.aligned(isMoved));
    this.controls.box.append(this.exported, this.video.box);
    void videoOf(patient).then((link) => {
      this.videoLink = link;
      this.events.hasVideo(link);
      this.stale();
    });
    this.where.append(this.mode, this.place, this.corrected, this.measuring.said, this.fault);
    this.plot.append(this.view.surface.canvas, this.measuring.surface.canvas, this.bar);
    this.box = element(
      'section',
      { class: 'reader', 'data-mode': 'live', 'aria-label': words.reader.region },
      this.controls.box,
      this.day.box,
      this.where,
      this.plot,
      element('div', { class: 'reader-score-box' }, this.strip.surface.canvas),
      this.heart.box,
      this.spectral.box,
      this.events.box,
      this.controls.said,
      this.calibration.box,
    );
  }

  /** Where the page begins in the record; null while it is live. */
  get startUs(): number | null {
    return this.viewport.live ? null : this.viewport.fromUs;
  }

  focus(): void {
    this.plot.focus({ preventScroll: true });
  }

  /** What came live: samples, scores, news of events. */
  take(news: LivePatient): void {
    if (this.clocks.asked) this.lay(news);
    else if (this.early.push(news) > MOST_EARLY) this.early.shift(); // asked for with the history
    if (news.events.length > 0) this.events.soon();
    this.redraw();
  }

  /** The words; several times a second. */
  update(nowUs: number): void {
    this.nowUs = nowUs;
    this.follow();
    const { live, fromUs, untilUs, seconds } = this.viewport;
    setData(this.box, 'mode', live ? 'live' : 'history');
    setText(this.mode, live ? words.reader.live : words.reader.history);
    const { pxPerMm, calibrated } = currentScale();
    const speed = calibrated ? `, ${words.reader.speed(this.view.plotWidth / seconds / pxPerMm)}` : '';
    const where = live ? words.reader.shownLive(seconds) : words.reader.shown(fromUs, untilUs, nowUs);
    const empty = !this.history.busy && this.page !== null && this.page.stretches.length === 0;
    setText(this.place, `${where}${speed}, ${words.reader.up(this.controls.negativeUp)}${this.history.busy && !live ? `. ${words.reader.fetching}` : empty ? `. ${words.reader.noSamples}` : ''}`);
    const byUs = this.source ? this.clocks.toldUs(this.source.device, 'eeg', untilUs) : null;
    setText(this.corrected, byUs === null ? '' : words.reader.clockCorrected(this.source!.device, byUs));
    this.day.update(fromUs, nowUs);
    if (this.measuring.active) setText(this.controls.said, words.reader.measuring);
    else if (this.source) this.controls.say(this.source);
    const ownUs = this.source ? this.clocks.byUs(this.source.device, 'eeg', untilUs) : 0; // the file has the device's own times
    this.exported.href = `/v1/patients/${encodeURIComponent(this.patient)}/edf?from=${Math.floor(fromUs - ownUs)}&until=${Math.ceil(untilUs - ownUs)}&device=${encodeURIComponent(this.source?.device ?? '')}`;
    this.video.show(this.videoLink, this.patient, fromUs > 0 ? fromUs : Number.NaN); // nothing is laid out yet
    this.need();
    if (this.clocks.asked) this.heart.update(nowUs);
    this.spectral.update(this.source, this.history.busy);
  }

  draw(): void {
    this.follow();
    if (!this.view.surface.visible) return;
    this.controls.offerSizes(currentScale());
    if (this.source) this.drawPage(this.source);
    this.strip.draw(this.scores, this.events.spans);
    this.heart.draw();
    this.spectral.draw();
    this.day.draw(this.events.spans);
    this.measuring.draw();
  }

  repaint(): void {
    this.heart.stale();
    this.spectral.stale();
    this.stale();
  }

  release(): void {
    this.recordedScores.release();
    this.clocks.release();
    this.history.release();
    this.events.release();
    this.heart.release();
    this.spectral.release();
    this.day.release();
    this.measuring.release();
    for (const surface of [this.view.surface, this.strip.surface]) surface.release();
    this.box.remove();
  }

  /** True where the key was for the reader; single letters only while the reader of the page lets them. */
  key(event: KeyboardEvent): boolean {
    const { target } = event;
    if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) return false;
    if (event.key === 'Escape' && this.measuring.active) this.toggleMeasure();
    else if (this.measuring.active && this.measuring.key(event)) return true;
    else if (event.key === 'PageUp' || (event.key === 'ArrowLeft' && event.shiftKey)) this.move(-1, 'page');
    else if (event.key === 'PageDown' || (event.key === 'ArrowRight' && event.shiftKey)) this.move(1, 'page');
    else if (event.key === 'ArrowLeft') this.move(-1, 'second');
    else if (event.key === 'ArrowRight') this.move(1, 'second');
    else if (event.key === 'End') this.live();
    else if (event.key === 'ArrowUp') this.size(-1);
    else if (event.key === 'ArrowDown') this.size(1);
    else return this.letter(event.key);
    return true;
  }

  private letter(key: string): boolean {
    if (remembered(SINGLE_KEYS) === 'off') return false;
    if (key === 'e') this.jump(1);
    else if (key === 'E') this.jump(-1);
    else if (key === 'm' || key === 'M') this.toggleMeasure();
    else if (key === '+' || key === '=') this.size(-1);
    else if (key === '-') this.size(1);
    else if (key === '0') this.fit();
    else return false;
    return true;
  }

  /** The clocks are known, or known better: what lies elsewhere now is laid anew. */
  private aligned(isMoved: boolean): void {
    for (const news of this.early.splice(0)) this.lay(news);
    if (isMoved) {
      this.store.clear();
      this.history.forget();
      this.scores.clear();
      this.recordedScores.forget();
      this.heart.forget();
      this.spectral.forget();
    }
    this.stale();
  }

  private stale(): void {
    this.view.surface.stale = true;
    this.redraw();
  }

  private follow(): void {
    const { sources } = this.store;
    this.source = this.controls.sourceOf(sources.length < 2 ? sources : this.byTime(sources));
    this.viewport.follow(this.source ? this.store.newestUs(this.source.name) : 0, this.nowUs);
  }

  /** The sources by how much of the page they have, so that the first one is what can be seen. */
  private byTime(sources: readonly Source[]): Source[] {
    const { fromUs, untilUs } = this.viewport;
    return sources.map((source) => ({ source, has: this.store.coveredUs(source.name, fromUs, untilUs) })).sort((a, b) => b.has - a.has).map(({ source }) => source);
  }

  private need(): void {
    const { live, fromUs, untilUs } = this.viewport;
    if (Number.isNaN(this.nowUs) || !this.clocks.asked) return;
    // Live, the connection brings what is new; history gives what came before the page was opened.
    const [from, until] = fromUs > 0 ? [fromUs, untilUs] : [this.nowUs - this.viewport.seconds * 1e6, this.nowUs];
    const before = this.source ? warmUpUs(this.controls.filters, this.source.rate) : 5e6;
    if (!live || this.page === null || this.store.coveredUs(this.source?.name ?? '', from, until) < (until - from) * 0.99) this.history.need(from - before, until);
    if (!live && !this.history.busy) this.history.need(from - before - this.viewport.seconds * 1e6, until + this.viewport.seconds * 1e6);
    this.store.trim(from);
    this.recordedScores.need(from, until, live);
  }

  private drawPage(source: Source): void {
    const { fromUs, untilUs, live } = this.viewport;
    const { derivations } = this.controls.montageFor(source);
    const { surface } = this.view;
    const newest = this.store.newestUs(source.name);
    const name = [source.name, live ? 'live' : fromUs].join('\n');
    const swept = live && this.drawnUs < this.viewport.sweepUs; // at the left edge again
    const whole = surface.stale || name !== this.drawnPage || !this.page || !this.style || swept || newest - this.drawnUs > this.viewport.seconds * 0.5e6;
    if (!whole && (!live || newest <= this.drawnUs)) return;
    const filters = this.controls.filters;
    if (!whole && this.style && this.page) {
      const fresh = pageSignals(this.store, source, this.drawnUs - 0.5e6, newest, derivations, filters);
      fresh.middles = this.page.middles;
      this.view.drawNew(fresh, this.style, this.drawnUs);
    } else {
      this.page = pageSignals(this.store, source, fromUs, untilUs, derivations, filters);
      if (this.fittedTo !== source.name && this.page.stretches.length > 0) this.fit(derivations.length);
      this.style = this.styleOf(derivations.map(({ label }) => label));
      this.view.draw(this.page, this.style);
      this.drawBar();
      if (!this.history.busy) setData(this.box, 'drawn', String(live ? 'live' : fromUs));
    }
    this.drawnPage = name;
    this.drawnUs = Math.max(newest, this.page ? Math.min(newest, drawnUntil(this.page)) : 0);
  }

  private styleOf(labels: readonly string[]): PageStyle {
    return {
      labels,
      uvPerPx: this.controls.uvPerMm / currentScale().pxPerMm,
      negativeUp: this.controls.negativeUp,
      chosen: this.measuring.active ? this.measuring.trace : null,
    };
  }

  private drawBar(): void {
    const { pxPerMm, calibrated } = currentScale();
    const [line, text] = this.bar.children as unknown as [HTMLElement, HTMLElement];
    line.style.height = `${BAR_MM * pxPerMm}px`;
    setText(text, words.reader.bar(this.controls.uvPerMm * BAR_MM, calibrated ? BAR_MM : null));
    this.bar.style.left = `${LABEL_ROOM + 4}px`;
  }

  private move(by: number, unit: 'page' | 'second'): void {
    this.viewport.move(by, unit);
    this.moved();
  }

  private show(us: number): void {
    this.viewport.show(us);
    this.moved();
  }

  private live(): void {
    if (this.measuring.active) this.toggleMeasure();
    this.viewport.goLive();
    this.moved();
  }

  private lay({ blocks, detections }: LivePatient): void {
    for (const block of blocks) this.store.add(this.clocks.block(block));
    for (const detection of detections) this.scores.addLive(this.clocks.detection(detection));
  }

  private moved(): void {
    this.need();
    this.update(this.nowUs);
    this.stale();
  }

  private jump(direction: 1 | -1): void {
    const newestUs = this.viewport.untilUs > 0 ? this.viewport.untilUs : this.nowUs;
    const onset = this.events.next(direction, this.viewport.live ? newestUs : this.viewport.fromUs + this.viewport.seconds * BEFORE_ONSET * 1e6);
    if (onset !== null) this.show(onset - this.viewport.seconds * BEFORE_ONSET * 1e6);
  }

  /** The event behind an alarm, with what is known of it: where it was not read yet, its time alone. */
  showEvent(onsetUs: number): void {
    this.show((this.events.near(onsetUs) ?? this.clocks.vigilUs(this.source?.device ?? '', 'eeg', onsetUs)) - this.viewport.seconds * BEFORE_ONSET * 1e6);
    this.focus();
  }

  private size(direction: 1 | -1): void {
    this.controls.setSize(nextSensitivity(this.controls.uvPerMm, direction));
    this.stale();
  }

  /** So that the traces of this page fill their lanes; chosen once, when the first samples come, and on demand. */
  private fit(traces = this.style?.labels.length ?? 1): void {
    if (!this.page) return;
    this.fittedTo = this.source?.name ?? '';
    const laneMm = this.view.plotHeight / Math.max(1, traces) / currentScale().pxPerMm;
    this.controls.setSize(fittingSensitivity(reachUv(this.page), laneMm));
    this.stale();
  }

  /** Nothing can be measured on what moves: a live page stands still for it. */
  private toggleMeasure(): void {
    if (this.measuring.active) this.measuring.end();
    else {
      if (this.viewport.live) this.show(this.viewport.fromUs);
      this.measuring.begin();
    }
    this.controls.measureButton.setAttribute('aria-pressed', String(this.measuring.active));
    this.update(this.nowUs);
    this.stale();
  }

  private labelsOf(device: string, channels: number): readonly string[] | null {
    return this.store.sources.find((source) => source.device === device && source.labels.length === channels)?.labels ?? null;
  }
}
