// MONITORING STOPPED for a page without patients, such as the administration: a feed that carries nobody's data, and the banner.
// Nothing sounds there.
import { Connection } from './connection';
import { ChainWatch, chainBanner } from './monitoring';

/** No patient has such an id. */
const NOBODY = { patients: ['?'], channels: 1 };

/** A place for the banner, over everything else. The page that has it stays until it is left. */
export function chainOnly(): HTMLElement {
  const chain = new ChainWatch(performance.now());
  const connection = new Connection(
    (frame) => chain.observe(Number(frame.chainUs), performance.now()),
    () => location.assign('/signin'),
    NOBODY,
  );
  return chainBanner(chain, (nowMs) => connection.lost(nowMs)); // gives up a socket that fell silent
}
