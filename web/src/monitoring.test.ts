import { describe, expect, it } from 'vitest';
import { ChainWatch, STOPPED_MS } from './monitoring';

describe('the chain', () => {
  it('lives while its stamp changes, also where the server clock is set back', () => {
    const chain = new ChainWatch(0);
    for (let second = 1; second < 60; second++) {
      chain.observe(second < 30 ? 1e6 * (100 + second) : 1e6 * second, second * 1000);
      expect(chain.stopped(second * 1000 + 900)).toBeNull();
    }
  });
  it('has stopped when the same stamp comes on and on, and says since when', () => {
    const chain = new ChainWatch(0);
    chain.observe(5e6, 1000);
    chain.observe(6e6, 2000);
    for (let second = 3; second <= 9; second++) chain.observe(6e6, second * 1000);
    expect(chain.stopped(2000 + STOPPED_MS)).toBeNull();
    expect(chain.stopped(2001 + STOPPED_MS)).toEqual({ sinceUs: 6e6, ms: STOPPED_MS + 1 });
    chain.observe(7e6, 20_000);
    expect(chain.stopped(20_001)).toBeNull();
  });
  it('is shown as stopped within 10 s of its last sign of life', () => {
    expect(STOPPED_MS).toBeLessThanOrEqual(9000);
  });
  it('is not believed from one old stamp, nor from none', () => {
    const old = new ChainWatch(0);
    old.observe(1, 5000);
    expect(old.stopped(STOPPED_MS + 1)).toEqual({ sinceUs: 1, ms: STOPPED_MS + 1 });
    expect(new ChainWatch(0).stopped(STOPPED_MS + 1)).toEqual({ sinceUs: 0, ms: STOPPED_MS + 1 });
  });
});
