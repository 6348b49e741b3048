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
  /** Only what is shown: a message's bytes are a view of the whole frame that it came in, and would keep all of it. */
  private readonly newest = new Map<string, { revision: number; shown: ShownEvent | null }>();

  add(event: Event): void {
    const id = Array.from(event.id).join('.');
    const known = this.newest.get(id);
    if (known && known.revision >= event.revision) return;
    this.newest.delete(id);
    this.newest.set(id, { revision: event.revision, shown: shownOf(event) });
    if (this.newest.size > MOST) this.newest.delete(this.newest.keys().next().value!);
  }

  /** Those that stand, by onset. */
  get all(): ShownEvent[] {
    return [...this.newest.values()].flatMap(({ shown }) => shown ?? []).sort((a, b) => a.onsetUs - b.onsetUs);
  }

  /** The one that goes on, of several the one that began first; else the one that ended last; else none. */
  get foremost(): ShownEvent | null {
    const { all } = this;
    return all.find(({ ongoing }) => ongoing) ?? all.reduce<ShownEvent | null>((last, one) => (last && last.endUs >= one.endUs ? last : one), null);
  }
}

/** Null of one that does not stand: with late data an event may have become none, or a part of another. */
function shownOf({ state, span, standing }: Event): ShownEvent | null {
  if (!span || (state !== Event_State.ONGOING && state !== Event_State.ENDED)) return null;
  return {
    onsetUs: Number(span.onsetUs),
    endUs: Number(span.endUs),
    ongoing: state === Event_State.ONGOING,
    prolonged: span.prolonged,
    validated: standing === Detection_Standing.ACTIVE,
  };
}
