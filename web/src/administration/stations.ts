// Stations and PINs: a browser that shows and sounds for a year, and what a person acts with there.
import { element } from '../element';
import { words } from '../words';
import { day, Form, table, twice, type Field } from './form';
import { qrCode } from './qr_code';
import { server, type StationRow } from './server';
import { settled } from '../settled';

const say = words.administration.station;

/** The list alone is shown anew, so that an address that was just made stays on the page. */
class StationList {
  readonly box = element('div');

  constructor(private readonly fault: (text: string) => void) {}

  show(stations: readonly StationRow[]): void {
    this.box.replaceChildren(
      table(
        say.title,
        [words.administration.label, words.administration.created, say.enrolled, say.seen, say.listens, words.administration.action],
        stations.map((station) => [
          station.label,
          say.madeBy(day(station.created), station.by),
          station.enrolled ? day(station.enrolled) : say.notYet,
          station.seen ? day(station.seen) : say.notSeen,
          station.revoked ? '' : station.listens ? say.yes : say.no,
          station.revoked
            ? words.administration.revoked(day(station.revoked))
            : twice(words.administration.revoke, say.revokeSure(station.label), () => server.revokeStation(station.id), () => void this.until((known) => known.some(({ id, revoked }) => id === station.id && revoked)), this.fault),
        ]),
      ),
    );
  }

  async until(shows: (stations: readonly StationRow[]) => boolean): Promise<void> {
    try {
      this.show(await settled(server.stations, shows));
    } catch (error) {
      this.fault(error instanceof Error ? error.message : String(error));
    }
  }
}

const pinFields = (help: string): Field[] => [
  { name: 'pin', label: words.station.pin, type: 'password', keys: 'numeric', help },
  { name: 'again', label: say.pinAgain, type: 'password', keys: 'numeric' },
];

/** Whoever has mistyped a PIN finds out at a bedside: it is asked for twice. */
function sure(pin: string, again: string): string {
  if (pin !== again) throw new Error(say.pinsDiffer);
  return pin;
}

export async function stations(again: () => void, fault: (text: string) => void): Promise<Node[]> {
  const [known, users, people] = await Promise.all([server.stations(), server.users(), server.people()]);
  const list = new StationList(fault);
  list.show(known);
  const shown = element('div', { class: 'station-address' });
  const add = new Form(
    say.add,
    [{ name: 'label', label: words.administration.label, required: true, help: say.labelHelp }],
    say.addAction,
    async ({ label }) => {
      const { id, path } = await server.addStation(label!);
      const address = location.origin + path;
      shown.replaceChildren(element('output', { class: 'new-key' }, address), element('figure', {}, element('figcaption', {}, say.code(label!)), qrCode(address, say.code(label!))));
      void list.until((stations) => stations.some((station) => station.id === id));
      return say.made;
    },
    () => {},
  );
  const refresh = element('button', { type: 'button', class: 'button' }, words.administration.refresh);
  refresh.addEventListener('click', () => void list.until(() => true));
  const pins = new Form(
    say.setPin,
    [{ name: 'user', label: words.administration.user, choices: users.filter(({ disabled }) => !disabled).map(({ name, role }) => [name, `${name} (${role})`] as const) }, ...pinFields(say.pinHelp)],
    words.administration.save,
    async ({ user, pin, again: repeated }) => {
      await server.putPin(user!, sure(pin!, repeated!));
      return pin ? say.pinSet(user!) : say.pinTaken(user!);
    },
    () => {},
  );
  const own = new Form(say.ownPin, pinFields(say.ownPinHelp), words.administration.save, ({ pin, again: repeated }) => server.putOwnPin(sure(pin!, repeated!)), () => {});
  const anew = element('button', { type: 'button', class: 'button' }, say.peopleAnew);
  anew.addEventListener('click', again);
  return [
    element('p', { class: 'help' }, say.help),
    add.box,
    shown,
    list.box,
    refresh,
    element('h3', {}, say.pins),
    element('p', {}, people.length > 0 ? say.people(people) : words.station.nobodyHasPin),
    anew,
    pins.box,
    own.box,
  ];
}
