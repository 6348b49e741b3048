// Whether what is wrong with Vigil itself is raised: on or off, with a reason.
import { element, setText } from '../element';
import { words } from '../words';
import { day, Form } from './form';
import { server, type AlarmSettings } from './server';
import { settled } from '../settled';

const say = words.administration.ownAlarms;

const setBy = ({ set_by: by, set, reason }: AlarmSettings) => (by ? say.setBy(by, day(set ?? ''), reason ?? '') : say.neverSet);

export async function ownAlarms(): Promise<Node[]> {
  const known = await server.ownAlarms();
  const who = element('p', { class: 'set-by' }, setBy(known));
  const put = new Form(
    say.title,
    [
      {
        name: 'switched_on',
        label: say.are,
        value: String(known.switched_on),
        choices: [
          ['true', say.on],
          ['false', say.off],
        ],
      },
      { name: 'reason', label: words.administration.reason, required: true, help: say.reasonHelp },
    ],
    words.administration.save,
    async ({ switched_on: chosen, reason }) => {
      const on = chosen === 'true';
      await server.putOwnAlarms(on, reason!);
      setText(who, setBy(await settled(server.ownAlarms, (now) => now.switched_on === on && now.reason === reason)));
    },
    () => {},
  );
  return [element('p', { class: 'help' }, say.help), who, put.box];
}
