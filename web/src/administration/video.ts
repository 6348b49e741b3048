// Where a patient's video is: an address with places for the moment, and how far the recorder's clock is off.
import { element } from '../element';
import { videoAt, type VideoLink } from '../video/video_link';
import { words } from '../words';
import { day, Form } from './form';
import { server } from './server';

const say = words.administration.video;

function told({ address, by, set }: VideoLink): string {
  return by && set ? (address ? say.setBy : say.takenBy)(by, day(set)) : say.never;
}

export async function video(patient: string): Promise<Node[]> {
  const known = await server.video(patient);
  const who = element('p', { class: 'help' }, told(known));
  const form = new Form(
    say.title,
    [
      { name: 'address', label: say.address, value: known.address, help: say.addressHelp },
      { name: 'offset_s', label: say.offset, type: 'number', value: String(known.offset_s), help: say.offsetHelp },
    ],
    words.administration.save,
    async ({ address, offset_s }) => {
      const link = { address: address!, offset_s: Number(offset_s) };
      await server.putVideo(patient, link);
      return videoAt(link, patient, Date.now() * 1000) ? say.saved(videoAt(link, patient, Date.now() * 1000)!) : say.taken;
    },
    () => {},
  );
  return [form.box, who];
}
