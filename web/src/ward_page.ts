// The ward: all patients on one screen, fed by /v1/ward/live.
import { Announcer, Banner, timeOfDay } from './banner';
import { ServerClock } from './clock';
import { Connection } from './connection';
import { Detail } from './detail';
import { element, setData, setText } from './element';
import type { LiveFrame } from './generated/vigil/v1/live_pb';
import { KeysDialog } from './keys_dialog';
import { layOut, layOutBeside, moveFocus } from './layout';
import { nextStep } from './scale';
import { Theme } from './theme';
import { Tile } from './tile';
import { Ward } from './ward';
import { words } from './words';

const GAP = 8;
const WORDS_EVERY_MS = 250;
/** Where + and − start from. */
const STARTING_SIZE_UV = 100;

export class WardPage {
  private readonly ward = new Ward();
  private readonly clock = new ServerClock();
  private readonly connection: Connection;
  private readonly banner = new Banner();
  private readonly announcer = new Announcer();
  private readonly keys = new KeysDialog();
  private readonly theme = new Theme(() => this.repaint());
  private readonly grid = element('ul', { class: 'ward', 'aria-label': words.wardRegion, role: 'list' });
  private readonly empty = element('p', { class: 'empty', hidden: '' }, words.emptyWard);
  private readonly main = element('main', { class: 'main' });
  private readonly counts = element('span', { class: 'counts' });
  private readonly time = element('time', { class: 'time' });
  private readonly link = element('span', { class: 'link' }, words.connecting);
  private readonly synthetic = element('span', { class: 'badge synthetic large', title: words.syntheticHelp, hidden: '' }, words.syntheticWard);
  private readonly version = element('span', { class: 'version' });
  private readonly tiles = new Map<string, Tile>();
  private order: Tile[] = [];
  private detail: Detail | null = null;
  private columns = 1;
  private fixedUv: number | null = null;
  private lastServerUs: number | null = null;
  private wasLost = false;
  private drawing = 0;

  constructor(page: HTMLElement) {
    document.title = words.wardTitle;
    this.main.append(this.empty, this.grid);
    page.replaceChildren(this.header(), this.banner.box, this.main, this.footer(), this.keys.box, this.announcer.polite, this.announcer.urgent);
    this.connection = new Connection((frame, arrived) => this.take(frame, arrived), signedOut);
    new ResizeObserver(() => this.layOut()).observe(this.main);
    addEventListener('keydown', (event) => this.key(event));
    addEventListener('hashchange', () => this.route());
    setInterval(() => this.words(), WORDS_EVERY_MS);
    this.route();
  }

  private header(): HTMLElement {
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
      element('span', { class: 'spring' }),
      this.link,
      this.time,
      button(words.keys, () => this.keys.show()),
      button(words.theme, () => this.theme.toggle()),
      element('a', { class: 'button', href: '/administration' }, words.administration.title),
      button(words.signOut, () => void signOut()),
    );
  }

  private footer(): HTMLElement {
    return element('footer', { class: 'foot' }, element('span', {}, words.disclaimer), this.version);
  }

  private take(frame: LiveFrame, arrivedMs: number): void {
    this.lastServerUs = Number(frame.serverTimeUs);
    this.clock.observe(this.lastServerUs, arrivedMs);
    if (this.ward.apply(frame)) this.match();
    if (frame.whole || this.wasLost) this.words();
    else this.news(frame);
    this.redraw();
  }

  /** A new score or state shows at once; only ages wait for their turn. */
  private news(frame: LiveFrame): void {
    const nowUs = this.clock.nowUs(performance.now());
    const said: string[] = [];
    let high = 0;
    for (const { id } of frame.patients) {
      const tile = this.tiles.get(id);
      const change = tile?.update(nowUs, false);
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
    }
    this.order = patients.map((patient) => {
      let tile = this.tiles.get(patient.id);
      if (!tile) {
        tile = new Tile(patient, () => this.redraw());
        this.tiles.set(patient.id, tile);
      }
      tile.patient = patient;
      return tile;
    });
    this.order.forEach((tile, at) => {
      if (this.grid.children[at] !== tile.cell) this.grid.insertBefore(tile.cell, this.grid.children[at] ?? null);
    });
    this.empty.hidden = patients.length > 0;
    this.layOut();
  }

  private layOut(): void {
    const { main } = this;
    const style = getComputedStyle(main);
    const padding = parseFloat(style.paddingTop) * 2;
    const height = main.clientHeight - padding;
    const layout = this.detail ? layOutBeside(this.order.length, this.grid.clientWidth - GAP, height - GAP, GAP) : layOut(this.order.length, main.clientWidth - padding, height, GAP);
    this.columns = layout.columns;
    this.grid.style.setProperty('--columns', String(layout.columns));
    this.grid.style.setProperty('--tile-height', `${layout.tileHeight}px`);
    setData(document.documentElement, 'scrolls', String(layout.scrolls));
    this.redraw();
  }

  private words(): void {
    const nowMs = performance.now();
    const lost = this.connection.lost(nowMs);
    const nowUs = this.clock.nowUs(nowMs);
    const said: string[] = [];
    const count = { high: 0, noData: 0, behind: 0, synthetic: 0 };
    for (const tile of this.order) {
      const change = tile.update(nowUs, lost);
      if (change && !lost) said.push(change);
      if (tile.state?.level === 'high') count.high++;
      if (tile.state?.condition === 'no-data') count.noData++;
      if (tile.state?.condition === 'behind') count.behind++;
      if (tile.patient.synthetic) count.synthetic++;
    }
    this.detail?.update(this.ward.patient(this.detail.id), nowUs, lost);
    this.banner.update(lost ? { sinceUs: this.lastServerUs, ms: this.connection.silentMs(nowMs) ?? 0 } : null, this.ward.journalFailing, this.ward.detectorBehind);
    this.sayConnection(lost, said, count.high);
    const parts = [
      words.patients(this.order.length),
      count.high ? words.countHigh(count.high) : '',
      count.noData ? words.countNoData(count.noData) : '',
      count.behind ? words.countBehind(count.behind) : '',
    ].filter(Boolean);
    setText(this.counts, this.lastServerUs === null ? '' : parts.join(' · '));
    this.synthetic.hidden = count.synthetic === 0;
    setText(this.time, this.clock.known ? timeOfDay(nowUs) : '');
    setText(this.version, this.ward.version ? words.version(this.ward.version) : '');
    const title = lost ? `${words.lostTitle} · ${words.wardTitle}` : count.high ? `(${words.countHigh(count.high)}) ${words.wardTitle}` : words.wardTitle;
    if (document.title !== title) document.title = title;
    this.redraw();
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
      for (const tile of this.order) tile.draw(nowUs, this.fixedUv);
      this.detail?.draw(this.ward.patient(this.detail.id), nowUs, this.fixedUv);
    });
  }

  private repaint(): void {
    for (const tile of this.order) tile.repaint();
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
    if (event.ctrlKey || event.metaKey || event.altKey || this.keys.box.open) return;
    if (event.key === 'Escape' && this.detail) {
      location.hash = '#/';
      return;
    }
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
    this.redraw();
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
