// Acts that this page sent and that arrived and changed nothing: whoever acted is told what was refused, and why. They stay until
// somebody has read them.
import { element, setText } from './element';
import { AlarmNotice_Kind, type AlarmNotice } from './generated/vigil/v1/alarm_pb';
import { words } from './words';

/** Refusals that came before the answer to their act did. */
const MOST_EARLY = 64;
/** Acts whose refusal would still be told. */
const MOST_ACTS = 64;

/** Which refusals are of acts of this page, whichever of the two is heard of first. Pure. */
export class RefusedActs {
  private readonly acts = new Map<string, string>();
  private readonly early = new Map<string, string>();

  /** `id` of the act's entry, and what it does, in words. The reason where it was refused already. */
  acted(id: string, what: string): { what: string; why: string } | null {
    const why = this.early.get(id);
    if (why !== undefined) return { what, why };
    keep(this.acts, id, what, MOST_ACTS);
    return null;
  }

  take(notices: readonly AlarmNotice[]): { what: string; why: string }[] {
    const told: { what: string; why: string }[] = [];
    for (const { kind, cause, reason } of notices) {
      if (kind !== AlarmNotice_Kind.ACT_REFUSED) continue;
      const id = Array.from(cause, (byte) => byte.toString(16).padStart(2, '0')).join('');
      const what = this.acts.get(id);
      if (what !== undefined) told.push({ what, why: reason });
      else keep(this.early, id, reason, MOST_EARLY);
      this.acts.delete(id);
    }
    return told;
  }
}

function keep(map: Map<string, string>, id: string, value: string, most: number): void {
  map.set(id, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}

/** The lines that say so, over everything else. */
export class RefusalLines {
  readonly box = element('div', { class: 'refusals', role: 'alert' });
  private readonly refused = new RefusedActs();

  acted(id: string, what: string): void {
    const told = this.refused.acted(id, what);
    if (told) this.tell(told);
  }

  take(notices: readonly AlarmNotice[]): void {
    for (const told of this.refused.take(notices)) this.tell(told);
  }

  private tell({ what, why }: { what: string; why: string }): void {
    const read = element('button', { type: 'button', class: 'button' }, words.refused.read);
    const text = element('span');
    setText(text, words.refused.line(what, why));
    const line = element('p', { class: 'banner refusal' }, element('strong', {}, words.refused.title), text, read);
    read.addEventListener('click', () => line.remove());
    this.box.append(line);
  }
}
