// Events of one patient as the page holds them: the newest revision of each.
import { Detection_Standing, Event_State, type Event } from './generated/vigil/v1/detection_pb';

export interface ShownEvent {
  onsetUs: number;
  /** As of its newest revision; what goes on has no end yet. */
  endUs: number;
  ongoing: boolean;
  prolonged: boolean;
  /** Its model's card agrees with the signal. */
  validated: boolean;
}

/** More than the server keeps of a patient. */
const MOST = 64;

export class EventList {
  private readonly newest = new Map<string, Event>();

  add(event: Event): void {
    const id = Array.from(event.id).join('.');
    const known = this.newest.get(id);
    if (known && known.revision >= event.revision) return;
    this.newest.delete(id);
    this.newest.set(id, event);
    if (this.newest.size > MOST) this.newest.delete(this.newest.keys().next().value!);
  }

  /** Those that stand: with late data an event may have become none, or a part of another. By onset. */
  get all(): ShownEvent[] {
    return [...this.newest.values()]
      .filter(({ state, span }) => span && (state === Event_State.ONGOING || state === Event_State.ENDED))
      .map(({ state, span, standing }) => ({
        onsetUs: Number(span!.onsetUs),
        endUs: Number(span!.endUs),
        ongoing: state === Event_State.ONGOING,
        prolonged: span!.prolonged,
        validated: standing === Detection_Standing.ACTIVE,
      }))
      .sort((a, b) => a.onsetUs - b.onsetUs);
  }

  /** The one that goes on, of several the one that began first; else the one that ended last; else none. */
  get foremost(): ShownEvent | null {
    const { all } = this;
    return all.find(({ ongoing }) => ongoing) ?? all.reduce<ShownEvent | null>((last, one) => (last && last.endUs >= one.endUs ? last : one), null);
  }
}
