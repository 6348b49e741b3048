// Which models' seizures of a patient are worth a high alarm: who said so, and what that means.
import { element } from '../element';
import { words } from '../words';
import { day, Form, table, twice } from './form';
import { server, type AlarmSettings, type Models } from './server';
import { settled } from '../settled';

const say = words.administration.signOff;

/** "window-178 2.0.0, active": which of the loaded models does what for this patient. */
function choices({ loaded, active, shadows }: Models): (readonly [string, string])[] {
  return loaded.map(({ name, version }, place) => {
    const part = name === active || (active === null && place === 0) ? say.active : shadows.includes(name) ? say.shadow : say.idle;
    return [`${name} ${version}`, say.model(name, version, part)] as const;
  });
}

export async function signOffs(patient: string, fault: (text: string) => void): Promise<Node[]> {
  const [settings, models] = await Promise.all([server.alarms(patient), server.models(patient)]);
  const list = element('div');
  const names = (known: AlarmSettings, model: string, version: string) => known.sign_offs.some((one) => one.model === model && one.model_version === version);
  const show = (known: AlarmSettings) =>
    list.replaceChildren(
      table(
        say.title,
        [say.modelHead, say.by, say.since, words.administration.action],
        known.sign_offs.map(({ model, model_version: version, by, time }) => [
          `${model} ${version}`,
          by,
          day(time),
          twice(say.takeBack, say.takeBackSure, () => server.putSignOff(patient, model, version, false), () => void until((now) => !names(now, model, version)), fault),
        ]),
      ),
    );
  const until = (shows: (known: AlarmSettings) => boolean) =>
    settled(() => server.alarms(patient), shows).then(show, (error: unknown) => fault(error instanceof Error ? error.message : String(error)));
  show(settings);
  const offered = choices(models);
  const active = offered.find(([, text]) => text.endsWith(say.active));
  const add = new Form(
    say.add,
    [{ name: 'model', label: say.modelHead, choices: offered, ...(active ? { value: active[0] } : {}), help: say.modelHelp }],
    say.action,
    async ({ model }) => {
      const [name, version] = model!.split(' ') as [string, string];
      await server.putSignOff(patient, name, version, true);
      await until((now) => names(now, name, version));
      return say.done(name, version);
    },
    () => {},
  );
  return [element('h3', {}, say.title), element('p', { class: 'help' }, say.meaning), element('p', { class: 'help' }, say.card), list, add.box];
}
