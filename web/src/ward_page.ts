// The ward: all patients on one screen, fed by /v1/ward/live.
import { Announcer, Banner, timeOfDay } from './banner';
import { CallsButton } from './calls/calls_button';
import { ServerClock } from './clock';
import { Connection } from './connection';
import { Detail } from './detail';
import { element, setData, setText } from './element';
import type { LiveFrame } from './generated/vigil/v1/live_pb';
import { KeysDialog } from './keys_dialog';
import { layOut, layOutBeside, moveFocus } from './layout';
import { Hold, inUrgentOrder, rankOf } from './order';
import { PictureCanvas } from './picture_canvas';
import { nextStep } from './scale';
import { StationPage } from './station_page';
import { Theme } from './theme';
import { Tile } from './tile';
import { TileChoice } from './tile_choice';
import { Ward } from './ward';
import { words } from './words';

const GAP = 8;
const WORDS_EVERY_MS = 250;
/** Until the first words stand, and so long at most, nothing is seen of the page: banners and counts that come would move the rest. */
const ARRIVING_MS = 1000;
/** Where + and − start from. */
const STARTING_SIZE_UV = 100;

export class WardPage {
  private readonly ward = new Ward();
  private readonly clock = new ServerClock();
  private readonly connection: Connection;
  private readonly banner = new Banner();
  private readonly announcer = new Announcer();
  private readonly keys = new KeysDialog();
  private readonly calls = new CallsButton();
  private readonly station = new StationPage(this.ward, () => this.clock.nowUs(performance.now()), () => this.connection ?? null);
  private readonly theme = new Theme(() => this.repaint());
  private readonly grid = element('ul', { class: 'ward', 'aria-label': words.wardRegion, role: 'list' });
  private readonly empty = element('p', { class: 'empty', hidden: '' }, words.emptyWard);
  private readonly main = element('main', { class: 'main' });
  private readonly counts = element('span', { class: 'counts' });
  private readonly time = element('time', { class: 'time' });
  private readonly link = element('span', { class: 'link' }, words.connecting);
  private readonly synthetic = element('span', { class: 'badge synthetic large', title: words.syntheticHelp, hidden: '' }, words.syntheticWard);
  /** Not there at a station: nobody ends it by a click. */
  private readonly signOut = element('button', { type: 'button', class: 'button sign-out' }, words.signOut);
  private readonly version = element('span', { class: 'version' });
  private readonly tiles = new Map<string, Tile>();
  private readonly choice = new TileChoice(() => this.layOut());
  private readonly hold = new Hold();
  private readonly pictures = new PictureCanvas(
    (labels) => this.choice.knowLabels(labels),
    () => document.hidden && this.words(),
    () => this.arrange(),
  );
  private order: Tile[] = [];
  private detail: Detail | null = null;
  private columns = 1;
  private grown = 0;
  private asked = 4;
  private fixedUv: number | null = null;
  private lastServerUs: number | null = null;
  private wasLost = false;
  private drawing = 0;

  constructor(page: HTMLElement) {
    document.title = words.wardTitle;
    this.main.append(this.empty, this.grid, this.pictures.canvas);
    page.replaceChildren(this.header(), this.station.box, this.banner.box, this.main, this.footer(), this.keys.box, this.station.pins.box, this.announcer.polite, this.announcer.urgent);
    this.connection = new Connection((frame, arrived, bytes) => this.take(frame, arrived, bytes), signedOut);
    new ResizeObserver(() => this.layOut()).observe(this.main);
    addEventListener('keydown', (event) => this.key(event));
    addEventListener('hashchange', () => this.route());
    setInterval(() => this.words(), WORDS_EVERY_MS);
    this.watchHands();
    this.route();
    setData(document.documentElement, 'arriving', 'true');
    setTimeout(() => this.arrived(), ARRIVING_MS);
  }

  private arrived(): void {
    delete document.documentElement.dataset['arriving'];
  }

  /** Where somebody points at the tiles or moves among them with the keyboard, none changes its place. */
  private watchHands(): void {
    for (const act of ['pointermove', 'pointerdown', 'wheel'] as const) this.grid.addEventListener(act, () => this.hold.pointer(performance.now()), { passive: true });
    this.grid.addEventListener('pointerleave', () => this.hold.pointerLeft());
    for (const act of ['focusin', 'keydown'] as const) this.grid.addEventListener(act, () => this.hold.key(performance.now()));
    this.grid.addEventListener('focusout', () => this.hold.focusLeft());
  }

  private header(): HTMLElement {
    this.signOut.addEventListener('click', () => void signOut());
    const button = (text: string, act: () => void) => {
      const made = element('button', { type: 'button', class: 'button' }, text);
      made.addEventListener('click', act);
      return made;
    };
    return element(
      'header',
      { class: 'top' },
      element('h1', { class: 'brand' }, words.title),
      this.counts,
      this.synthetic,
      this.station.name,
      element('span', { class: 'spring' }),
      this.station.bar.controls,
      this.link,
      this.time,
      this.choice.box,
      button(words.keys, () => this.keys.show()),
      button(words.theme, () => this.theme.toggle()),
      this.calls.box,
      element('a', { class: 'button', href: '/handover' }, words.handover.title),
      element('a', { class: 'button', href: '/administration' }, words.administration.title),
      this.signOut,
    );
  }

  private footer(): HTMLElement {
    return element('footer', { class: 'foot' }, element('span', {}, words.disclaimer), this.station.ownOff, this.station.footer, this.version);
  }

  private take(frame: LiveFrame, arrivedMs: number, bytes: ArrayBuffer): void {
    this.pictures.take(bytes);
    this.lastServerUs = Number(frame.serverTimeUs);
    this.clock.observe(this.lastServerUs, arrivedMs);
    if (this.ward.apply(frame)) this.match();
    this.station.take(frame);
    if (frame.whole || this.wasLost) this.words();
    else this.news(frame);
    if (frame.whole) requestAnimationFrame(() => requestAnimationFrame(() => this.arrived()));
    this.redraw();
  }

  /** A new score or state shows at once; only ages wait for their turn. */
  private news(frame: LiveFrame): void {
    const nowUs = this.clock.nowUs(performance.now());
    const said: string[] = [];
    let high = 0;
    for (const { id } of frame.patients) {
      const tile = this.tiles.get(id);
      const change = tile?.update(nowUs, false, this.pictures.drawnOf(id));
      if (change) said.push(change);
      if (change && tile?.state?.level === 'high') high++;
    }
    this.announcer.changes(said, high);
  }

  /** Makes the tiles match the patients; a tile that stays keeps its focus. */
  private match(): void {
    const patients = this.ward.inOrder;
    const known = new Set(patients.map((patient) => patient.id));
    for (const [id, tile] of this.tiles) {
      if (known.has(id)) continue;
      tile.release();
      this.tiles.delete(id);
      this.pictures.forget(id);
    }
    for (const patient of patients) {
      const tile = this.tiles.get(patient.id) ?? new Tile(patient);
      tile.patient = patient;
      this.tiles.set(patient.id, tile);
    }
    const staying = this.order.filter(({ patient }) => known.has(patient.id));
    this.order = this.hold.on(performance.now()) ? [...staying, ...this.byLabel().filter((tile) => !staying.includes(tile))] : this.wanted();
    this.empty.hidden = patients.length > 0;
    this.stand();
    this.layOut();
  }

  private byLabel(): Tile[] {
    return this.ward.inOrder.map(({ id }) => this.tiles.get(id)!);
  }

  private wanted(): Tile[] {
    return inUrgentOrder(this.byLabel(), (tile) => rankOf(tile.state));
  }

  /** The most urgent first, and those in alarm larger, unless somebody is about to use a tile. */
  private reorder(nowMs: number): void {
    if (this.hold.on(nowMs)) return;
    const wanted = this.wanted();
    const moved = wanted.some((tile, at) => tile !== this.order[at]);
    if (!moved && this.alarmed() === this.grown) return;
    this.order = wanted;
    this.stand();
    this.layOut();
  }

  private alarmed(): number {
    return this.detail ? 0 : this.order.filter(({ state }) => rankOf(state) < 2).length;
  }

  /** Puts the tiles where the order says; the one that has the focus keeps it. */
  private stand(): void {
    const focused = document.activeElement;
    this.order.forEach(({ cell }, at) => {
      if (this.grid.children[at] !== cell) this.grid.insertBefore(cell, this.grid.children[at] ?? null);
    });
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }

  private layOut(): void {
    const { main } = this;
    const style = getComputedStyle(main);
    const padding = parseFloat(style.paddingTop) * 2;
    const height = main.clientHeight - padding;
    const { length } = this.order;
    this.grown = this.alarmed();
    const layout = this.detail ? layOutBeside(length, this.grid.clientWidth - GAP, height - GAP, GAP) : layOut(length, main.clientWidth - padding, height, GAP, this.grown);
    this.columns = layout.columns;
    this.grid.style.setProperty('--columns', String(layout.columns));
    this.grid.style.setProperty('--tile-height', `${layout.tileHeight}px`);
    this.order.forEach(({ cell }, at) => setData(cell, 'grown', String(at < layout.grown)));
    setData(document.documentElement, 'scrolls', String(layout.scrolls));
    this.ask();
    this.arrange();
  }

  private ask(): void {
    const channels = this.choice.wish(this.order.length);
    if (channels === this.asked || this.lastServerUs === null) return;
    this.asked = channels;
    this.connection.ask({ channels });
  }

  private arrange(): void {
    const show = this.choice.shown(this.order.length);
    this.pictures.arrange(
      this.order.map((tile) => tile.frame),
      this.grid.getBoundingClientRect(),
      { show, channel: this.choice.channel, fixedUv: this.fixedUv },
    );
    setData(document.documentElement, 'tiles', show);
    this.redraw();
  }

  private words(): void {
    const nowMs = performance.now();
    const lost = this.connection.lost(nowMs);
    const nowUs = this.clock.nowUs(nowMs);
    const said: string[] = [];
    const count = { high: 0, noData: 0, behind: 0, synthetic: 0 };
    const alarms = { high: 0, medium: 0, low: 0, acknowledged: 0, none: 0 };
    this.reorder(nowMs);
    for (const tile of this.order) {
      const change = tile.update(nowUs, lost, this.pictures.drawnOf(tile.patient.id));
      if (change && !lost) said.push(change);
      if (tile.state) alarms[tile.state.alarm]++;
      if (tile.state?.level === 'high') count.high++;
      if (tile.state?.condition === 'no-data') count.noData++;
      if (tile.state?.condition === 'behind') count.behind++;
      if (tile.patient.synthetic) count.synthetic++;
    }
    alarms[this.station.ownEdge]++;
    this.detail?.update(this.ward.patient(this.detail.id), nowUs, lost);
    this.station.update();
    this.banner.update(lost ? { sinceUs: this.lastServerUs, ms: this.connection.silentMs(nowMs) ?? 0 } : null, this.ward.journalFailing, this.ward.detectorBehind, this.pictures.stopped(nowMs));
    this.sayConnection(lost, said, count.high);
    const parts = [
      words.patients(this.order.length),
      ...words.alarmMarks.map(([urgency, marks]) => (alarms[urgency] ? words.countAlarms(marks, alarms[urgency]) : '')),
      count.high ? words.countHigh(count.high) : '',
      count.noData ? words.countNoData(count.noData) : '',
      count.behind ? words.countBehind(count.behind) : '',
    ].filter(Boolean);
    setText(this.counts, this.lastServerUs === null ? '' : parts.join(' · '));
    this.synthetic.hidden = count.synthetic === 0;
    setText(this.time, this.clock.known ? timeOfDay(nowUs) : '');
    setText(this.version, this.ward.version ? words.version(this.ward.version) : '');
    const urgent = words.alarmMarks.filter(([urgency]) => alarms[urgency] > 0).map(([urgency, marks]) => `${marks} ${alarms[urgency]}`);
    const title = [lost ? words.lostTitle : '', ...(lost ? [] : urgent), count.high && !lost ? words.countHigh(count.high) : '', words.wardTitle].filter(Boolean).join(' · ');
    if (document.title !== title) document.title = title;
    this.arrange();
  }

  private sayConnection(lost: boolean, said: string[], high: number): void {
    const root = document.documentElement;
    setData(root, 'connection', lost ? 'lost' : this.lastServerUs === null ? 'connecting' : 'live');
    setText(this.link, lost ? words.lost : this.lastServerUs === null ? words.connecting : words.connected);
    if (lost !== this.wasLost) {
      this.announcer.say(lost ? words.lostAnnounce : words.backAnnounce);
      this.wasLost = lost;
    }
    this.announcer.changes(said, high);
  }

  private redraw(): void {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      const nowUs = this.clock.nowUs(performance.now());
      this.detail?.draw(this.ward.patient(this.detail.id), nowUs);
    });
  }

  private repaint(): void {
    this.pictures.repaint();
    this.detail?.repaint();
    this.redraw();
  }

  /** The address says what is open, so that the browser's own back key works. */
  private route(): void {
    const match = /^#\/patient\/(.+)$/.exec(location.hash);
    const id = match ? decodeURIComponent(match[1]!) : null;
    if (id === (this.detail?.id ?? null)) return;
    const before = this.detail?.id ?? null;
    this.detail?.release();
    this.detail = null;
    setData(document.documentElement, 'view', id ? 'detail' : 'ward');
    if (id) {
      this.detail = new Detail(id, signedOut, () => this.redraw());
      this.main.prepend(this.detail.box);
    }
    for (const [known, tile] of this.tiles) {
      if (known === id) tile.link.setAttribute('aria-current', 'true');
      else tile.link.removeAttribute('aria-current');
    }
    this.grid.setAttribute('aria-label', id ? words.otherPatients : words.wardRegion);
    this.layOut();
    this.words();
    if (this.detail) this.detail.focus();
    else if (before) this.tiles.get(before)?.link.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.keys.box.open || this.calls.isOpen || this.station.pins.box.open) return;
    if (event.key === 'Escape' && this.detail) {
      location.hash = '#/';
      return;
    }
    // What is typed is no key of the page.
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    if (/^(Arrow|Home|End)/.test(event.key)) {
      this.move(event);
      return;
    }
    if (this.keys.singleKeys) this.letter(event.key);
  }

  private move(event: KeyboardEvent): void {
    if (this.order.length === 0) return;
    const at = this.order.findIndex((tile) => tile.link === document.activeElement);
    const to = at < 0 ? 0 : moveFocus(at, event.key, this.order.length, this.columns);
    this.order[to]!.link.focus();
    event.preventDefault();
  }

  private letter(key: string): void {
    if (key === '?') this.keys.show();
    else if (key === 't' || key === 'T') this.theme.toggle();
    else if (key === 'n' || key === 'N') this.nextThatNeedsALook();
    else if (key === '+' || key === '=') this.size(-1);
    else if (key === '-') this.size(1);
    else if (key === '0') this.size(0);
  }

  private nextThatNeedsALook(): void {
    const at = this.order.findIndex((tile) => tile.link === document.activeElement);
    const turned = [...this.order.slice(at + 1), ...this.order.slice(0, at + 1)];
    const needs = (tile: Tile) => tile.state?.level === 'high' || tile.state?.condition === 'no-data' || tile.state?.condition === 'behind';
    turned.find(needs)?.link.focus();
  }

  private size(direction: 1 | -1 | 0): void {
    this.fixedUv = direction === 0 ? null : nextStep(this.fixedUv ?? STARTING_SIZE_UV, direction);
    this.arrange();
  }
}

function signedOut(): void {
  location.assign('/signin');
}

async function signOut(): Promise<void> {
  try {
    await fetch('/v1/sign-out', { method: 'POST', credentials: 'same-origin' });
  } finally {
    signedOut();
  }
}
