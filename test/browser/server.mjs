// Starts the real program in a folder of its own and stops it by its own process id.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const BINARY = process.env.VIGIL_BIN;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

export class Server {
  constructor(...options) {
    this.folder = mkdtempSync(join(tmpdir(), 'vigil-browser-'));
    this.state = join(this.folder, 'state');
    this.options = options;
    /** Of the program, beside this one's own. */
    this.environment = {};
  }

  /** Starts, or starts again, at the same address. */
  async start() {
    this.port ??= await freePort();
    const output = join(this.folder, `output-${Date.now()}`);
    this.log = join(this.folder, 'log');
    const words = ['serve', '--state', this.state, '--port', String(this.port), '--monitor-port', '0', ...this.options];
    this.process = spawn(BINARY, words, { env: { ...process.env, ...this.environment }, stdio: ['ignore', openSync(output, 'w'), openSync(this.log, 'a')] });
    this.exited = new Promise((done) => this.process.once('exit', done));
    for (let attempt = 0; attempt < 1200; attempt++) {
      const text = readFileSync(output, 'utf8');
      const link = /(http:\/\/[^/\s]+)\/signin\?token=\S+/.exec(text);
      const monitor = /Monitor: (http:\/\/\S+)/.exec(text);
      if (link && monitor) {
        this.monitor = monitor[1];
        this.link = link[0];
        this.url = link[1];
        return this;
      }
      if (this.process.exitCode !== null) break;
      await wait(50);
    }
    throw new Error(`vigil did not start: ${readFileSync(this.log, 'utf8').slice(-2000)}`);
  }

  async stop(signal = 'SIGTERM') {
    if (this.process?.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await this.exited;
    }
  }

  async close() {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  command(...words) {
    return execFileSync(BINARY, [...words, '--state', this.state], { encoding: 'utf8', input: this.input ?? '' });
  }

  /** The value of a metric without labels. */
  async metric(name) {
    const text = await (await fetch(`${this.monitor}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1]);
  }

  key(patient) {
    return JSON.parse(this.command('key', 'add', '--patient', patient)).key;
  }

  /** A new key counts within a second: until then it is tried again. */
  async post(path, body, key) {
    const send = () =>
      fetch(this.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    let answer = await send();
    for (const until = Date.now() + 1_000; answer.status === 401 && Date.now() < until; answer = await send()) await wait(50);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
