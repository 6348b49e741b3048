// Why an event was raised, and what would have silenced it: from the scores that were recorded, by the detector's own rule. Pure.
// The rule (libs/detect/event_machine.hpp): the mean of the last five scores stays at or above the threshold for five seconds.
import { timeUs } from './times';

export const SMOOTHED_WINDOWS = 5;
export const THRESHOLD = 0.5;
export const MINIMUM_S = 5;

export interface RecordedEvent {
  id: string;
  state: string;
  prolonged: boolean;
  device: string;
  stream: string;
  model: string;
  model_version: string;
  standing: string;
  shadow: boolean;
  first_sample: number;
  end_sample: number;
  onset: string;
  duration_s: number;
  peak_score: number;
  channel_peak_scores: (number | null)[];
}

export interface RecordedDetection {
  device: string;
  stream: string;
  model: string;
  shadow: boolean;
  start_time: string;
  end_time: string;
  score: number | null;
  channel_scores: (number | null)[];
}

export interface Why {
  onsetUs: number;
  seconds: number;
  peak: number;
  threshold: number;
  /** The channels that reached the threshold, the highest first: their places in the stream. */
  channels: { channel: number; peak: number }[];
  /** At a threshold above this it would not have been raised; null: the recorded scores do not say. */
  silencedAbove: number | null;
  /** With a longer minimum than this it would not have been raised; null likewise. */
  highForS: number | null;
  /** Without any one of these channels it would not have been raised; null likewise. */
  decisive: number[] | null;
}

/** `detections`: from five windows before the onset to the event's end, of all models and streams. */
export function why(event: RecordedEvent, detections: readonly RecordedDetection[]): Why {
  const windows = detections
    .filter(({ device, stream, model, shadow, score }) => device === event.device && stream === event.stream && model === event.model && shadow === event.shadow && score !== null)
    .sort((a, b) => timeUs(a.end_time) - timeUs(b.end_time));
  const highForS = longestHigh(windows, (window) => window.score!, THRESHOLD);
  // Where the recorded scores do not make the event, some are missing: then nothing is said of what would have been.
  const told = highForS >= MINIMUM_S;
  return {
    onsetUs: timeUs(event.onset),
    seconds: event.duration_s,
    peak: event.peak_score,
    threshold: THRESHOLD,
    channels: event.channel_peak_scores
      .map((peak, channel) => ({ channel, peak: peak ?? 0 }))
      .filter(({ peak }) => peak >= THRESHOLD)
      .sort((a, b) => b.peak - a.peak),
    silencedAbove: told ? silencing(windows) : null,
    highForS: told ? highForS : null,
    decisive: told ? decisiveChannels(windows) : null,
  };
}

/** Seconds that the mean stays at or above a threshold at a stretch, counted over scored windows. */
function longestHigh(windows: readonly RecordedDetection[], score: (window: RecordedDetection) => number | null, threshold: number): number {
  const recent: number[] = [];
  let [longest, high, endUs] = [0, 0, 0];
  for (const window of windows) {
    const value = score(window);
    if (value === null) continue;
    recent.push(value);
    if (recent.length > SMOOTHED_WINDOWS) recent.shift();
    const [start, end] = [timeUs(window.start_time), timeUs(window.end_time)];
    if (recent.reduce((sum, one) => sum + one, 0) / recent.length < threshold) high = 0;
    else high += end - (high === 0 ? start : Math.max(start, endUs));
    endUs = end;
    longest = Math.max(longest, high);
  }
  return longest / 1e6;
}

/** The highest threshold at which the event is still raised: found among the means, since only they can be passed. */
function silencing(windows: readonly RecordedDetection[]): number {
  const raised = (threshold: number) => longestHigh(windows, (window) => window.score, threshold) >= MINIMUM_S;
  let [low, high] = [THRESHOLD, 1];
  for (let step = 0; step < 16; step++) {
    const middle = (low + high) / 2;
    if (raised(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The mean of the two highest channels, or the only one, is the patient's score. */
export function patientScore(scores: readonly (number | null)[], without: number): number | null {
  const rest = scores.filter((score, channel): score is number => score !== null && channel !== without).sort((a, b) => b - a);
  return rest.length === 0 ? null : rest.length === 1 ? rest[0]! : (rest[0]! + rest[1]!) / 2;
}

function decisiveChannels(windows: readonly RecordedDetection[]): number[] {
  const channels = windows[0]?.channel_scores.length ?? 0;
  const found: number[] = [];
  for (let channel = 0; channel < channels; channel++) if (longestHigh(windows, (window) => patientScore(window.channel_scores, channel), THRESHOLD) < MINIMUM_S) found.push(channel);
  return found;
}
