import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff';
import { ServerClock } from './clock';
import { LiveFrameSchema } from './generated/vigil/v1/live_pb';
import { HeartHistory } from './heart';
import { layOut, layOutBeside, moveFocus } from './layout';
import { Patient } from './patient';
import { fitTrace, nextStep, stepFor } from './scale';
import { block, detection, heartRate, ramp, START_US } from './test_data';
import { Trace } from './trace';
import { Ward } from './ward';
import { span } from './words';

describe('server clock', () => {
  it('follows the frame that travelled fastest', () => {
    const clock = new ServerClock();
    expect(Number.isNaN(clock.nowUs(0))).toBe(true);
    clock.observe(START_US, 500);
    clock.observe(START_US + 1e6, 1020);
    expect(clock.nowUs(2020)).toBe(START_US + 2e6);
  });
  it('believes a jump of the server clock at once, in both directions', () => {
    const clock = new ServerClock();
    clock.observe(START_US, 0);
    for (const jump of [3600e6, -3600e6]) {
      clock.observe(START_US + jump, 1000);
      expect(clock.nowUs(1000)).toBe(START_US + jump);
    }
  });
  it('forgets an old best, so that drift does not add up', () => {
    const clock = new ServerClock();
    clock.observe(START_US + 900_000, 0);
    for (let frame = 1; frame <= 64; frame++) clock.observe(START_US + frame * 1000, frame);
    expect(clock.nowUs(64)).toBe(START_US + 64_000);
  });
});

describe('back-off', () => {
  it('doubles to a cap, and jitter never exceeds it', () => {
    expect([0, 1, 2].map((attempt) => backoffMs(attempt, 1))).toEqual([250, 500, 1000]);
    expect(backoffMs(1000, 1)).toBe(8000);
    expect(backoffMs(1000, 0)).toBe(4000);
  });
});

describe('layout', () => {
  it('puts 16 patients on a full screen in four rows of four', () => {
    expect(layOut(16, 1896, 988, 8)).toMatchObject({ columns: 4, rows: 4, scrolls: false });
  });
  it('puts 100 patients on a full screen without scrolling', () => {
    expect(layOut(100, 1896, 988, 8)).toMatchObject({ scrolls: false });
  });
  it('uses one column at a phone width, and scrolls where tiles would be too small', () => {
    expect(layOut(6, 360, 700, 8)).toMatchObject({ columns: 1, scrolls: false });
    expect(layOut(20, 360, 700, 8)).toMatchObject({ columns: 1, scrolls: true });
    expect(layOut(500, 1896, 988, 8).scrolls).toBe(true);
  });
  it('keeps 16 other patients in sight beside the detail view, and scrolls where they no longer fit', () => {
    expect(layOutBeside(16, 360, 980, 8)).toMatchObject({ columns: 2, rows: 8, scrolls: false });
    expect(layOutBeside(40, 360, 980, 8)).toMatchObject({ columns: 2, scrolls: true });
  });
  it('moves the focus by rows and columns and stops at the edges', () => {
    expect(moveFocus(0, 'ArrowDown', 10, 4)).toBe(4);
    expect(moveFocus(7, 'ArrowDown', 10, 4)).toBe(7);
    expect(moveFocus(0, 'ArrowLeft', 10, 4)).toBe(0);
    expect(moveFocus(3, 'End', 10, 4)).toBe(9);
  });
});

describe('scale', () => {
  it('chooses 1-2-5 steps and stays inside them', () => {
    expect([0, 11, 100, 101, 1e9].map(stepFor)).toEqual([10, 20, 100, 200, 50_000]);
    expect(nextStep(100, 1)).toBe(200);
    expect(nextStep(50_000, 1)).toBe(50_000);
    expect(nextStep(10, -1)).toBe(10);
  });
  it('centres each channel on its median and holds the signal', () => {
    const values = ramp(512).map((index) => 4000 + Math.round(60 * Math.sin(index / 5)));
    const trace = new Trace('d', 's', block(), 2);
    trace.add(block({ channels: [values] }));
    const fit = fitTrace(trace, null);
    expect(fit.laneUv).toBe(100);
    expect(fit.middleUv[0]).toBeGreaterThan(3980);
    expect(fit.middleUv[0]).toBeLessThan(4020);
  });
});

describe('heart rate', () => {
  it('shows the newest by its own time, whatever the order of arrival', () => {
    const heart = new HeartHistory();
    heart.add(heartRate(START_US + 5e6, 80));
    heart.add(heartRate(START_US, 60));
    heart.add(heartRate(START_US + 5e6, 82));
    expect(heart.newest?.bpm).toBe(82);
    expect(heart.all.map((value) => value.bpm)).toEqual([60, 82]);
  });
  it('keeps no more than its bound and takes nothing that is not a heart rate', () => {
    const heart = new HeartHistory(3);
    for (let at = 0; at < 10; at++) heart.add(heartRate(START_US + at * 1e6, 60 + at));
    heart.add({ ...heartRate(START_US + 99e6, 97), name: 'resting_heart_rate' });
    heart.add(heartRate(START_US + 99e6, Number.NaN));
    expect(heart.all.map((value) => value.bpm)).toEqual([67, 68, 69]);
  });
});

describe('ward', () => {
  const frame = (wish: Parameters<typeof create<typeof LiveFrameSchema>>[1]) => create(LiveFrameSchema, wish);
  it('sorts labels as people count, and a whole frame replaces everything', () => {
    const ward = new Ward();
    expect(ward.apply(frame({ whole: true, patients: ['Bed 10', 'Bed 2'].map((label) => ({ id: label, label })) }))).toBe(true);
    expect(ward.inOrder.map((patient) => patient.label)).toEqual(['Bed 2', 'Bed 10']);
    ward.apply(frame({ whole: true, patients: [{ id: 'x' }] }));
    expect(ward.inOrder.map((patient) => patient.label)).toEqual(['x']);
  });
  it('adds increments without moving a tile, and removes who left', () => {
    const ward = new Ward();
    ward.apply(frame({ whole: true, patients: [{ id: 'a' }, { id: 'b' }] }));
    const a = ward.patient('a');
    expect(ward.apply(frame({ patients: [{ id: 'a', detections: [detection(START_US, 0.9)] }] }))).toBe(false);
    expect(ward.patient('a')).toBe(a);
    expect(a?.state.lastScore?.score).toBeCloseTo(0.9, 4);
    expect(ward.apply(frame({ removed: ['a', 'never'] }))).toBe(true);
    expect(ward.inOrder.map((patient) => patient.id)).toEqual(['b']);
  });
  it('shows the stream with the newest sample and keeps few', () => {
    const patient = new Patient('a');
    for (let stream = 0; stream < 20; stream++) {
      patient.apply(create(LiveFrameSchema, { patients: [{ id: 'a', blocks: [block({ stream: `s${stream}`, first: stream * 10 })] }] }).patients[0]!);
    }
    expect(patient.trace?.stream).toBe('s19');
    expect(patient.streams.count).toBe(4);
  });
  it('starts the trace anew when a stream comes with other channels', () => {
    const patient = new Patient('a');
    const show = (channels: number[][]) => patient.apply(create(LiveFrameSchema, { patients: [{ id: 'a', blocks: [block({ channels })] }] }).patients[0]!);
    show([[1, 2]]);
    show([[1, 2], [3, 4]]);
    expect(patient.trace?.labels).toEqual(['C0', 'C1']);
  });
});

it('a span rounds down to whole units', () => {
  expect([-5, 999, 59_999, 60_000, 3_600_000, 172_800_000].map(span)).toEqual(['0 s', '0 s', '59 s', '1 min', '1 h', '2 d']);
});
