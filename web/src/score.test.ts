import { describe, expect, it } from 'vitest';
import { EMPTY, levelOf, NOT_EVALUATED, ScoreHistory } from './score';
import { detection, START_US } from './test_data';

const second = START_US / 1e6;

describe('score', () => {
  it('is high over 0.7 and low under 0.3, unclear at both', () => {
    expect([0.71, 0.7, 0.3, 0.29].map(levelOf)).toEqual(['high', 'unclear', 'unclear', 'low']);
  });
  it('keeps the highest of each second and empties the seconds without a window', () => {
    const history = new ScoreHistory(10);
    for (const [at, score] of [[1, 0.25], [1, 0.75], [1, 0.5], [4, 1]] as const) history.add(detection(START_US + at * 1e6, score));
    expect([0, 1, 2, 3, 4].map((at) => history.at(second + at))).toEqual([0.75, EMPTY, EMPTY, 1, EMPTY]);
  });
  it('tells "not evaluated" from "no window" and from zero', () => {
    const history = new ScoreHistory(10);
    history.add(detection(START_US + 1e6, null));
    history.add(detection(START_US + 2e6, 0));
    expect([0, 1, 2].map((at) => history.at(second + at))).toEqual([NOT_EVALUATED, 0, EMPTY]);
    expect(history.last).toEqual({ endUs: START_US + 2e6, score: 0 });
  });
  it('forgets what is older than its length, and does not take it late', () => {
    const history = new ScoreHistory(5);
    history.add(detection(START_US + 1e6, 0.9));
    history.add(detection(START_US + 9e6, 0.1));
    history.add(detection(START_US + 2e6, 0.9));
    expect([...history.values].filter((value) => value >= 0)).toHaveLength(1);
    expect(history.last?.endUs).toBe(START_US + 9e6);
  });
  it('takes the highest where two windows end at once', () => {
    const history = new ScoreHistory(5);
    for (const score of [0.2, 0.9, null, 0.4]) history.add(detection(START_US + 1e6, score));
    expect(history.last?.score).toBeCloseTo(0.9, 4);
  });
});
