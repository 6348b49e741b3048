// Keeps one WebSocket to /v1/ward/live open: reconnects by itself, and says when what the page shows is no longer current.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { backoffMs } from './backoff';
import { LiveFrameSchema, LiveRequestSchema, type LiveFrame, type LiveRequest } from './generated/vigil/v1/live_pb';

/** Without a frame for so long nothing shown is current; the server sends one a second at least. */
export const SILENT_MS = 3000;
/** A socket that stays silent so long is given up for a new one. */
const ABANDON_MS = 6000;
/** Where the wall clock ran so much further than the browser's own, the machine slept: its own clock stood still meanwhile. */
const SLEPT_MS = 2000;
/** A whole frame that was asked for and has not come after so long is asked for again. */
const ASK_AGAIN_MS = 2000;

/** What the server sends without being asked. */
const UNASKED: ConnectionWish = { channels: 4 };

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
  private ahead = Date.now() - performance.now();
  private slept = false;
  /** Position of the newest frame; a frame that does not follow it says that one was lost. */
  private reached = 0;
  private askedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly onFrame: (frame: LiveFrame, arrivedMs: number, bytes: ArrayBuffer) => void,
    private readonly onSignedOut: () => void,
    private wish: ConnectionWish | null = null,
  ) {
    this.open();
  }

  /** Milliseconds since the last frame; null before the first. */
  silentMs(nowMs: number): number | null {
    return this.lastFrameMs === null ? null : nowMs - this.lastFrameMs;
  }

  /** True when nothing shown is current. Called often: a socket that went silent without closing is replaced here. */
  lost(nowMs: number): boolean {
    this.notice(nowMs);
    if (this.slept) return true;
    const silent = nowMs - (this.lastFrameMs ?? this.startedMs);
    if (silent > ABANDON_MS && this.socket && nowMs - this.startedMs > ABANDON_MS) this.abandon();
    return silent > SILENT_MS;
  }

  private notice(nowMs: number): void {
    const ahead = Date.now() - nowMs;
    const slept = ahead - this.ahead > SLEPT_MS;
    this.ahead = ahead;
    if (!slept) return;
    this.slept = true;
    // What was under way when it fell asleep is old: only a new socket's frames count.
    if (this.socket) this.abandon();
  }

  /** Another view: the server answers with a whole frame. */
  ask(wish: ConnectionWish): void {
    this.wish = wish;
    this.say();
  }

  private say(): void {
    this.send(create(LiveRequestSchema, this.wish ?? UNASKED));
  }

  /** What cannot be sent now is not sent later: the page says it anew. */
  send(message: LiveRequest): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(toBinary(LiveRequestSchema, message));
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
    this.reached = 0;
    this.askedMs = Number.NEGATIVE_INFINITY;
    socket.onopen = () => this.wish && this.say();
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      if (this.socket !== socket) return;
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
      this.slept = false;
      this.follow(frame, arrived);
      this.onFrame(frame, arrived, event.data);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (frames === 0) void this.askWhetherSignedOut();
      this.again();
    };
  }

  /** News are sent once: where a frame was lost on the way, all is asked for again. */
  private follow(frame: LiveFrame, nowMs: number): void {
    const missing = !frame.whole && Number(frame.after) !== this.reached;
    if (frame.whole) this.askedMs = Number.NEGATIVE_INFINITY;
    else if (missing && nowMs - this.askedMs > ASK_AGAIN_MS) {
      this.askedMs = nowMs;
      this.say();
    }
    if (!missing) this.reached = Math.max(1, Number(frame.sequence));
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
