import { describe, expect, it } from 'vitest';
import { Patience } from '../backoff';
import { Clocks } from './clocks';
import { History } from './history';
import { SampleStore } from './sample_store';

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('a server that refuses', () => {
  it('is asked ever more seldom, and at once again after it has answered', async () => {
    let now = 0;
    let status = 503;
    let asked = 0;
    const faults: (string | null)[] = [];
    const ask = (): Promise<Response> => {
      asked++;
      return Promise.resolve(new Response(new Uint8Array(), { status }));
    };
    const history = new History('bed-1', new SampleStore(), new Clocks(), () => undefined, (why) => faults.push(why), ask, new Patience(() => now, () => 0.5));
    const look = async (ms: number): Promise<void> => {
      for (const until = now + ms; now < until; now += 100) {
        history.need(0, 10e6);
        await settled();
      }
    };
    await look(60_000);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(16); // 600 looks
    expect(faults.at(-1)).toBe('503');
    status = 200;
    const before = asked;
    await look(8_000);
    expect(asked).toBe(before + 1);
    expect(faults.at(-1)).toBe(null);
    history.need(20e6, 30e6);
    expect(asked).toBe(before + 2);
  });
});
