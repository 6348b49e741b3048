import { describe, expect, it } from 'vitest';
import type { SizedRoute } from './server';
import { scales, share } from './sizing';

const route: SizedRoute = {
  route: 'POST /predict',
  slots: 4,
  arrivals: 100,
  refused: 15,
  in_service: 1,
  rate_per_s: 10,
  service_s: 0.25,
  erlangs: 2.5,
  refused_share: 0.15,
  model_share: 0.1499,
  curves: [
    { pods: 1, points: [[0.13, 1e-5], [2.5, 0.15], [30, 0.87]] },
    { pods: 2, points: [[0.26, 1e-5], [5, 0.15], [30, 0.74]] },
  ],
};

describe('the chart of refused share over load', () => {
  it('keeps a load of nothing, and one beyond the curves, at its edges', () => {
    for (const erlangs of [0, 1e-9, 1e9]) {
      const { x, y } = scales({ ...route, erlangs });
      expect(x(erlangs)).toBeGreaterThanOrEqual(64);
      expect(x(erlangs)).toBeLessThanOrEqual(616);
      expect(y(0)).toBeLessThanOrEqual(320);
      expect(Number.isFinite(x(1))).toBe(true);
    }
  });

  it('says small shares as small', () => {
    expect([share(0), share(1e-7), share(0.1234)]).toEqual(['0 %', 'under 0.001 %', '12.3 %']);
  });
});
