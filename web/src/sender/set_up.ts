// What sets a phone up: an address, a key and the patient's name, in one link that a QR code carries. The key stands behind the #,
// which a browser sends to nobody. Pure but for where this browser keeps it.
import { remember, remembered } from '../theme';

export interface SetUp {
  /** What the person calls whose signal it is. */
  patient: string;
  /** Id of the device in its blocks. */
  device: string;
  key: string;
}

const KEPT = 'vigil-sender-setups';
const NAME = /^[!-~]{1,256}$/;

/** The sender's page at `address`, ready for this key. */
export function senderLink(address: string, { patient, device, key }: SetUp): string {
  return `${address}/sender#${new URLSearchParams({ patient, device, key }).toString()}`;
}

/** Null where the link sets nothing up. */
export function readLink(hash: string): SetUp | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const [patient, device, key] = [fields.get('patient'), fields.get('device'), fields.get('key')];
  return patient && device && key && [device, key].every((part) => NAME.test(part)) ? { patient, device, key } : null;
}

/**
 * The link that sets up the Health Auto Export app on an iPhone: heart rate, sent to this address with the key.
 *
 * source help.healthyapps.dev, Health Auto Export, automations, deep link; headers as "name,value"
 */
export function healthAutoExportLink(address: string, { patient, key }: SetUp): string {
  const fields = { url: `${address}/v1/health-auto-export`, name: `Vigil ${patient}`, format: 'json', datatype: 'healthMetrics', metrics: 'Heart Rate', headers: `Authorization,Bearer ${key}` };
  return `com.HealthExport://automation?${Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')}`;
}

export function keptSetUps(): SetUp[] {
  try {
    return (JSON.parse(remembered(KEPT) ?? '[]') as SetUp[]).filter(({ patient, device, key }) => patient && device && key);
  } catch {
    return [];
  }
}

/** A set-up of the same patient takes the place of the one before. */
export function keepSetUp(added: SetUp): SetUp[] {
  const all = [...keptSetUps().filter(({ patient }) => patient !== added.patient), added];
  remember(KEPT, JSON.stringify(all));
  return all;
}

export function forgetSetUp(patient: string): SetUp[] {
  const all = keptSetUps().filter((kept) => kept.patient !== patient);
  remember(KEPT, JSON.stringify(all));
  return all;
}
