// The server's clock against its time server, this browser's and each device's against the server's.
import { element } from '../element';
import { span, words } from '../words';
import { day, table } from './form';
import { server, type DeviceClockRow } from './server';

const say = words.administration.clocks;

const row = ({ device, patient, newest, offset_ms: offset, drift_ppm: drift, observed_s: observed }: DeviceClockRow) => [
  device,
  patient,
  say.offset(offset),
  drift === undefined ? say.tooShort : say.drift(drift),
  span(observed * 1000),
  day(newest),
];

export async function clock(again: () => void): Promise<Node[]> {
  const [state, devices] = await Promise.all([server.clock(), server.deviceClocks()]);
  const ahead = Date.now() - Date.parse(state.time);
  const refresh = element('button', { type: 'button', class: 'button' }, words.administration.refresh);
  refresh.addEventListener('click', again);
  return [
    element('p', {}, say.time(state.time)),
    element('p', { class: state.synchronised ? '' : 'fault' }, state.synchronised ? say.follows(state.largest_error_ms) : say.alone),
    element('p', {}, say.browser(ahead / 1000)),
    table(say.devices, [words.administration.device, words.administration.patient, say.offsetHead, say.driftHead, say.observed, say.newest], devices.map(row)),
    element('p', { class: 'help' }, say.help),
    refresh,
  ];
}
