import { describe as group, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { Detection_Doubt, Detection_Standing, Detection_State, DetectionSchema } from './generated/vigil/v1/detection_pb';
import { describe, modelOf } from './model';
import { Patient } from './patient';
import { tileState } from './state';
import { LivePatientSchema } from './generated/vigil/v1/live_pb';
import { detection, event, START_US } from './test_data';

group('the model behind a score', () => {
  it('is named, with every doubt in words', () => {
    const model = modelOf(create(DetectionSchema, { model: 'window-178', standing: Detection_Standing.SHADOW, doubts: [Detection_Doubt.KIND_UNKNOWN, Detection_Doubt.FALSE_ALARMS_UNKNOWN] }));
    expect(describe(model)).toBe(
      'score of window-178, not validated for this signal: nobody has said whether it is scalp or intracranial; false alarms were never measured on this kind of signal',
    );
  });
  it('is validated only where the server says so', () => {
    expect(describe(modelOf(create(DetectionSchema, { model: 'm', standing: Detection_Standing.ACTIVE })))).toBe('score of m');
    expect(describe(modelOf(create(DetectionSchema, { model: 'm' })))).toBe('score of m, not validated for this signal');
  });
  it('says that it warms up, and marks events of a model that is not validated', () => {
    const patient = new Patient('p');
    const warming = detection(START_US + 1e6, null);
    warming.state = Detection_State.WARMING_UP;
    patient.apply(create(LivePatientSchema, { id: 'p', newestReceiptUs: BigInt(START_US), newestSampleUs: BigInt(START_US), detections: [warming] }));
    expect(tileState(patient.state, START_US).note).toBe('WARMING UP: the model needs more of the signal');
    const scored = detection(START_US + 2e6, 0.9);
    patient.apply(
      create(LivePatientSchema, { id: 'p', newestReceiptUs: BigInt(START_US), newestSampleUs: BigInt(START_US), detections: [scored], events: [event(1, 1, START_US, START_US + 1e6)] }),
    );
    expect(tileState(patient.state, START_US + 2e6).note).toBe('EVENT for 2 s, not validated');
    const other = event(1, 2, START_US, START_US + 1e6);
    other.standing = Detection_Standing.ACTIVE;
    patient.apply(create(LivePatientSchema, { id: 'p', newestReceiptUs: BigInt(START_US), newestSampleUs: BigInt(START_US), events: [other] }));
    expect(tileState(patient.state, START_US + 2e6).note).toBe('EVENT for 2 s');
  });
  it('fills every second that a window of a longer period speaks for', () => {
    const patient = new Patient('p');
    const two = detection(START_US + 4e6, 0.5);
    two.periodS = 2;
    patient.scores.add(two);
    const second = START_US / 1e6;
    expect([1, 2, 3, 4].map((at) => patient.scores.at(second + at))).toEqual([-1, 0.5, 0.5, -1]);
  });
});
