// QR codes that set up a phone with a key that was just made: drawn here, on request only, and never sent anywhere.
import { element } from '../element';
import { healthAutoExportLink, senderLink, type SetUp } from '../sender/set_up';
import { words } from '../words';
import { qrCode } from './qr_code';

const say = words.phone;

/** A button that shows the codes of this key, and hides them again. */
export function phoneCodes(setUp: SetUp): HTMLElement {
  const button = element('button', { type: 'button', class: 'button', 'aria-expanded': 'false' }, say.show);
  const codes = element('div', { class: 'phone-codes' });
  button.addEventListener('click', () => {
    const shown = codes.childElementCount > 0;
    button.setAttribute('aria-expanded', String(!shown));
    button.textContent = shown ? say.show : say.hide;
    const figure = (text: string, link: string) => element('figure', {}, element('figcaption', {}, text), qrCode(link, text));
    codes.replaceChildren(
      ...(shown
        ? []
        : [
            element('p', { class: 'help' }, say.warning),
            figure(say.sender, senderLink(location.origin, setUp)),
            figure(say.healthAutoExport, healthAutoExportLink(location.origin, setUp)),
          ]),
    );
  });
  return element('div', {}, button, codes);
}
