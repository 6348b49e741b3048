// The drawing thread: takes the ward's frames beside the page and draws all pictures, at most once a screen refresh.
import { usePalette } from './palette';
import type { FromPictures, ToPictures } from './picture_messages';
import { Pictures } from './pictures';

const TICK_MS = 1000;

let pictures: Pictures | null = null;
let drawing = 0;
let labels = 0;

const say = (message: FromPictures) => postMessage(message);

function draw(): void {
  drawing = 0;
  if (!pictures?.draw(performance.now())) return;
  const { version, drawn, channelLabels } = pictures;
  // One refresh later what was drawn is also what is seen.
  requestAnimationFrame(() => say({ kind: 'drawn', version, drawn }));
  if (channelLabels.length === labels) return;
  labels = channelLabels.length;
  say({ kind: 'labels', labels: channelLabels });
}

onmessage = ({ data }: MessageEvent<ToPictures>) => {
  if (data.kind === 'begin') pictures = new Pictures(data.canvas, data.fontFamily);
  else if (data.kind === 'frame') pictures?.take(data.bytes, performance.now());
  else if (data.kind === 'arrange') pictures?.arrange(data);
  else {
    usePalette(data.colours);
    pictures?.repaint();
  }
  if (pictures?.waiting) drawing ||= requestAnimationFrame(draw);
};

setInterval(() => {
  say({ kind: 'tick' });
  if (pictures) drawing ||= requestAnimationFrame(draw);
}, TICK_MS);
