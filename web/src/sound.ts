// Plays alarms: Web Audio by the schedule of sound_schedule.ts. It knows whether it can be heard: on, blocked by the browser until
// somebody clicks, or switched off here.
import type { Urgency } from './alarms';
import { BURSTS, BurstPlan, HARMONICS, lengthS, moreUrgent, PULSE_HZ, TEST } from './sound_schedule';
import { remember, remembered } from './theme';

export type AudioState = 'on' | 'blocked' | 'off';

const KEY = 'vigil-sound';
const VOLUME = 0.5;
/** Longer than the slowest timer of a page in the background (1 s). */
const AHEAD_S = 1.5;

export class Sound {
  private context: AudioContext | null = null;
  private wave: PeriodicWave | null = null;
  private playing: GainNode | null = null;
  private readonly plan = new BurstPlan();
  private wished = remembered(KEY) !== 'off';
  /** The context's clock at an earlier look: one that stands still plays nothing, whatever it calls its state. */
  private looked: { clockS: number; atMs: number; moves: boolean } | null = null;
  private testUntilS = 0;
  /** What sounded last, beside tests. */
  private before: Urgency | null = null;
  private begun: { urgency: Urgency; atS: number } | null = null;

  constructor(private readonly onChange: () => void) {
    if (this.wished) this.open();
    // Any click or key on the page is what a browser waits for. The end of a press: a line that goes away under a finger moves what is pressed.
    for (const kind of ['pointerup', 'keydown']) addEventListener(kind, () => void this.unblock(), { capture: true, passive: true });
  }

  get state(): AudioState {
    if (!this.wished || typeof AudioContext === 'undefined') return 'off';
    return this.context?.state === 'running' && this.looked?.moves !== false ? 'on' : 'blocked';
  }

  get testing(): boolean {
    return this.context !== null && this.context.currentTime < this.testUntilS;
  }

  /** A burst of this urgency, or of a higher one, has begun: somebody near can hear it. */
  heard(urgency: Urgency): boolean {
    const rank = { low: 1, medium: 2, high: 3 };
    return this.state === 'on' && this.begun !== null && rank[this.begun.urgency] >= rank[urgency] && this.begun.atS <= this.context!.currentTime;
  }

  /** Called often with what is to sound now, and the alarms that it is for. */
  want(urgency: Urgency | null, alarms: readonly string[]): void {
    this.look();
    const { context } = this;
    if (this.state !== 'on' || !context) {
      this.plan.reset();
      this.begun = null;
      return;
    }
    if (this.testing) {
      // An alarm that is more urgent than what sounded before ends the test.
      if (moreUrgent(this.before, urgency) === this.before) return;
      this.silence();
    }
    this.before = urgency;
    const { silence, anew, starts } = this.plan.next(urgency, alarms, context.currentTime, AHEAD_S);
    if (silence) this.silence();
    if (silence || anew || urgency === null) this.begun = null;
    for (const { urgency: next, atS } of starts) {
      this.playBurst(next, atS);
      this.begun ??= { urgency: next, atS };
    }
  }

  /** All three sounds, the least urgent first. */
  async test(): Promise<void> {
    this.setWished(true);
    await this.unblock();
    if (!this.context || this.context.state !== 'running') return;
    this.silence();
    this.plan.reset();
    const nowS = this.context.currentTime + 0.05;
    for (const { urgency, atS } of TEST) this.playBurst(urgency, nowS + atS);
    const last = TEST[TEST.length - 1]!;
    this.testUntilS = nowS + last.atS + lengthS(BURSTS[last.urgency]);
    this.onChange();
  }

  /** One low pulse, unless something more urgent sounds. */
  remind(): void {
    if (this.state !== 'on' || !this.context || this.testing || (this.before !== null && this.before !== 'low')) return;
    this.playBurst('low', this.context.currentTime + 0.05);
  }

  setWished(on: boolean): void {
    if (this.wished === on) return;
    this.wished = on;
    remember(KEY, on ? 'on' : 'off');
    if (on) this.open();
    else this.silence();
    this.plan.reset();
    this.onChange();
  }

  /** Does something only in answer to a click or a key. */
  async unblock(): Promise<void> {
    if (!this.wished || this.context?.state === 'running') return;
    if (!this.context || this.context.state === 'closed') this.open();
    await this.context?.resume().catch(() => {});
    this.onChange();
  }

  private open(): void {
    if (this.context || typeof AudioContext === 'undefined') return;
    this.context = new AudioContext();
    this.context.onstatechange = () => this.onChange();
    const imaginary = new Float32Array(HARMONICS.length + 2);
    imaginary[1] = 1;
    HARMONICS.forEach((level, at) => (imaginary[at + 2] = level));
    this.wave = this.context.createPeriodicWave(new Float32Array(imaginary.length), imaginary);
  }

  private look(): void {
    if (!this.context) return;
    const clockS = this.context.currentTime;
    const atMs = performance.now();
    if (this.looked && atMs - this.looked.atMs < 1000) return;
    const moves = this.context.state !== 'running' || !this.looked || clockS > this.looked.clockS;
    const changed = this.looked !== null && this.looked.moves !== moves;
    this.looked = { clockS, atMs, moves };
    if (changed) this.onChange();
  }

  private playBurst(urgency: Urgency, atS: number): void {
    const context = this.context!;
    if (!this.playing) {
      this.playing = context.createGain();
      this.playing.gain.value = VOLUME;
      this.playing.connect(context.destination);
    }
    const { pulses, riseS, fallS } = BURSTS[urgency];
    for (const pulse of pulses) {
      const from = atS + pulse.atS;
      const to = from + pulse.lengthS;
      const level = context.createGain();
      level.gain.setValueAtTime(0, from);
      level.gain.linearRampToValueAtTime(1, from + riseS);
      level.gain.setValueAtTime(1, to);
      level.gain.linearRampToValueAtTime(0, to + fallS);
      level.connect(this.playing);
      const tone = context.createOscillator();
      tone.frequency.value = PULSE_HZ;
      tone.setPeriodicWave(this.wave!);
      tone.connect(level);
      tone.start(from);
      tone.stop(to + fallS);
      tone.onended = () => level.disconnect();
    }
  }

  /** What sounds or is planned ends now. */
  private silence(): void {
    this.playing?.disconnect();
    this.playing = null;
    this.testUntilS = 0;
  }
}
