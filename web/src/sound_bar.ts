// The sound's place on the page: on, off and test in the header, a sign when the browser blocks it, and the pause with its countdown.
import type { Alarms } from './station_alarms';
import { element, setData, setSign, setText, sign } from './element';
import type { AudioState, Sound } from './sound';
import { words } from './words';

const PAUSE_S = 120;
const SAID_FOR_MS = 8000;

export class SoundBar {
  /** For the header. */
  readonly controls = element('span', { class: 'sound', role: 'group', 'aria-label': words.sound.region });
  /** For the place of the banners. */
  readonly box = element('div', { class: 'banner sound-line', hidden: '' });
  private readonly title = element('strong');
  private readonly unblock = element('button', { type: 'button', class: 'button' });
  private readonly onOff = element('button', { type: 'button', class: 'button', 'aria-pressed': 'true' });
  private readonly test = element('button', { type: 'button', class: 'button' }, words.sound.test);
  private readonly pause = element('button', { type: 'button', class: 'button pause-sound' });
  private readonly paused = element('span', { class: 'sound-paused', role: 'timer', hidden: '' });
  private said = '';
  private pressedAt: AudioState = 'on';
  private saidUntilMs = 0;

  constructor(
    private readonly sound: Sound,
    private readonly alarms: Alarms,
    /** Posts an act for each of these patients; what went wrong, or empty. */
    private readonly act: (patients: string[], body: Record<string, unknown>) => Promise<string>,
  ) {
    const shape = sign();
    setSign(shape, 'no-data');
    this.box.append(shape, this.title, this.unblock);
    this.controls.append(this.paused, this.pause, this.onOff, this.test);
    this.unblock.addEventListener('click', () => {
      sound.setWished(true);
      void sound.unblock();
    });
    // What was shown when it was pressed: pressing itself unblocks the sound.
    for (const kind of ['pointerdown', 'keydown']) this.onOff.addEventListener(kind, () => (this.pressedAt = sound.state));
    this.onOff.addEventListener('click', () => {
      if (this.pressedAt === 'blocked') void sound.unblock();
      else sound.setWished(sound.state === 'off');
    });
    this.test.addEventListener('click', () => void sound.test());
    this.pause.addEventListener('click', () => void this.pauseOrResume());
  }

  update(nowUs: number): void {
    const { state } = this.sound;
    setData(document.documentElement, 'sound', state);
    this.box.hidden = state === 'on';
    setText(this.title, state === 'blocked' ? words.sound.blocked : words.sound.off);
    setText(this.unblock, words.sound.switchOn);
    setText(this.onOff, { on: words.sound.isOn, off: words.sound.isOff, blocked: words.sound.isBlocked }[state]);
    this.onOff.setAttribute('aria-pressed', String(state !== 'off'));
    setText(this.test, this.sound.testing ? words.sound.testing : words.sound.test);
    const paused = this.alarms.paused(nowUs);
    const untilUs = Math.max(0, ...paused.map((one) => one.untilUs));
    const failed = performance.now() < this.saidUntilMs ? this.said : '';
    this.paused.hidden = paused.length === 0 && failed === '';
    setText(this.paused, failed || (paused.length > 0 ? words.sound.pausedOf(paused.map((one) => one.label), (untilUs - nowUs) / 1000) : ''));
    this.pause.hidden = paused.length === 0 && this.alarms.sounding(nowUs).length === 0;
    setText(this.pause, paused.length > 0 ? words.sound.resume : words.sound.pause);
  }

  private async pauseOrResume(): Promise<void> {
    const nowUs = this.alarms.nowUs();
    const paused = this.alarms.paused(nowUs).map((one) => one.patient);
    const failed = paused.length > 0 ? await this.act(paused, { kind: 'audio_resume' }) : await this.act(this.alarms.sounding(nowUs), { kind: 'audio_pause', for_s: PAUSE_S });
    this.said = failed;
    this.saidUntilMs = performance.now() + SAID_FOR_MS;
  }
}
