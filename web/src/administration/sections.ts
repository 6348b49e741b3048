// The sections of the administration: each asks for what it shows, and shows it anew after a change.
import { element } from '../element';
import { words } from '../words';
import { alarmLimits } from './alarm_limits';
import { clock } from './clock';
import { day, Form, table, twice } from './form';
import { ownAlarms } from './own_alarms';
import { phoneCodes } from './phone_codes';
import { filled, server, type DeviceRow, type PatientRow, type QuarantineRow } from './server';
import { signOffs } from './sign_offs';
import { sizing } from './sizing';
import { stations } from './stations';
import { video } from './video';

export interface Section {
  name: string;
  title: string;
  /** What it shows; `again` shows it anew, `fault` says what went wrong. */
  show: (again: () => void, fault: (text: string) => void) => Promise<Node[]>;
}

const say = words.administration;
const monitoring = [
  ['on', say.monitoring.on],
  ['standby', say.monitoring.standby],
  ['off', say.monitoring.off],
] as const;
const roles = [
  ['viewer', say.roles.viewer],
  ['clinician', say.roles.clinician],
  ['administrator', say.roles.administrator],
] as const;

const patientChoices = (patients: readonly PatientRow[]) => patients.map(({ id, label }) => [id, label === id ? id : `${label} (${id})`] as const);

async function patients(again: () => void): Promise<Node[]> {
  const known = await server.patients();
  const put = new Form(
    say.putPatient,
    [
      { name: 'id', label: say.patientId, required: true, help: say.patientIdHelp },
      { name: 'label', label: say.label },
      { name: 'number', label: say.number, type: 'number', help: say.numberHelp },
      { name: 'monitoring', label: say.monitoringLabel, choices: monitoring },
    ],
    say.save,
    ({ id, label, number, monitoring: state }) => server.putPatient({ id: id!, label: label || id!, number: Number(number || 0), monitoring: state! }),
    again,
  );
  return [
    table(
      say.patients,
      [say.patientId, say.label, say.number, say.monitoringLabel],
      known.map((patient) => [element('a', { href: `#patient/${encodeURIComponent(patient.id)}` }, patient.id), patient.label, patient.number ? String(patient.number) : '', patient.monitoring]),
    ),
    put.box,
  ];
}

/** Who a patient is and what may alarm: reached from the list of patients. */
export function patientSection(patient: string): Section {
  return {
    name: `patient/${encodeURIComponent(patient)}`,
    title: say.patientTitle(patient),
    show: async (again, fault) => {
      const identity = await server.identity(patient);
      const who = new Form(
        say.identity,
        [
          { name: 'name', label: say.name, value: identity.name },
          { name: 'born', label: say.born, type: 'date', value: identity.born },
          { name: 'number', label: say.hospitalNumber, value: identity.number },
          { name: 'bed', label: say.bed, value: identity.bed },
        ],
        say.save,
        ({ name, born, number, bed }) => server.putIdentity(patient, { name: name!, born: born!, number: number!, bed: bed! }),
        () => {},
      );
      return [
        element('p', { class: 'help' }, say.identityHelp),
        who.box,
        twice(say.erase, say.eraseSure, () => server.eraseIdentity(patient), again, fault),
        ...(await alarmLimits(patient)),
        ...(await signOffs(patient, fault)),
        ...(await video(patient)),
        element('p', {}, element('a', { href: '#patients' }, say.allPatients)),
      ];
    },
  };
}

function deviceRow(device: DeviceRow, held: QuarantineRow | undefined, again: () => void, fault: (text: string) => void): (string | Node)[] {
  const current = device.assignments.find(({ patient, until }) => patient === device.patient && (!until || Date.parse(until) > Date.now()));
  const end = device.patient ? twice(say.end, say.endSure(device.patient), () => server.endAssignment(device.id), again, fault) : '';
  return [
    device.id,
    device.label,
    device.patient ? say.assigned(device.patient, current ? day(current.from) : '', current?.by ?? '') : say.nobody,
    held ? say.held(held.entries, day(held.first), day(held.last)) : '',
    end,
  ];
}

async function devices(again: () => void, fault: (text: string) => void): Promise<Node[]> {
  const [known, held, people] = await Promise.all([server.devices(), server.quarantine(), server.patients()]);
  const history = known.flatMap(({ id, assignments }) =>
    assignments.map((one) => [id, one.patient, day(one.from), one.until ? day(one.until) : say.open, say.confirmed(one.by, one.identifiers), one.ended_by ?? '']),
  );
  const assign = new Form(
    say.assign,
    [
      { name: 'device', label: say.device, choices: known.map(({ id, label }) => [id, label ? `${id} (${label})` : id] as const) },
      { name: 'patient', label: say.patient, choices: patientChoices(people) },
      { name: 'name', label: say.name },
      { name: 'born', label: say.born, type: 'date' },
      { name: 'number', label: say.hospitalNumber },
      { name: 'bed', label: say.bed },
      { name: 'from', label: say.from, help: say.fromHelp },
    ],
    say.assignAction,
    ({ device, ...rest }) => server.assign(device!, filled(rest)).then(() => say.assignedNow),
    again,
  );
  const add = new Form(
    say.addDevice,
    [
      { name: 'id', label: say.device, required: true, help: say.deviceHelp },
      { name: 'label', label: say.label },
    ],
    say.save,
    ({ id, label }) => server.putDevice(id!, label!),
    again,
  );
  return [
    table(say.devices, [say.device, say.label, say.patient, say.quarantined, say.action], known.map((device) => deviceRow(device, held.find((one) => one.device === device.id), again, fault))),
    element('p', { class: 'help' }, say.assignHelp),
    assign.box,
    add.box,
    table(say.history, [say.device, say.patient, say.from, say.until, say.confirmedBy, say.endedBy], history),
  ];
}

async function keys(again: () => void, fault: (text: string) => void): Promise<Node[]> {
  const known = await server.keys();
  const shown = element('output', { class: 'new-key', hidden: '' });
  const add = new Form(
    say.addKey,
    [
      {
        name: 'kind',
        label: say.keyOf,
        choices: [
          ['device', say.device],
          ['patient', say.patient],
        ],
      },
      { name: 'id', label: say.keyId, required: true },
      { name: 'label', label: say.label },
    ],
    say.addKeyAction,
    async ({ kind, id, label }) => {
      const { key } = await server.addKey({ [kind!]: id!, label: label! });
      shown.hidden = false;
      shown.textContent = key;
      codes.replaceChildren(phoneCodes(kind === 'device' ? { patient: label || id!, device: id!, key } : { patient: id!, device: `phone-${id!}`, key }));
      return say.keyShown;
    },
    () => {},
  );
  const codes = element('div');
  const refresh = element('button', { type: 'button', class: 'button' }, say.refresh);
  refresh.addEventListener('click', again);
  return [
    add.box,
    shown,
    codes,
    refresh,
    table(
      say.keys,
      [say.keyId, say.keyOf, say.label, say.created, say.action],
      known.map((key) => [
        key.id,
        key.device ?? key.patient ?? '',
        key.label,
        day(key.created),
        key.revoked ? say.revoked(day(key.revoked)) : twice(say.revoke, say.revokeSure, () => server.revokeKey(key.id), again, fault),
      ]),
    ),
  ];
}

async function staff(again: () => void): Promise<Node[]> {
  const known = await server.users();
  const put = new Form(
    say.putUser,
    [
      { name: 'name', label: say.user, required: true },
      { name: 'role', label: say.role, choices: roles },
      { name: 'password', label: say.password, type: 'password', help: say.passwordHelp },
      {
        name: 'disabled',
        label: say.access,
        choices: [
          ['false', say.enabled],
          ['true', say.disabled],
        ],
      },
    ],
    say.save,
    ({ name, role, password, disabled }) => server.putUser({ name: name!, role: role!, disabled: disabled === 'true', ...(password ? { password } : {}) }),
    again,
  );
  return [table(say.staff, [say.user, say.role, say.access], known.map(({ name, role, disabled }) => [name, role, disabled ? say.disabled : say.enabled])), put.box];
}

export const sections: readonly Section[] = [
  { name: 'patients', title: say.patients, show: patients },
  { name: 'devices', title: say.devices, show: devices },
  { name: 'keys', title: say.keys, show: keys },
  { name: 'staff', title: say.staff, show: staff },
  { name: 'stations', title: say.station.title, show: stations },
  { name: 'alarms', title: say.ownAlarms.title, show: ownAlarms },
  { name: 'clock', title: say.clock, show: clock },
  { name: 'sizing', title: say.sizing.title, show: sizing },
];
