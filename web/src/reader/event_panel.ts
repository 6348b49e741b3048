// The events of the last seven days: jumping from one to the next, and why each was raised.
import { element, setText } from '../element';
import { VideoAnchor, type VideoLink } from '../video/video_link';
import { words } from '../words';
import type { Clocks } from './clocks';
import { askJson, askRows, NotAnswered, type Ask } from './history';
import type { EventSpan } from './score_strip';
import { timeUs } from './times';
import { HISTORY_DAYS } from './viewport';
import { why, type RecordedDetection, type RecordedEvent, type Why } from './why';

const MOST_EVENTS = 20_000;
/** Asked for once more after news of an event, when it can be read. */
const AGAIN_MS = 1_500;
const MOST_CHANNELS = 4;
/** What is chosen stays so while the page is so near; an alarm's onset may be a revision older than its event's. */
const NEAR_US = 60e6;
/** The five windows that are smoothed, and one more. */
const BEFORE_US = 6e6;
/** Of a long event, so much from its onset on tells why it was raised. */
const TOLD_US = 600e6;

export class EventPanel {
  readonly box = element('div', { class: 'reader-event-line' });
  private readonly told = element('p', { class: 'reader-event', role: 'status' });
  private readonly video = new VideoAnchor();
  private videoLink: VideoLink | null = null;
  private events: RecordedEvent[] = [];
  private chosen: string | null = null;
  private timer = 0;
  private readonly asking = new AbortController();

  constructor(
    private readonly patient: string,
    private readonly clocks: Clocks,
    private readonly ask: Ask,
    private readonly onNews: () => void,
    private readonly labels: (device: string, channels: number) => readonly string[] | null,
  ) {
    this.box.append(this.told, this.video.box);
    this.soon(0);
  }

  hasVideo(link: VideoLink | null): void {
    this.videoLink = link;
    const chosen = this.events.find(({ id }) => id === this.chosen);
    this.video.show(link, this.patient, chosen ? this.onsetUs(chosen) : Number.NaN);
  }

  get spans(): EventSpan[] {
    return this.events.map((event) => ({ fromUs: this.onsetUs(event), untilUs: this.onsetUs(event) + event.duration_s * 1e6 }));
  }

  /** There is news of an event. */
  soon(delayMs = AGAIN_MS): void {
    if (this.timer !== 0) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      void this.fetch();
    }, delayMs);
  }

  /** The onset of the next event after, or before, a time; null without one, and then it says so. */
  next(direction: 1 | -1, fromUs: number): number | null {
    const onsets = this.events.map((event) => ({ event, us: this.onsetUs(event) }));
    const chosenUs = onsets.find(({ event }) => event.id === this.chosen)?.us ?? null;
    const from = chosenUs !== null && Math.abs(chosenUs - fromUs) < NEAR_US ? chosenUs : fromUs;
    const found = direction > 0 ? onsets.find(({ us }) => us > from) : onsets.findLast(({ us }) => us < from);
    if (!found) {
      setText(this.told, this.events.length === 0 ? words.reader.noEvents : words.reader.noEventThere(direction > 0));
      return null;
    }
    this.choose(found.event, found.us);
    return found.us;
  }

  /** Tells of the event whose onset, by its device's clock, is nearest to a time, and gives it; null where none began within a minute of it. */
  near(us: number): number | null {
    const onsets = this.events.map((event) => ({ event, us: timeUs(event.onset) })).filter((one) => Math.abs(one.us - us) < NEAR_US);
    const found = onsets.toSorted((a, b) => Math.abs(a.us - us) - Math.abs(b.us - us))[0];
    if (!found) return null;
    const onsetUs = this.onsetUs(found.event);
    this.choose(found.event, onsetUs);
    return onsetUs;
  }

  private onsetUs({ device, onset }: RecordedEvent): number {
    return this.clocks.vigilUs(device, 'eeg', timeUs(onset));
  }

  private choose(event: RecordedEvent, onsetUs: number): void {
    this.chosen = event.id;
    this.video.show(this.videoLink, this.patient, onsetUs);
    void this.tell(event);
  }

  release(): void {
    clearTimeout(this.timer);
    this.asking.abort();
  }

  private async fetch(): Promise<void> {
    const from = (Date.now() - HISTORY_DAYS * 86_400_000) * 1000;
    try {
      const rows = await askRows<RecordedEvent>(this.ask, `/v1/patients/${encodeURIComponent(this.patient)}/events?from=${from}`, 'events', MOST_EVENTS, this.asking.signal);
      this.events = rows.filter(({ state, shadow }) => !shadow && (state === 'ongoing' || state === 'ended'));
      const chosen = this.events.find(({ id }) => id === this.chosen);
      if (chosen) void this.tell(chosen);
      else if (this.chosen === null) setText(this.told, words.reader.eventCount(this.events.length));
      this.onNews();
    } catch (error) {
      if (!this.asking.signal.aborted) setText(this.told, words.reader.notFetched(error instanceof NotAnswered ? error.message : ''));
    }
  }

  private async tell(event: RecordedEvent): Promise<void> {
    const onset = timeUs(event.onset);
    const until = onset + Math.min(event.duration_s * 1e6, TOLD_US) + 1;
    let detections: RecordedDetection[] = [];
    try {
      const path = `/v1/patients/${encodeURIComponent(this.patient)}/detections?from=${onset - BEFORE_US}&until=${Math.ceil(until)}&limit=10000`;
      detections = (await askJson<{ detections: RecordedDetection[] }>(this.ask, path, this.asking.signal)).detections;
    } catch {
      if (this.asking.signal.aborted) return;
    }
    if (this.chosen === event.id) setText(this.told, this.text(event, why(event, detections)));
  }

  private text(event: RecordedEvent, told: Why): string {
    const labels = this.labels(event.device, event.channel_peak_scores.length);
    const name = (channel: number) => labels?.[channel] ?? words.reader.channelNumber(channel);
    const channels = told.channels.slice(0, MOST_CHANNELS).map(({ channel, peak }) => words.reader.channelPeak(name(channel), peak));
    if (told.channels.length > MOST_CHANNELS) channels.push(words.reader.andMore(told.channels.length - MOST_CHANNELS));
    const place = this.events.findIndex(({ id }) => id === event.id) + 1;
    return [
      words.reader.eventWas(place, this.events.length, this.onsetUs(event), told.seconds, event.state === 'ongoing', event.prolonged),
      words.reader.eventBecause(event.model, event.standing === 'active', told.peak, told.threshold, channels.join(', ')),
      told.silencedAbove !== null && told.highForS !== null ? words.reader.silenced(told.silencedAbove, told.highForS, (told.decisive ?? []).map(name)) : words.reader.notTold,
    ].join(' ');
  }
}
