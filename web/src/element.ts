// Makes and changes elements; texts are set as text, never as markup.

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Touches the document only where the text differs. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function setData(target: HTMLElement, key: string, value: string): void {
  if (target.dataset[key] !== value) target.dataset[key] = value;
}

const SIGNS: Record<string, string> = {
  high: 'M12 2 23 21H1Z',
  unclear: 'M12 1 23 12 12 23 1 12Z',
  low: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Z',
  'no-data': 'M12 1a11 11 0 1 1 0 22 11 11 0 0 1 0-22Zm0 4a7 7 0 0 0-4 1.2L17.8 16A7 7 0 0 0 12 5ZM6.2 8A7 7 0 0 0 16 17.8Z',
  ended: 'M4 4H20V20H4Z',
  behind: 'M2 4 11 12 2 20ZM12 4 21 12 12 20Z',
  'not-evaluated': 'M2 9H22V15H2Z',
  standby: 'M4 3H10V21H4ZM14 3H20V21H14Z',
  off: 'M4 3H10V21H4ZM14 3H20V21H14Z',
  waiting: 'M3 10h4v4H3Zm7 0h4v4h-4Zm7 0h4v4h-4Z',
  live: 'M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10Z',
  'alarm-high': 'M1 1H23V23H1ZM6 6V18H18V6Z',
  'alarm-medium': 'M1 1H23V23H1ZM5 5V19H19V5Z',
  'alarm-low': 'M1 1H23V23H1ZM3 3V21H21V3Z',
  lost: 'M4 1 12 9 20 1 23 4 15 12 23 20 20 23 12 15 4 23 1 20 9 12 1 4Z',
};

/** A sign of its own shape for each state: colour is never the only difference. */
export function sign(): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('sign');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  return svg;
}

export function setSign(svg: SVGSVGElement, name: string): void {
  if (svg.dataset['name'] === name) return;
  svg.dataset['name'] = name;
  svg.firstElementChild?.setAttribute('d', SIGNS[name] ?? SIGNS['live']!);
}
