// A patient's alarms: on or off, the limits of the heart, and how long what waits. The server has the bounds, and says them where it refuses.
import { element, setText } from '../element';
import { settled } from '../settled';
import { words } from '../words';
import { day, Form } from './form';
import { server, type AlarmSettings } from './server';

const say = words.administration;

const LIMITS = ['bradycardia_bpm', 'tachycardia_bpm', 'pause_ms'] as const;
const TIMES = ['late_after_s', 'unanswered_high_after_s', 'unanswered_medium_after_s', 'remind_acknowledged_after_s', 'remind_off_after_s'] as const;
const NUMBERS = [...LIMITS, ...TIMES];

const setBy = ({ set_by: by, set, reason }: AlarmSettings) => (by ? say.alarmsSetBy(by, day(set ?? ''), reason ?? '') : say.alarmsNeverSet);

export async function alarmLimits(patient: string): Promise<Node[]> {
  const known = await server.alarms(patient);
  const who = element('p', { class: 'set-by' }, setBy(known));
  const put = new Form(
    say.alarms,
    [
      {
        name: 'switched_on',
        label: say.alarmsLabel,
        value: String(known.switched_on),
        choices: [
          ['true', say.alarmsOn],
          ['false', say.alarmsOff],
        ],
      },
      ...NUMBERS.map((name) => ({ name, label: say.alarmNumber[name], type: 'number', value: String(known[name]), required: true })),
      { name: 'reason', label: say.reason },
    ],
    say.save,
    async (values) => {
      const wanted = { ...(Object.fromEntries(NUMBERS.map((name) => [name, Number(values[name])])) as Record<(typeof NUMBERS)[number], number>), switched_on: values['switched_on'] === 'true', reason: values['reason'] ?? '' };
      await server.putAlarms(patient, wanted);
      const isSet = (now: AlarmSettings) => now.switched_on === wanted.switched_on && (now.reason ?? '') === wanted.reason && NUMBERS.every((name) => now[name] === wanted[name]);
      setText(who, setBy(await settled(() => server.alarms(patient), isSet)));
    },
    () => {},
  );
  return [put.box, who];
}
