// The link to a patient's video at a moment: what an administrator has said of it, with the moment filled in.
import { ask, at } from '../ask';
import { element } from '../element';
import { words } from '../words';

export interface VideoLink {
  /** With {start} or {seconds} for the moment and {patient}; empty: there is none. */
  address: string;
  /** The recorder's clock less the server's. */
  offset_s: number;
  by?: string;
  set?: string;
}

/** The address that opens the video at a moment of the record, UTC microseconds; null where there is none. */
export function videoAt({ address, offset_s }: VideoLink, patient: string, us: number): string | null {
  const recorderMs = us / 1000 + offset_s * 1000;
  const moment = new Date(recorderMs);
  if (!address || Number.isNaN(moment.getTime())) return null;
  const places: Record<string, string> = { start: moment.toISOString(), seconds: String(Math.floor(recorderMs / 1000)), patient };
  const filled = address.replace(/\{(\w+)\}/g, (place, name: string) => (name in places ? encodeURIComponent(places[name]!) : place));
  // The server has looked at it; nothing but https is ever a link all the same.
  return URL.canParse(filled) && new URL(filled).protocol === 'https:' ? filled : null;
}

/** Nothing where it cannot be asked for: the rest of the page goes on without it. */
export const videoOf = (patient: string) => ask<VideoLink>('GET', at('v1', 'patients', patient, 'video-link')).catch(() => null);

/** Opens in a tab of its own, which learns nothing of this page. */
export class VideoAnchor {
  readonly box = element('a', { class: 'button small video', target: '_blank', rel: 'noopener noreferrer', hidden: '' }, words.video.open);

  show(link: VideoLink | null, patient: string, us: number): this {
    const address = link && videoAt(link, patient, us);
    this.box.hidden = !address;
    if (address) this.box.href = address;
    else this.box.removeAttribute('href');
    this.box.setAttribute('aria-label', words.video.openAt(us));
    return this;
  }
}

/** A link at an event's onset; nothing where the patient has no video. */
export function videoLinks(link: VideoLink | null, patient: string, us: number): HTMLElement[] {
  const { box } = new VideoAnchor().show(link, patient, us);
  return box.hidden ? [] : [box];
}
