// What a page really plays, and how many pulses that is.
/** Measures what the page really plays: taps whatever goes to the loudspeaker. Times in seconds of the audio clock. */
export function listen() {
  window.heard = [];
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      const tap = this.context.createScriptProcessor(256, 1, 1);
      tap.onaudioprocess = ({ inputBuffer, playbackTime }) => {
        const samples = inputBuffer.getChannelData(0);
        let sum = 0;
        for (const sample of samples) sum += sample * sample;
        window.heard.push([playbackTime, Math.sqrt(sum / samples.length)]);
      };
      connect.call(this, tap);
      connect.call(tap, target);
    }
    return connect.call(this, target, ...rest);
  };
}

/** When pulses begin in what was heard. */
export function pulses(heard) {
  const begun = [];
  let loud = false;
  for (const [at, level] of heard) {
    if (level > 0.1 && !loud) begun.push(at);
    loud = level > 0.1 || (loud && level > 0.04);
  }
  return begun;
}
