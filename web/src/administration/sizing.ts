// How busy the server's own routes are, and the paper's Fig. 3 with the running system's own point.
import { element } from '../element';
import { span, words } from '../words';
import { table } from './form';
import { server, type SizedRoute } from './server';

const say = words.administration.sizing;
const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 64;
const BOTTOM = 40;
const TOP = 12;
const RIGHT = 24;
const LOWEST = 1e-5; // of the refused share

function drawn(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

export const share = (value: number) => (value === 0 ? '0 %' : value < LOWEST ? say.under : `${Number((100 * value).toPrecision(3))} %`);
export const erlangs = (value: number) => String(Number(value.toPrecision(3)));

/** Both axes are logarithmic; what lies outside is drawn at its edge. */
export function scales(route: SizedRoute): { x: (load: number) => number; y: (refused: number) => number; low: number; high: number } {
  const loads = route.curves.flatMap(({ points }) => points.map(([load]) => load));
  // A load far below the curves would press them into a corner.
  const first = Math.min(...loads);
  const low = Math.min(first, Math.max(route.erlangs / 2, first / 20));
  const high = Math.max(2 * low, ...loads);
  const along = (value: number) => Math.min(Math.max(Math.log(value / low) / Math.log(high / low), 0), 1);
  return {
    x: (load) => LEFT + (load > 0 ? along(load) : 0) * (WIDTH - LEFT - RIGHT),
    y: (refused) => TOP + (Math.log(Math.min(Math.max(refused, LOWEST), 1)) / Math.log(LOWEST)) * (HEIGHT - TOP - BOTTOM),
    low,
    high,
  };
}

export function chart(route: SizedRoute): SVGSVGElement {
  const { x, y, low, high } = scales(route);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('class', 'sizing-chart');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', say.chart(route.route, erlangs(route.erlangs), share(route.refused_share), share(route.model_share)));
  for (let refused = 1; refused > LOWEST / 2; refused /= 10) {
    svg.append(drawn('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: y(refused), y2: y(refused) }));
    svg.append(drawn('text', { x: LEFT - 6, y: y(refused) + 4, 'text-anchor': 'end' }, share(Number(refused.toPrecision(1)))));
  }
  for (let power = Math.ceil(Math.log10(low)); power <= Math.log10(high); power++) {
    const load = 10 ** power;
    svg.append(drawn('line', { class: 'grid', x1: x(load), x2: x(load), y1: TOP, y2: HEIGHT - BOTTOM }));
    svg.append(drawn('text', { x: x(load), y: HEIGHT - BOTTOM + 16, 'text-anchor': 'middle' }, erlangs(load)));
  }
  for (const { pods, points } of route.curves) {
    const [first] = points;
    if (!first) continue;
    svg.append(drawn('polyline', { class: 'curve', points: points.map(([load, refused]) => `${x(load).toFixed(1)},${y(refused).toFixed(1)}`).join(' ') }));
    svg.append(drawn('text', { x: x(first[0]) + 4, y: y(first[1]) - 4 }, String(pods)));
  }
  svg.append(drawn('circle', { class: 'own', cx: x(route.erlangs), cy: y(route.refused_share), r: 6 }));
  svg.append(drawn('text', { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, 'text-anchor': 'middle' }, say.axis));
  return svg;
}

/** The busiest first. */
export async function sizing(again: () => void): Promise<Node[]> {
  const { running_s: running, routes } = await server.sizing();
  const sorted = [...routes].sort((a, b) => b.erlangs / b.slots - a.erlangs / a.slots);
  const refresh = element('button', { type: 'button', class: 'button' }, words.administration.refresh);
  refresh.addEventListener('click', again);
  const figure = element('figure', { class: 'sizing-figure' });
  const choose = (name: string) => {
    const route = sorted.find((one) => one.route === name);
    if (route) figure.replaceChildren(chart(route), element('figcaption', { class: 'help' }, say.caption(route.slots)));
  };
  const select = element('select', { id: 'sizing-route' }, ...sorted.map(({ route }) => element('option', { value: route }, route)));
  select.addEventListener('change', () => choose(select.value));
  if (sorted[0]) choose(sorted[0].route);
  return [
    element('p', {}, say.since(span(1000 * running))),
    table(
      say.routes,
      [say.route, say.rate, say.time, say.slots, say.used, say.load, say.refused, say.model],
      sorted.map((one) => [
        one.route,
        `${erlangs(one.rate_per_s)} /s`,
        say.milliseconds(one.service_s),
        String(one.slots),
        String(one.in_service),
        erlangs(one.erlangs),
        `${share(one.refused_share)} (${one.refused}/${one.arrivals})`,
        share(one.model_share),
      ]),
    ),
    ...(sorted.length > 0 ? [element('p', { class: 'form-row' }, element('label', { for: 'sizing-route' }, say.shown), select), figure] : []),
    element('p', { class: 'help' }, say.help),
    refresh,
  ];
}
