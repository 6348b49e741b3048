// Every word that the page shows, in one place.

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** "2 s", "4 min", "3 h", "2 d": whole units, rounded down, never negative. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export const ago = (ms: number) => `${span(ms)} ago`;

import type { ShownAlarm } from './alarms';

export const words = {
  title: 'Vigil',
  wardTitle: 'Vigil ward',
  noScript: 'This page needs JavaScript: it draws live signals.',
  disclaimer: 'For research and evaluation. Not a medical device. It detects and does not forecast.',
  version: (version: string) => `Vigil ${version}`,
  synthetic: 'SYNTHETIC',
  syntheticWard: 'SYNTHETIC DATA',
  syntheticHelp: 'Made by a model, not recorded from a person',

  condition: {
    live: 'LIVE',
    waiting: 'WAITING',
    'no-data': 'NO DATA',
    ended: 'ENDED',
    behind: 'BEHIND',
    'not-evaluated': 'NO SCORE',
    standby: 'STANDBY',
    off: 'OFF',
  },
  level: { high: 'HIGH', unclear: 'unclear', low: 'low', none: 'LIVE' },

  note: {
    waiting: 'No data has arrived yet',
    noData: (ms: number) => `NO DATA for ${span(ms)}`,
    ended: (ms: number) => `Recording ended on purpose ${ago(ms)}`,
    behind: (ms: number | null) => (ms === null ? 'DETECTOR BEHIND, no score yet' : `DETECTOR BEHIND, newest score ${span(ms)} old`),
    notEvaluated: 'NOT EVALUATED: flat, clipped or too short',
    warmingUp: 'WARMING UP: the model needs more of the signal',
    rateRefused: 'NO SCORE: the model does not read this rate',
    modelMissing: (model: string) => `NO SCORE: the model ${model} is not loaded`,
    standby: 'On standby: no alarms',
    off: 'Monitoring is off',
    noScore: 'No score yet',
    lastHigh: (ms: number) => `HIGH ${ago(ms)}`,
    event: (ms: number, prolonged: boolean, validated: boolean) => `EVENT for ${span(ms)}${prolonged ? ', prolonged' : ''}${validated ? '' : ', not validated'}`,
    lastEvent: (ms: number, lasted: number, validated: boolean) => `Event ${ago(ms)}, lasted ${span(lasted)}${validated ? '' : ', not validated'}`,
    alarmsOff: 'Alarms are off',
    tachycardia: (value: number, limit: number) => `TACHYCARDIA ${Math.round(value)}/min, limit ${limit}`,
    bradycardia: (value: number, limit: number) => `BRADYCARDIA ${Math.round(value)}/min, limit ${limit}`,
    pause: (value: number, limit: number) => `PAUSE of ${value.toFixed(1)} s, limit ${limit}`,
    lastScore: (score: string, level: string) => `last score ${score} ${level}`,
  },
  alarms: 'Alarms',
  alarmsOff: 'Alarms are off for this patient.',
  alarmCondition: {
    1: 'seizure',
    2: 'prolonged seizure',
    3: 'seizure possible',
    4: 'tachycardia',
    5: 'bradycardia',
    6: 'pause',
    16: 'no data',
    17: 'link lost',
    18: 'electrode off',
    19: 'flat or saturated channel',
    20: 'frozen value',
    21: 'clock skew',
    22: 'detector behind',
    23: 'storage failing',
  } as Record<number, string>,
  /** The marks are those of IEC 60601-1-8: three for high, two for medium, one for low. */
  alarm: ({ urgency, condition, value, limit, latched, acknowledged, acknowledgedBy }: ShownAlarm, ms: number) => {
    const name = words.alarmCondition[condition] ?? '';
    const measured = condition === 4 || condition === 5 ? ` ${Math.round(value)}/min, limit ${limit}` : condition === 6 ? ` ${value.toFixed(1)} s, limit ${limit}` : '';
    return [
      `${{ high: '!!!', medium: '!!', low: '!' }[urgency]} ${acknowledged ? name : name.toUpperCase()}${measured}`,
      span(Math.max(0, ms)),
      latched ? 'over' : '',
      acknowledged ? `acknowledged by ${acknowledgedBy}` : '',
    ]
      .filter(Boolean)
      .join(', ');
  },
  acknowledge: 'Acknowledge',
  onlyClinicians: 'Only clinicians acknowledge alarms.',
  notAcknowledged: (why: string) => `Not acknowledged: ${why}`,
  noConnection: 'the server cannot be reached',
  lost: 'LOST',
  lostNote: 'Not current',

  score: 'Score',
  scoreNotValidated: 'Score, not validated',
  scoreOf: (model: string) => `score of ${model}`,
  notValidated: 'not validated for this signal',
  /** By Detection.Doubt. */
  doubt: {
    1: 'nobody has said whether it is scalp or intracranial',
    2: 'the model was made from another kind of signal',
    3: 'nobody has said what its channels are measured against',
    4: 'the model was made from another reference',
    5: 'its rate does not carry what the model reads',
    6: 'false alarms were never measured on this kind of signal',
  } as Record<number, string | undefined>,
  scoreOverMinutes: (minutes: number) => `Score, last ${minutes} min`,
  heartRate: 'HR',
  heartRateOverMinutes: (minutes: number) => `Heart rate, last ${minutes} min`,
  perMinute: '/min',
  noValue: '––',
  noHeartRate: 'none yet',
  microvolts: (value: number) => (value >= 1000 ? `${value / 1000} mV` : `${value} µV`),
  seconds: (value: number) => `${value} s`,
  rate: (hertz: number) => `${Number(hertz.toFixed(2))} Hz`,
  channels: (count: number) => plural(count, 'channel', 'channels'),
  deviceStream: (device: string, stream: string) => `${device} / ${stream}`,
  noTrace: 'No signal to show',
  loadingDetail: 'Loading all channels',

  tile: (label: string, id: string, state: string, synthetic: boolean) => `${label}${label === id ? '' : `, ${id}`}${synthetic ? ', synthetic' : ''}: ${state}. Open all channels.`,
  tileState: (condition: string, level: string | null) => (level === null ? condition : `${condition}, score ${level}`),
  announce: (label: string, state: string) => `${label}: ${state}`,
  announceMany: (count: number, high: number) => `${plural(count, 'patient', 'patients')} changed state${high > 0 ? `, ${high} now HIGH` : ''}`,

  patients: (count: number) => plural(count, 'patient', 'patients'),
  countHigh: (count: number) => `${count} HIGH`,
  countNoData: (count: number) => `${count} NO DATA`,
  countBehind: (count: number) => `${count} BEHIND`,
  emptyWard: 'No patients yet. A patient appears here once an administrator has added one, or when the first samples arrive.',

  connecting: 'Connecting',
  connected: 'LIVE',
  warnings: 'Warnings',
  lostTitle: 'CONNECTION LOST',
  lostDetail: (since: string, ms: number) => `Nothing shown here is current, since ${since} (${span(ms)}). Trying again.`,
  lostNever: 'No data has been received yet. Trying again.',
  lostAnnounce: 'Connection lost. Nothing shown is current.',
  backAnnounce: 'Connection is back. The page is live.',
  journalFailing: 'SERVER CANNOT STORE: new data is being refused',
  detectorBehind: 'DETECTOR BEHIND: scores are late',

  signOut: 'Sign out',
  keys: 'Keys',
  theme: 'Light or dark',
  back: 'Back to all patients',
  wardRegion: 'All patients',
  detailRegion: (label: string) => `${label}, all channels`,
  otherPatients: 'Other patients',

  keysTitle: 'Keys',
  close: 'Close',
  singleKeys: 'Use the single-letter keys',
  keyTable: [
    ['Tab, arrows', 'Move between patients'],
    ['Home, End', 'First and last patient'],
    ['Enter', 'Open all channels of the patient'],
    ['Esc', 'Back to all patients'],
    ['N', 'Next patient that needs a look'],
    ['+ and −', 'Larger and smaller traces'],
    ['0', 'Trace size chosen by the page'],
    ['T', 'Light or dark'],
    ['?', 'This list'],
  ] as const,
  legendTitle: 'What the signs mean',
  legend: [
    ['high', 'HIGH', 'Score over 0.7'],
    ['unclear', 'unclear', 'Score from 0.3 to 0.7'],
    ['low', 'low', 'Score under 0.3'],
    ['no-data', 'NO DATA', 'The device has stopped sending'],
    ['behind', 'BEHIND', 'Samples arrive, scores are late'],
    ['not-evaluated', 'NO SCORE', 'Signal flat, clipped or too short'],
    ['ended', 'ENDED', 'The recording was ended on purpose'],
    ['standby', 'STANDBY', 'Monitoring is paused by staff'],
  ] as const,

  signIn: {
    title: 'Sign in to Vigil',
    user: 'User',
    password: 'Password',
    submit: 'Sign in',
    working: 'Signing in',
    wrong: 'User or password is wrong.',
    unreachable: 'The server cannot be reached. Try again.',
    failed: (detail: string) => detail || 'Signing in failed. Try again.',
    empty: 'Enter user and password.',
  },
};
