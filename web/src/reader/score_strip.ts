// The model's score second by second under the traces, on the same time base, with the events above it.
import type { Detection } from '../generated/vigil/v1/detection_pb';
import { palette } from '../palette';
import { levelOf } from '../score';
import { Surface } from '../surface';
import { words } from '../words';
import { font, LABEL_ROOM, type PageView } from './draw_page';
import { timeUs } from './times';
import type { Band, Viewport } from './viewport';
import { THRESHOLD, type RecordedDetection } from './why';

/** Seconds kept: what lies farthest from what was added last goes first. */
const KEPT = 7200;
const NOT_EVALUATED = -1;

/** The highest score of each second that a window ends in or covers. Pure. */
export class Scores {
  private readonly seconds = new Map<number, number>();

  addLive(detection: Detection): void {
    if (detection.shadow) return;
    this.add(Number(detection.endTimeUs), detection.notEvaluated ? null : Math.min(1, detection.scoreQ16 / 65536), Math.max(1, detection.periodS));
  }

  addRecorded(detection: RecordedDetection, endUs = timeUs(detection.end_time)): void {
    if (!detection.shadow) this.add(endUs, detection.score, 1);
  }

  clear(): void {
    this.seconds.clear();
  }

  private add(endUs: number, score: number | null, periodS: number): void {
    const second = Math.floor((endUs - 1) / 1e6);
    for (let at = second + 1 - periodS; at <= second; at++) {
      this.seconds.set(at, Math.max(this.seconds.get(at) ?? NOT_EVALUATED, score ?? NOT_EVALUATED));
      if (this.seconds.size > KEPT) this.seconds.delete(this.seconds.keys().next().value!);
    }
  }

  /** null: not evaluated; undefined: no window. */
  at(second: number): number | null | undefined {
    const value = this.seconds.get(second);
    return value === NOT_EVALUATED ? null : value;
  }
}

export interface EventSpan {
  fromUs: number;
  untilUs: number;
}

export class ScoreStrip {
  readonly surface: Surface;

  constructor(
    private readonly view: PageView,
    private readonly viewport: Viewport,
    redraw: () => void,
  ) {
    this.surface = new Surface('reader-score', redraw);
  }

  draw(scores: Scores, events: readonly EventSpan[]): void {
    const { pen, width, height } = this.surface;
    if (!this.surface.visible) return;
    const colours = palette();
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = colours.text;
    pen.font = font(this.surface, 12);
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    pen.fillText(words.reader.score, LABEL_ROOM - 8, height / 2);
    const y = Math.round(height * (1 - THRESHOLD)) + 0.5;
    for (const band of this.viewport.bands()) {
      this.bars(band, scores);
      this.events(band, events);
    }
    pen.strokeStyle = colours.text;
    pen.setLineDash([3, 4]);
    pen.beginPath();
    pen.moveTo(LABEL_ROOM, y);
    pen.lineTo(width, y);
    pen.stroke();
    pen.setLineDash([]);
  }

  private bars(band: Band, scores: Scores): void {
    const { pen, height } = this.surface;
    const colours = palette();
    for (let second = Math.floor(band.fromUs / 1e6); second * 1e6 < band.untilUs; second++) {
      const score = scores.at(second);
      if (score === undefined) continue;
      const x0 = this.x(band, second * 1e6);
      const wide = Math.max(1, this.x(band, (second + 1) * 1e6) - x0 - 1);
      const tall = score === null ? 3 : Math.max(2, score * (height - 6));
      pen.fillStyle = score === null ? colours.missing : colours[levelOf(score) as 'high' | 'unclear' | 'low'];
      pen.fillRect(x0, height - tall, wide, tall);
    }
  }

  /** A bar along the top, with a tick where the event begins. */
  private events(band: Band, events: readonly EventSpan[]): void {
    const { pen, height } = this.surface;
    pen.fillStyle = palette().strong;
    for (const { fromUs, untilUs } of events) {
      if (untilUs <= band.fromUs || fromUs >= band.untilUs) continue;
      const x0 = this.x(band, fromUs);
      pen.fillRect(x0, 0, Math.max(2, this.x(band, untilUs) - x0), 4);
      if (fromUs >= band.fromUs) pen.fillRect(x0, 0, 2, height);
    }
  }

  private x(band: Band, us: number): number {
    const part = (Math.max(band.fromUs, Math.min(band.untilUs, us)) - band.fromUs) / (band.untilUs - band.fromUs || 1);
    return this.view.x(band.left + part * (band.right - band.left));
  }
}
