// Stops one thread of a running process, as a model that hangs would, and lets it go on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export class FrozenThread {
  /** The thread stops at its next system call: its tracer attaches to it and then stops itself. */
  static async freeze(pid, name) {
    const thread = readdirSync(`/proc/${pid}/task`).find((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim() === name);
    if (!thread) throw new Error(`process ${pid} has no thread ${name}`);
    const frozen = new FrozenThread();
    frozen.tracer = spawn('strace', ['-p', thread, '-o', '/dev/null'], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: frozen.tracer.stderr })) {
      if (/attached$/.test(line)) {
        frozen.tracer.kill('SIGSTOP');
        return frozen;
      }
      if (/ptrace|attach:/.test(line)) throw new Error(line);
    }
    throw new Error('strace ended');
  }

  /** The kernel lets a thread go on when its tracer is gone. */
  async thaw() {
    const gone = once(this.tracer, 'exit');
    this.tracer.kill('SIGKILL');
    await gone;
  }
}
