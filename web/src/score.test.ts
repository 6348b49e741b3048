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
  it('counts the highest of all streams that are current, so that devices that disagree do not flicker', () => {
    const history = new ScoreHistory(10);
    const shown: (number | null)[] = [];
    for (let quarter = 0; quarter < 12; quarter++) {
      const stream = quarter % 4;
      history.add(detection(START_US + quarter * 250_000, [0, 1, 0, null][stream]!, `s${stream}`));
      shown.push(history.last!.score);
    }
    expect(shown).toEqual([0, ...Array<number>(11).fill(1)]);
  });
  it('follows each stream down at once, and forgets one that went silent', () => {
    const history = new ScoreHistory(10);
    history.add(detection(START_US + 1e6, 1, 'a'));
    history.add(detection(START_US + 2e6, 0, 'a'));
    expect(history.last?.score).toBe(0);
    history.add(detection(START_US + 2.5e6, 1, 'b'));
    history.add(detection(START_US + 3e6, 0, 'a'));
    expect(history.last).toEqual({ endUs: START_US + 3e6, score: 1 });
    for (const at of [4e6, 5e6]) history.add(detection(START_US + at, 0, 'a'));
    expect(history.last).toEqual({ endUs: START_US + 5e6, score: 0 });
  });
  it('takes no score from a window that is older than what its stream had or than what is current', () => {
    const history = new ScoreHistory(10);
    history.add(detection(START_US + 5e6, 0, 'a'));
    history.add(detection(START_US + 4e6, 1, 'a'));
    history.add(detection(START_US + 1e6, 1, 'b'));
    expect(history.last).toEqual({ endUs: START_US + 5e6, score: 0 });
  });
  it('tells sixteen streams apart and no more', () => {
    const history = new ScoreHistory(10);
    history.add(detection(START_US, 1, 'first'));
    for (let stream = 0; stream < 15; stream++) history.add(detection(START_US + 1e5, 0, `s${stream}`));
    expect(history.last?.score).toBe(1);
    history.add(detection(START_US + 1e5, 0, 'seventeenth'));
    expect(history.last?.score).toBe(0);
  });
});
