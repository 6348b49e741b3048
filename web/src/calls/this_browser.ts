// Whether this browser can be called, and what makes it so: the worker, the permission, and the subscription at its push service.
import { ask, at } from '../ask';
import { settled } from '../settled';
import { remember, remembered } from '../theme';

export interface Browser {
  id: string;
  label: string;
  push_service: string;
  added: string;
}

export interface Pushes {
  set_up: boolean;
  /** The server's public key, as base64url. */
  key: string;
  browsers: Browser[];
}

/** Why this browser cannot be called. */
export type Hindrance = 'not-set-up' | 'no-https' | 'no-push' | 'denied';

const KEY = 'vigil-push-browser';
const PUSHES = '/v1/me/pushes';

/** The id by which the server knows this browser; empty: it is not called. */
export const ownId = () => remembered(KEY) ?? '';
export const pushes = () => ask<Pushes>('GET', PUSHES);
export const has = (id: string) => ({ browsers }: Pushes) => browsers.some((browser) => browser.id === id);

export function hindrance(setUp: boolean): Hindrance | null {
  if (!setUp) return 'not-set-up';
  if (!isSecureContext) return 'no-https';
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return 'no-push';
  return Notification.permission === 'denied' ? 'denied' : null;
}

/** True where this browser was called and is no more: its push service or a person has ended it, or it shows nothing. */
export const lapsed = (known: Pushes) => ownId() !== '' && (!has(ownId())(known) || hindrance(known.set_up) !== null || Notification.permission !== 'granted');

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

const sameBytes = (a: ArrayBuffer | null | undefined, b: Uint8Array) => {
  const bytes = new Uint8Array(a ?? new ArrayBuffer(0));
  return bytes.length === b.length && bytes.every((byte, index) => byte === b[index]);
};

/** Throws what the browser or the server says against it; 'denied' where the person or the browser refuses notifications. */
export async function switchOn(key: string, label: string): Promise<Pushes> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('denied' satisfies Hindrance);
  await navigator.serviceWorker.register('/push-worker.js', { scope: '/' });
  const { pushManager } = await navigator.serviceWorker.ready;
  const applicationServerKey = bytesOf(key);
  const held = await pushManager.getSubscription();
  // Of another installation, or from before its secret was made anew: a push service refuses it.
  if (held && !sameBytes(held.options.applicationServerKey, applicationServerKey)) await held.unsubscribe();
  const subscription = (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })).toJSON();
  const { id } = await ask<{ id: string }>('POST', PUSHES, {
    endpoint: subscription.endpoint!,
    p256dh: subscription.keys!['p256dh']!,
    auth: subscription.keys!['auth']!,
    label,
  });
  remember(KEY, id);
  return settled(pushes, has(id));
}

/** Takes off any browser of one's own; this one forgets its subscription too. */
export async function takeOff(id: string): Promise<Pushes> {
  await ask<void>('DELETE', at(...PUSHES.split('/').slice(1), id));
  if (id === ownId()) {
    remember(KEY, '');
    const registration = await navigator.serviceWorker?.getRegistration('/');
    await (await registration?.pushManager?.getSubscription())?.unsubscribe();
  }
  return settled(pushes, (known) => !has(id)(known));
}
