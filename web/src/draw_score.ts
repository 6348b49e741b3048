// Draws the score of the last minutes as bars from 0 to 1 with the two thresholds, and heart rate as a line.
import type { ShownEvent } from './events';
import type { HeartHistory } from './heart';
import { palette, type Palette } from './palette';
import type { Pane } from './pane';
import { EMPTY, HIGH_OVER, levelOf, LOW_UNDER, NOT_EVALUATED, type ScoreHistory } from './score';

export function drawScore(surface: Pane, history: ScoreHistory, events: readonly ShownEvent[], nowUs: number, left = 0, seconds = history.seconds): void {
  const { pen, width, height } = surface;
  if (!surface.visible) return;
  surface.stale = false;
  const colours = palette();
  pen.clearRect(0, 0, width, height);
  drawThresholds(surface, colours, left);
  if (Number.isNaN(nowUs)) return;
  const end = Math.floor(nowUs / 1e6) + 1;
  const bar = (width - left) / seconds;
  for (let index = 0; index < seconds; index++) {
    const value = history.at(end - seconds + index);
    if (value === EMPTY) continue;
    const x = Math.round(left + index * bar);
    const wide = Math.max(1, Math.round(left + (index + 1) * bar) - x);
    if (value === NOT_EVALUATED) {
      pen.fillStyle = colours.missing;
      pen.fillRect(x, height - 3, Math.max(1, wide - 1), 3);
      continue;
    }
    pen.fillStyle = colours[levelOf(value) as 'high' | 'unclear' | 'low'];
    const tall = Math.max(2, value * height);
    pen.fillRect(x, height - tall, wide, tall);
  }
  drawEvents(surface, colours, events, end * 1e6, seconds, left);
}

/** A bar along the top for each event, with a tick where it begins: where it is does not rest on its colour. */
function drawEvents({ pen, width, height }: Pane, colours: Palette, events: readonly ShownEvent[], endUs: number, seconds: number, left: number): void {
  const x = (timeUs: number) => Math.round(Math.min(width, Math.max(left, width - ((endUs - timeUs) / (seconds * 1e6)) * (width - left))));
  pen.fillStyle = colours.text;
  for (const event of events) {
    const from = x(event.onsetUs);
    const until = event.ongoing ? width : x(event.endUs);
    if (until <= left) continue;
    pen.fillRect(from, 0, Math.max(2, until - from), 3);
    if (from > left) pen.fillRect(from, 0, 2, height);
  }
}

function drawThresholds(surface: Pane, colours: Palette, left: number): void {
  const { pen, width, height } = surface;
  pen.save();
  pen.strokeStyle = colours.grid;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(left, height - 0.5);
  pen.lineTo(width, height - 0.5);
  pen.stroke();
  pen.setLineDash([3, 4]);
  pen.strokeStyle = colours.text;
  pen.globalAlpha *= 0.55;
  pen.beginPath();
  for (const threshold of [HIGH_OVER, LOW_UNDER]) {
    const y = Math.round(height * (1 - threshold)) + 0.5;
    pen.moveTo(left, y);
    pen.lineTo(width, y);
  }
  pen.stroke();
  pen.restore();
  if (left > 0) {
    pen.fillStyle = colours.text;
    pen.font = `12px ${surface.fontFamily}`;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const value of [HIGH_OVER, LOW_UNDER]) pen.fillText(String(value), left - 8, height * (1 - value));
  }
}

/** A value is joined to the one before only where they are at most this far apart. */
const JOIN_US = 30e6;

export function drawHeart(surface: Pane, history: HeartHistory, nowUs: number, seconds: number, left: number): void {
  const { pen, width, height } = surface;
  if (!surface.visible) return;
  surface.stale = false;
  const colours = palette();
  pen.clearRect(0, 0, width, height);
  const values = history.all.filter((value) => value.timeUs > nowUs - seconds * 1e6);
  const lowest = Math.floor(Math.min(60, ...values.map((value) => value.bpm)) / 20) * 20;
  const highest = Math.ceil(Math.max(120, ...values.map((value) => value.bpm)) / 20) * 20;
  const y = (bpm: number) => 6 + (height - 12) * (1 - (bpm - lowest) / (highest - lowest));
  const x = (timeUs: number) => width - ((nowUs - timeUs) / (seconds * 1e6)) * (width - left);
  pen.strokeStyle = colours.grid;
  pen.fillStyle = colours.text;
  pen.lineWidth = 1;
  pen.font = `12px ${surface.fontFamily}`;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  pen.beginPath();
  for (const bpm of [lowest, highest]) {
    pen.moveTo(left, Math.round(y(bpm)) + 0.5);
    pen.lineTo(width, Math.round(y(bpm)) + 0.5);
    if (left > 0) pen.fillText(String(bpm), left - 8, y(bpm));
  }
  pen.stroke();
  pen.strokeStyle = colours.heart;
  pen.lineWidth = 2;
  pen.lineJoin = 'round';
  pen.beginPath();
  let before = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value.timeUs - before > JOIN_US) {
      pen.moveTo(x(value.timeUs), y(value.bpm));
      pen.lineTo(x(value.timeUs) + 1, y(value.bpm));
    } else pen.lineTo(x(value.timeUs), y(value.bpm));
    before = value.timeUs;
  }
  pen.stroke();
}
