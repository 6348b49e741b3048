// Serves the built pages and plays the ward's server to them: frames that the real one sends seldom (64 patients, many alarms,
// twelve hours in minutes) come when a test says so. The real program is what the other tests run.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const TOP = new URL('../../', import.meta.url).pathname;
const DIST = join(TOP, 'web/dist');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json' };
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const require = createRequire(join(TOP, 'web/package.json'));
const { create, createFileRegistry, fromBinary, toBinary } = require('@bufbuild/protobuf');
const { FileDescriptorSetSchema } = require('@bufbuild/protobuf/wkt');
const folder = mkdtempSync(join(tmpdir(), 'vigil-stage-'));
execFileSync('protoc', [`--proto_path=${TOP}api`, '--include_imports', `--descriptor_set_out=${folder}/set`, 'vigil/v1/live.proto']);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(`${folder}/set`)));
rmSync(folder, { recursive: true });
const LiveFrame = registry.getMessage('vigil.v1.LiveFrame');
const LiveRequest = registry.getMessage('vigil.v1.LiveRequest');

export const INT16_LE = 1;
export const PRIORITY = { low: 1, medium: 2, high: 3 };
/** Alarm.State, Alarm.Condition. */
export const ON = 1;
export const ACKNOWLEDGED = 2;
export const TACHYCARDIA = 4;

/** One message of a WebSocket, from the server: unmasked, whole. */
function wrapped(bytes) {
  const { length } = bytes;
  const head = length < 126 ? Buffer.from([0x82, length]) : length < 65536 ? Buffer.from([0x82, 126, length >> 8, length & 255]) : Buffer.alloc(10);
  if (length >= 65536) {
    head.set([0x82, 127]);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, bytes]);
}

/** What a client sent in one short masked message; null for anything else, such as a close. */
function unwrapped(data) {
  const length = data[1] & 127;
  if ((data[0] & 15) !== 2 || length > 125) return null;
  const mask = data.subarray(2, 6);
  return data.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]);
}

export class Stage {
  sockets = new Set();
  sequence = 1n;
  /** Of the newest page: what it asked for. */
  request = { patients: [], channels: 4 };
  /** Makes the first frame of a page, and the one after it asked for another view. */
  whole = () => ({});
  /** Share of the news that is lost on the way. */
  loss = 0;

  async start() {
    this.server = createServer((request, response) => this.answer(request, response));
    this.server.on('upgrade', (request, socket) => this.open(request, socket));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  answer({ url }, response) {
    const { pathname } = new URL(url, 'http://stage');
    if (pathname.startsWith('/v1/')) {
      response.writeHead(pathname === '/v1/me' ? 200 : 404, { 'Content-Type': 'application/json' }).end('{}');
      return;
    }
    const path = pathname === '/' || pathname === '/signin' ? '/index.html' : normalize(pathname);
    try {
      const body = readFileSync(join(DIST, path));
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  open(request, socket) {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    this.sockets.add(socket);
    const gone = () => this.sockets.delete(socket);
    socket.on('close', gone).on('error', gone);
    socket.on('data', (data) => {
      const asked = unwrapped(data);
      if (!asked) return;
      const request = fromBinary(LiveRequest, asked);
      if (request.report) return;
      this.request = request;
      this.write(socket, { whole: true, ...this.whole() });
    });
    this.write(socket, { whole: true, ...this.whole() });
  }

  write(socket, frame, serverTimeUs = Date.now() * 1000) {
    const after = frame.whole ? 0n : (socket.reached ?? 0n);
    socket.reached = this.sequence;
    if (!frame.whole && Math.random() < this.loss) return;
    socket.write(wrapped(toBinary(LiveFrame, create(LiveFrame, { serverTimeUs: BigInt(serverTimeUs), chainUs: BigInt(serverTimeUs), version: 'stage', sequence: this.sequence, after, ...frame }))));
  }

  /** To every page that is open. */
  send(frame, serverTimeUs) {
    this.sequence++;
    for (const socket of this.sockets) this.write(socket, frame, serverTimeUs);
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

export const LABELS = ['Fp1', 'F7', 'T3', 'T5', 'O1', 'F3', 'C3', 'P3', 'Fz', 'Cz', 'Pz', 'Fp2', 'F8', 'T4', 'T6', 'O2', 'F4', 'C4', 'P4'];

/** A patient whose device sends `channels` at 256 Hz: what the live frame says of it. */
export class StagePatient {
  constructor(id, channels = 4) {
    Object.assign(this, { id, channels, next: 0, beat: 70, alarms: [], revision: 0, startUs: Date.now() * 1000 });
    this.names = LABELS.slice(0, channels).map((label) => ({ label, unit: 'uV', scale: 1 }));
  }

  /** The samples of the next `ms`, at most `most` channels of them (0 = all), and one score a second. */
  news(ms, most = 0, more = {}) {
    const samples = Math.round((256 * ms) / 1000);
    const names = most === 0 ? this.names : this.names.slice(0, most);
    const data = new Int16Array(samples * names.length);
    for (let channel = 0; channel < names.length; channel++)
      for (let at = 0; at < samples; at++) {
        const t = (this.next + at) / 256 + channel * 0.11;
        data[channel * samples + at] = 60 * Math.sin(t * 62) + 25 * Math.sin(t * 23 + channel) + 20 * (Math.random() - 0.5);
      }
    const startTimeUs = BigInt(this.startUs + Math.round((this.next * 1e6) / 256));
    const endUs = this.startUs + Math.round(((this.next + samples) * 1e6) / 256);
    const block = { device: `d-${this.id}`, stream: 's', firstSample: BigInt(this.next), rateNumerator: 256, rateDenominator: 1, startTimeUs, channels: names, samples, codec: INT16_LE, data: new Uint8Array(data.buffer) };
    const second = Math.floor(this.next / 256) !== Math.floor((this.next + samples) / 256);
    this.next += samples;
    return {
      ...this.state(endUs),
      blocks: [block],
      detections: second ? [{ device: block.device, stream: 's', startTimeUs: BigInt(endUs - 1e6), endTimeUs: BigInt(endUs), scoreQ16: 3000, model: 'window-178', standing: 1, periodS: 1 }] : [],
      vitals: second ? [{ name: 'heart_rate', unit: '/min', value: this.beat, startTimeUs: BigInt(endUs), source: 'strap' }] : [],
      ...more,
    };
  }

  /** New samples, and a score that is of now. */
  score(value) {
    const endUs = BigInt(Date.now() * 1000);
    return { ...this.news(250, 1), detections: [{ device: `d-${this.id}`, stream: 's', startTimeUs: endUs - 1_000_000n, endTimeUs: endUs, scoreQ16: Math.round(value * 65_536), model: 'window-178', standing: 1, periodS: 1 }] };
  }

  /** Scores and heart rates of the last ten minutes, as a whole frame has them. */
  history(nowUs = Date.now() * 1000) {
    const ago = (seconds) => BigInt(nowUs - seconds * 1e6);
    const at = (count, apart, make) => Array.from({ length: count }, (_, index) => make((count - index) * apart));
    const score = (seconds) => (seconds > 200 && seconds < 260 ? 60_000 : 2000 + 9000 * Math.abs(Math.sin(seconds)));
    return {
      ...this.state(nowUs),
      detections: at(120, 5, (seconds) => ({ device: `d-${this.id}`, stream: 's', endTimeUs: ago(seconds), scoreQ16: Math.round(score(seconds)), model: 'window-178', standing: 1, periodS: 5 })),
      vitals: at(60, 10, (seconds) => ({ name: 'heart_rate', unit: '/min', value: Math.round(this.beat + 20 * Math.sin(seconds / 70)), startTimeUs: ago(seconds), source: 'strap' })),
    };
  }

  state(nowUs = Date.now() * 1000) {
    return { id: this.id, label: this.id, monitoring: 1, alarmsOn: true, newestSampleUs: BigInt(nowUs), newestReceiptUs: BigInt(nowUs), newestScoredUs: BigInt(nowUs), alarms: this.alarms };
  }

  /** The patient's one alarm, raised or changed. */
  alarm(priority, state = ON) {
    this.alarms = [{ id: Uint8Array.from({ length: 16 }, (_, at) => this.id.charCodeAt(at % this.id.length)), revision: ++this.revision, priority: PRIORITY[priority], state, condition: TACHYCARDIA, raisedUs: BigInt(Date.now() * 1000), acknowledgedBy: state === ACKNOWLEDGED ? 'nurse' : '', causes: [{ value: 140, limit: 120 }] }];
    return this;
  }
}
