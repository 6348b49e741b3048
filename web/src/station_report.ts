// What this page says of itself to the server: whether it can be heard and seen, and which alarms it really shows. Once a second, and
// at once when that changes.
import { create } from '@bufbuild/protobuf';
import { LiveRequestSchema, type LiveRequest } from './generated/vigil/v1/live_pb';
import { AudioState } from './generated/vigil/v1/station_pb';
import type { AudioState as Heard } from './sound';

export interface ShownNow {
  patient: string;
  /** 32 hexadecimal digits. */
  alarm: string;
  revision: number;
  sounded: boolean;
}

const EVERY_MS = 1000;
const AUDIO: Record<Heard, AudioState> = { on: AudioState.AUDIO_ON, blocked: AudioState.AUDIO_BLOCKED, off: AudioState.AUDIO_OFF };

const bytes = (hexadecimal: string) => Uint8Array.from(hexadecimal.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export class Reports {
  private sent = '';
  private sentMs = -Infinity;

  /** The next message to send; null while there is nothing to say. */
  next(audio: Heard, visible: boolean, shown: readonly ShownNow[], nowMs: number): LiveRequest | null {
    const says = JSON.stringify([audio, visible, shown]);
    if (says === this.sent && nowMs - this.sentMs < EVERY_MS) return null;
    this.sent = says;
    this.sentMs = nowMs;
    return create(LiveRequestSchema, {
      report: {
        audio: AUDIO[audio],
        visible,
        shown: shown.map(({ patient, alarm, revision, sounded }) => ({ patient, alarm: bytes(alarm), revision, sounded })),
      },
    });
  }
}
