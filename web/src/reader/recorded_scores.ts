// Sees to it that a page has the scores that the store has of it; live ones come with the samples.
import { Patience } from '../backoff';
import type { Clocks } from './clocks';
import { askJson, type Ask } from './history';
import type { Scores } from './score_strip';
import { timeUs } from './times';
import type { RecordedDetection } from './why';

/** Asked for once a page has stood so long. */
const SETTLED_MS = 250;
/** A window that began before the page may end on it. */
const BEFORE_US = 2e6;

export class RecordedScores {
  private wanted = '';
  private timer = 0;

  constructor(
    private readonly patient: string,
    private readonly scores: Scores,
    private readonly clocks: Clocks,
    private readonly ask: Ask,
    private readonly redraw: () => void,
    private readonly patience = new Patience(),
  ) {}

  /** Called again and again; what was asked for is asked for once, and of a live page what lies before it came. */
  need(fromUs: number, untilUs: number, live: boolean): void {
    const wanted = live ? 'live' : `${fromUs} ${untilUs}`;
    if (wanted === this.wanted || this.patience.waits) return;
    this.wanted = wanted;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.fetch(fromUs, untilUs), SETTLED_MS);
  }

  /** All is asked for again. */
  forget(): void {
    this.wanted = '';
  }

  release(): void {
    clearTimeout(this.timer);
  }

  private async fetch(fromUs: number, untilUs: number): Promise<void> {
    try {
      const [from, until] = this.clocks.deviceRange('eeg', fromUs, untilUs);
      const path = `/v1/patients/${encodeURIComponent(this.patient)}/detections?from=${from - BEFORE_US}&until=${until}&limit=2000`;
      const { detections } = await askJson<{ detections: RecordedDetection[] }>(this.ask, path, AbortSignal.timeout(10_000));
      for (const detection of detections) this.scores.addRecorded(detection, this.clocks.vigilUs(detection.device, 'eeg', timeUs(detection.end_time)));
      this.patience.worked();
    } catch {
      this.patience.failed();
      this.wanted = '';
    }
    this.redraw();
  }
}
