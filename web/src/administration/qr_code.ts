// A text as a QR code: drawn in this browser, and sent nowhere.
import encodeQR from 'qr';

const SVG = 'http://www.w3.org/2000/svg';
/** Bare modules around a code. source ISO/IEC 18004, 5.3.8 */
const QUIET = 4;

/** Black on white whatever the theme: cameras read nothing else reliably. */
export function qrCode(text: string, name: string): SVGSVGElement {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${modules.length} ${modules.length}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', name);
  svg.setAttribute('shape-rendering', 'crispEdges');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join(''));
  svg.append(path);
  return svg;
}
