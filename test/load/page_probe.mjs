// Watches the ward page from outside its code: when each live frame arrived and when the page had drawn it. Used by browser_latency.mjs.

/** Puts `window.vigilProbe` into every document of the page. Frames are read only after they were drawn, so that reading costs no latency. */
export const installProbe = (page) => page.addInitScript(probe);

/** Runs in the browser. */
function probe() {
  const utcMs = () => performance.timeOrigin + performance.now();
  let seen = null;
  /** Those who wait for the drawing thread's word that it has drawn. */
  let waiting = [];
  window.Worker = class extends Worker {
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data }) => {
        if (data.kind !== 'drawn') return;
        const called = waiting;
        waiting = [];
        for (const call of called) call();
      });
    }
  };

  /** The fields of a protobuf message, as [number, value]: a number for varints, bytes for what has a length. */
  function* fields(bytes) {
    let at = 0;
    const varint = () => {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++];
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = varint();
      const kind = tag & 7;
      if (kind === 0) yield [tag >> 3, varint()];
      else if (kind === 2) {
        const length = varint();
        yield [tag >> 3, bytes.subarray(at, at + length)];
        at += length;
      } else at += kind === 1 ? 8 : 4;
    }
  }

  /** api/vigil/v1/eeg.proto: UTC ms of the end of an EegBlock's last sample. */
  function blockEndMs(bytes) {
    const block = { 4: 1, 5: 1, 6: 0, 8: 0 }; // rate's numerator and denominator, start in UTC us, samples
    for (const [number, value] of fields(bytes)) if (number in block) block[number] = value;
    return block[6] / 1000 + (block[8] * 1000 * block[5]) / block[4];
  }

  /** api/vigil/v1/detection.proto: UTC ms of the end of a Detection's window. */
  function windowEndMs(bytes) {
    for (const [number, value] of fields(bytes)) if (number === 10) return value / 1000;
    throw new Error('a detection without an end');
  }

  /** api/vigil/v1/live.proto: when the blocks and detections of a LiveFrame's patients end. */
  function readFrame(bytes) {
    const frame = { whole: false, blocks: [], windows: [] };
    for (const [number, value] of fields(bytes)) {
      if (number === 2) frame.whole = value === 1;
      if (number !== 3) continue;
      for (const [part, inner] of fields(value)) {
        if (part === 5) frame.blocks.push(blockEndMs(inner));
        if (part === 6) frame.windows.push(windowEndMs(inner));
      }
    }
    return frame;
  }

  function note(bytes, arrivedMs, drawnMs) {
    const frame = readFrame(bytes);
    if (!seen || frame.whole) return;
    seen.frames++;
    const since = (endMs) => ({ arrived: arrivedMs - endMs, drawn: drawnMs - endMs });
    seen.blocks.push(...frame.blocks.map(since));
    seen.windows.push(...frame.windows.map(since));
  }

  window.WebSocket = class extends WebSocket {
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data }) => {
        const arrivedMs = utcMs();
        // What the drawing thread drew before it had this frame is told of at most one frame late: the word after the next counts.
        waiting.push(() => waiting.push(() => note(new Uint8Array(data), arrivedMs, utcMs())));
      });
    }
  };
  window.vigilProbe = {
    begin: () => void (seen = { frames: 0, blocks: [], windows: [] }),
    end: () => seen,
  };
}
