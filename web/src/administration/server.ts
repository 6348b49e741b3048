// What the administration asks of the server and tells it: one function a route.
import { words } from '../words';

export interface PatientRow {
  id: string;
  label: string;
  number?: number;
  monitoring: string;
}

export interface Assignment {
  patient: string;
  from: string;
  until?: string;
  by: string;
  at: string;
  identifiers: string[];
  ended_by?: string;
}

export interface DeviceRow {
  id: string;
  label: string;
  patient?: string;
  assignments: Assignment[];
}

export interface QuarantineRow {
  device: string;
  entries: number;
  bytes: number;
  first: string;
  last: string;
}

export interface KeyRow {
  id: string;
  label: string;
  patient?: string;
  device?: string;
  created: string;
  revoked?: string;
}

export interface UserRow {
  name: string;
  role: string;
  disabled: boolean;
}

export interface Identity {
  name: string;
  born: string;
  number: string;
  bed: string;
}

export interface ClockState {
  time: string;
  synchronised: boolean;
  largest_error_ms: number;
}

export interface AlarmSettings {
  switched_on: boolean;
  bradycardia_bpm: number;
  tachycardia_bpm: number;
  pause_ms: number;
}

/** What the server said against it, with the field where it named one. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly field: string,
  ) {
    super(field ? `${field}: ${detail}` : detail);
  }
}

async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  } catch {
    throw new Refused(0, words.noConnection, '');
  }
  if (answer.status === 401) location.assign('/signin');
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string; field?: string };
    throw new Refused(answer.status, answer.status === 403 && !problem.field ? words.administration.forbidden : (problem.detail ?? String(answer.status)), problem.field ?? '');
  }
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}

const at = (...parts: string[]) => '/' + parts.map(encodeURIComponent).join('/');

/** Members that say something: an empty text is left out. */
export function filled(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, text]) => text.trim() !== ''));
}

export const server = {
  patients: async () => (await ask<{ patients: PatientRow[] }>('GET', '/v1/patients')).patients,
  putPatient: (patient: { id: string; label: string; number: number; monitoring: string }) => ask<void>('POST', '/v1/admin/patients', patient),
  /** Nothing where nobody has said who the patient is. */
  identity: (patient: string) =>
    ask<Identity>('GET', at('v1', 'patients', patient, 'identity')).catch((error: unknown) => {
      if (error instanceof Refused && error.status === 404) return { name: '', born: '', number: '', bed: '' };
      throw error;
    }),
  putIdentity: (patient: string, identity: Identity) => ask<void>('PUT', at('v1', 'patients', patient, 'identity'), identity),
  eraseIdentity: (patient: string) => ask<void>('DELETE', at('v1', 'patients', patient, 'identity')),
  alarms: (patient: string) => ask<AlarmSettings>('GET', at('v1', 'patients', patient, 'alarm-settings')),
  putAlarms: (patient: string, settings: Partial<AlarmSettings> & { reason: string }) => ask<void>('PUT', at('v1', 'patients', patient, 'alarm-settings'), settings),
  devices: async () => (await ask<{ devices: DeviceRow[] }>('GET', '/v1/devices')).devices,
  putDevice: (device: string, label: string) => ask<void>('PUT', at('v1', 'devices', device), { label }),
  assign: (device: string, body: Record<string, string>) => ask<void>('POST', at('v1', 'devices', device, 'assignments'), body),
  endAssignment: (device: string) => ask<void>('POST', at('v1', 'devices', device, 'assignments', 'end'), {}),
  quarantine: async () => (await ask<{ quarantine: QuarantineRow[] }>('GET', '/v1/quarantine')).quarantine,
  keys: async () => (await ask<{ keys: KeyRow[] }>('GET', '/v1/admin/keys')).keys,
  addKey: (key: Record<string, string>) => ask<{ key: string }>('POST', '/v1/admin/keys', key),
  revokeKey: (id: string) => ask<void>('DELETE', at('v1', 'admin', 'keys', id)),
  users: async () => (await ask<{ users: UserRow[] }>('GET', '/v1/admin/users')).users,
  putUser: (user: { name: string; role: string; disabled: boolean; password?: string }) => ask<void>('POST', '/v1/admin/users', user),
  clock: () => ask<ClockState>('GET', '/v1/admin/clock'),
};
