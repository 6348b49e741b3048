// Keeps one WebSocket to /v1/ward/live open: reconnects by itself, and says when what the page shows is no longer current.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { backoffMs } from './backoff';
import { LiveFrameSchema, LiveRequestSchema, type LiveFrame } from './generated/vigil/v1/live_pb';

/** Without a frame for so long nothing shown is current; the server sends one a second at least. */
export const SILENT_MS = 3000;
/** A socket that stays silent so long is given up for a new one. */
const ABANDON_MS = 6000;

export interface ConnectionWish {
  patients?: string[];
  channels?: number;
}

export class Connection {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private startedMs = performance.now();
  private lastFrameMs: number | null = null;
  private timer = 0;
  private closed = false;

  constructor(
    private readonly onFrame: (frame: LiveFrame, arrivedMs: number) => void,
    private readonly onSignedOut: () => void,
    private readonly wish: ConnectionWish | null = null,
  ) {
    this.open();
  }

  /** Milliseconds since the last frame; null before the first. */
  silentMs(nowMs: number): number | null {
    return this.lastFrameMs === null ? null : nowMs - this.lastFrameMs;
  }

  /** True when nothing shown is current. Called often: a socket that went silent without closing is replaced here. */
  lost(nowMs: number): boolean {
    const silent = nowMs - (this.lastFrameMs ?? this.startedMs);
    if (silent > ABANDON_MS && this.socket && nowMs - this.startedMs > ABANDON_MS) this.abandon();
    return silent > SILENT_MS;
  }


  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.drop();
  }

  private open(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/ward/live`);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.startedMs = performance.now();
    let frames = 0;
    socket.onopen = () => {
      if (this.wish) socket.send(toBinary(LiveRequestSchema, create(LiveRequestSchema, this.wish)));
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      const arrived = performance.now();
      let frame: LiveFrame;
      try {
        frame = fromBinary(LiveFrameSchema, new Uint8Array(event.data));
      } catch {
        this.abandon();
        return;
      }
      frames++;
      this.attempt = 0;
      this.lastFrameMs = arrived;
      this.onFrame(frame, arrived);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (frames === 0) void this.askWhetherSignedOut();
      this.again();
    };
  }

  private abandon(): void {
    this.drop();
    this.again();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private again(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), backoffMs(this.attempt++, Math.random()));
  }

  /** A browser hides the status of a refused WebSocket; this route gives it. */
  private async askWhetherSignedOut(): Promise<void> {
    try {
      const answer = await fetch('/v1/me', { credentials: 'same-origin', cache: 'no-store' });
      if (answer.status === 401 && !this.closed) this.onSignedOut();
    } catch {
      // The server is away: the next attempt tells.
    }
  }
}
