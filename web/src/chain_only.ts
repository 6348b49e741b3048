// MONITORING STOPPED for a page without patients, such as the administration: a feed that carries nobody's data, and the banner.
// Nothing sounds there.
import { Connection } from './connection';
import { element } from './element';
import { ChainWatch, MonitoringBanner } from './monitoring';
import { words } from './words';

const LOOK_EVERY_MS = 500;
/** No patient has such an id. */
const NOBODY = { patients: ['?'], channels: 1 };

/** A place for the banner, over everything else. The page that has it stays until it is left. */
export function chainOnly(): HTMLElement {
  const chain = new ChainWatch(performance.now());
  const banner = new MonitoringBanner(false);
  const connection = new Connection(
    (frame) => chain.observe(Number(frame.chainUs), performance.now()),
    () => location.assign('/signin'),
    NOBODY,
  );
  setInterval(() => {
    const nowMs = performance.now();
    connection.lost(nowMs); // gives up a socket that fell silent
    banner.update(chain.stopped(nowMs), nowMs);
  }, LOOK_EVERY_MS);
  return element('section', { class: 'station-lines', 'aria-label': words.station.region }, banner.box);
}
