// What the administration asks of the server and tells it: one function a route.
import { ask, at, Refused } from '../ask';
import type { VideoLink } from '../video/video_link';

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

export interface DeviceClockRow {
  device: string;
  patient: string;
  newest: string;
  offset_ms: number;
  drift_ppm?: number;
  observed_s: number;
}

export interface SizedRoute {
  route: string;
  slots: number;
  arrivals: number;
  refused: number;
  in_service: number;
  rate_per_s: number;
  service_s: number;
  erlangs: number;
  refused_share: number;
  model_share: number;
  /** Load in erlangs and refused share, from where that is 1e-5. */
  curves: { pods: number; points: [number, number][] }[];
}

export interface StationRow {
  id: string;
  label: string;
  by: string;
  created: string;
  enrolled?: string;
  revoked?: string;
  seen?: string;
  listens?: boolean;
}

export interface Models {
  /** The first is the detector's own default. */
  loaded: { name: string; version: string }[];
  active: string | null;
  shadows: string[];
}

export interface SignOffRow {
  model: string;
  model_version: string;
  by: string;
  time: string;
}

export interface AlarmSettings {
  sign_offs: SignOffRow[];
  set_by?: string;
  set?: string;
  reason?: string;
  switched_on: boolean;
  bradycardia_bpm: number;
  tachycardia_bpm: number;
  pause_ms: number;
  late_after_s: number;
  unanswered_high_after_s: number;
  unanswered_medium_after_s: number;
  remind_acknowledged_after_s: number;
  remind_off_after_s: number;
}

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
  video: (patient: string) => ask<VideoLink>('GET', at('v1', 'patients', patient, 'video-link')),
  putVideo: (patient: string, link: VideoLink) => ask<void>('PUT', at('v1', 'patients', patient, 'video-link'), link),
  ownAlarms: () => ask<AlarmSettings>('GET', '/v1/vigil/alarm-settings'),
  putOwnAlarms: (switchedOn: boolean, reason: string) => ask<void>('PUT', '/v1/vigil/alarm-settings', { switched_on: switchedOn, reason }),
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
  stations: async () => (await ask<{ stations: StationRow[] }>('GET', '/v1/admin/stations')).stations,
  addStation: (label: string) => ask<{ id: string; path: string }>('POST', '/v1/admin/stations', { label }),
  revokeStation: (id: string) => ask<void>('DELETE', at('v1', 'admin', 'stations', id)),
  /** Who may act at a station. */
  people: async () => (await ask<{ people: string[] }>('GET', '/v1/station/people')).people,
  putPin: (user: string, pin: string) => ask<void>('PUT', '/v1/admin/pins', { user, pin }),
  putOwnPin: (pin: string) => ask<void>('PUT', '/v1/me/pin', { pin }),
  models: (patient: string) => ask<Models>('GET', at('v1', 'patients', patient, 'models')),
  putSignOff: (patient: string, model: string, version: string, isSignedOff: boolean) =>
    ask<void>('PUT', at('v1', 'patients', patient, 'sign-offs'), { model, model_version: version, signed_off: isSignedOff }),
  deviceClocks: async () => (await ask<{ devices: DeviceClockRow[] }>('GET', '/v1/admin/clock/devices')).devices,
  clock: () => ask<ClockState>('GET', '/v1/admin/clock'),
  sizing: () => ask<{ running_s: number; routes: SizedRoute[] }>('GET', '/v1/admin/sizing'),
};
