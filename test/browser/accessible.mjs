// What axe-core finds wrong with a page, by WCAG 2.2 AA and its own best practices.
import { createRequire } from 'node:module';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function violations(page) {
  await page.addScriptTag({ path: axe });
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), RULES);
  return found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
}

/** A laptop's screen at 200 %, and a phone. */
export const NARROW = [
  { width: 960, height: 540 },
  { width: 390, height: 800 },
];

/** What lies beyond the window's sides, or is cut by what it stands in: nothing may, but inside of a box that itself scrolls sideways. */
export function beyond(page) {
  return page.evaluate(() => {
    const found = document.documentElement.scrollWidth > innerWidth ? [`the page is ${document.documentElement.scrollWidth} px wide`] : [];
    const scrolls = (box) => box && box !== document.body && (['auto', 'scroll'].includes(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth ? true : scrolls(box.parentElement));
    for (const one of document.querySelectorAll('button, a, input, select, label, h1, h2, h3, p, strong, td, th, dialog')) {
      if (!one.checkVisibility() || one.closest('.unseen') || scrolls(one.parentElement)) continue;
      const { left, right, width } = one.getBoundingClientRect();
      const isCut = ['hidden', 'clip'].includes(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth + 1;
      if (width > 0 && (left < -1 || right > innerWidth + 1 || isCut)) found.push(`${one.tagName} ${one.className} "${one.textContent.slice(0, 40)}" from ${Math.round(left)} to ${Math.round(right)}`);
    }
    for (const dialog of document.querySelectorAll('dialog[open]')) {
      const { top, bottom } = dialog.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) found.push(`a dialog from ${Math.round(top)} to ${Math.round(bottom)}`);
    }
    return found;
  });
}
