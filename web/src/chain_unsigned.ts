// MONITORING STOPPED for a page that nobody is signed in at, the sign-in form and the sender: it asks for that one fact, once a second.
// Nothing sounds there.
import { ChainWatch, chainBanner } from './monitoring';

const ASK_EVERY_MS = 1_000;
const ANSWERED_WITHIN_MS = 4_000;

/** A place for the banner, over everything else. */
export function chainUnsigned(): HTMLElement {
  const chain = new ChainWatch(performance.now());
  const ask = async () => {
    try {
      const answer = await fetch('/v1/ward/chain', { credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) });
      if (answer.ok) chain.observe(((await answer.json()) as { chain_us: number }).chain_us, performance.now());
    } catch {
      // Not heard: the banner says so in time.
    }
    setTimeout(() => void ask(), ASK_EVERY_MS);
  };
  void ask();
  return chainBanner(chain);
}
