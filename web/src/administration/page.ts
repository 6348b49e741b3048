// The administration at /administration: patients, devices and their assignment, keys, staff, the clock.
import '../style/administration.css';
import { chainOnly } from '../chain_only';
import { element, setText } from '../element';
import { words } from '../words';
import { patientSection, sections, type Section } from './sections';

const say = words.administration;

export class AdministrationPage {
  private readonly title = element('h2', { tabindex: '-1' });
  private readonly fault = element('p', { class: 'fault', role: 'alert' });
  private readonly body = element('div', { class: 'admin-body' });
  private readonly links: HTMLAnchorElement[];
  /** Counts what was asked for: an answer that is not the newest is let go. */
  private asked = 0;

  constructor(page: HTMLElement) {
    document.title = say.title;
    this.links = sections.map(({ name, title }) => element('a', { href: `#${name}` }, title));
    page.replaceChildren(
      element('header', { class: 'top' }, element('h1', { class: 'brand' }, say.title), element('span', { class: 'spring' }), element('a', { class: 'button', href: '/' }, words.back)),
      chainOnly(),
      element(
        'main',
        { class: 'administration' },
        element('nav', { 'aria-label': say.title }, element('ul', {}, ...this.links.map((link) => element('li', {}, link)))),
        element('section', {}, this.title, this.fault, this.body),
      ),
      element('footer', { class: 'foot' }, element('span', {}, words.disclaimer)),
    );
    addEventListener('hashchange', () => void this.show(true));
    void this.show(false);
  }

  private chosen(): Section {
    const name = location.hash.slice(1);
    const patient = /^patient\/(.+)$/.exec(name);
    if (patient) return patientSection(decodeURIComponent(patient[1]!));
    return sections.find((section) => section.name === name) ?? sections[0]!;
  }

  private async show(moved: boolean): Promise<void> {
    const section = this.chosen();
    const turn = ++this.asked;
    for (const link of this.links) {
      const current = link.hash === `#${section.name}` || (section.name.startsWith('patient/') && link.hash === '#patients');
      if (current) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    setText(this.title, section.title);
    setText(this.fault, '');
    if (moved) {
      this.body.replaceChildren();
      this.title.focus();
    }
    const fault = (text: string) => setText(this.fault, text);
    try {
      const parts = await section.show(() => void this.show(false), fault);
      if (turn === this.asked) this.body.replaceChildren(...parts);
    } catch (error) {
      if (turn === this.asked) fault(error instanceof Error ? error.message : String(error));
    }
  }
}
