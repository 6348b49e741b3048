import { describe, expect, it } from 'vitest';
import { derive, electrodeOf, isBipolar, montageOf, sideOf } from './montage';

const TEN_TWENTY = ['Fp1', 'Fp2', 'F7', 'F3', 'Fz', 'F4', 'F8', 'T7', 'C3', 'Cz', 'C4', 'T8', 'P7', 'P3', 'Pz', 'P4', 'P8', 'O1', 'O2'];
/** ACNS Guideline 3: the longitudinal bipolar montage of 18 channels. */
const DOUBLE_BANANA = 'Fp1-F7 F7-T7 T7-P7 P7-O1 Fp1-F3 F3-C3 C3-P3 P3-O1 Fz-Cz Cz-Pz Fp2-F4 F4-C4 C4-P4 P4-O2 Fp2-F8 F8-T8 T8-P8 P8-O2'.split(' ');

describe('montages', () => {
  it('read electrodes from labels as recorders write them', () => {
    expect(electrodeOf('EEG FP1-REF')).toEqual({ name: 'Fp1', reference: 'REF' });
    expect(electrodeOf('EEG T3-LE')).toEqual({ name: 'T7', reference: 'LE' });
    expect(electrodeOf('fz')).toEqual({ name: 'Fz', reference: '' });
    expect(electrodeOf('Fp1-F7')).toBeNull();
    expect(electrodeOf('ECG')).toBeNull();
    expect(electrodeOf('EKG1-EKG2')).toBeNull();
    expect(isBipolar('T8-P8-1')).toBe(true);
    expect(isBipolar('Fp1-REF')).toBe(false);
  });

  it('make the double banana of the 10-20 electrodes, also under their older names', () => {
    for (const labels of [TEN_TWENTY, TEN_TWENTY.map((name) => `EEG ${({ T7: 'T3', T8: 'T4', P7: 'T5', P8: 'T6' } as Record<string, string>)[name] ?? name.toUpperCase()}-REF`)]) {
      const made = montageOf('bipolar', labels);
      expect(made.derivations?.map(({ label }) => label)).toEqual(DOUBLE_BANANA);
      const [first] = made.derivations!;
      const channels = labels.map((_, channel) => Float32Array.of(channel, 10 * channel));
      expect([...derive(first!, channels)]).toEqual([-2, -20]);
    }
  });

  it('name the electrodes that the double banana lacks', () => {
    const made = montageOf('bipolar', TEN_TWENTY.filter((name) => name !== 'Cz'));
    expect(made.derivations).toHaveLength(16);
    expect(made.refusal === undefined && made.missing).toEqual(['Cz']);
  });

  it('take the mean of all electrodes away, and leave an ECG as it is', () => {
    const labels = [...TEN_TWENTY, 'ECG'];
    const made = montageOf('average', labels);
    const channels = labels.map((_, channel) => Float32Array.of(channel === 19 ? 500 : channel));
    const values = made.derivations!.map((derivation) => derive(derivation, channels)[0]!);
    expect(values[0]).toBeCloseTo(-9, 5);
    expect(values[18]).toBeCloseTo(9, 5);
    expect(values[19]).toBe(500);
    expect(made.derivations![0]!.label).toBe('Fp1-AV');
  });

  it('are refused with the reason where the channels do not allow them', () => {
    expect(montageOf('bipolar', DOUBLE_BANANA).refusal).toBe('already-bipolar');
    expect(montageOf('average', TEN_TWENTY, true).refusal).toBe('already-bipolar');
    expect(montageOf('bipolar', ['C1?', 'ECG']).refusal).toBe('no-electrodes');
    expect(montageOf('bipolar', ['Fp1', 'O2']).refusal).toBe('no-neighbours');
    expect(montageOf('bipolar', ['Fp1-A1', 'F7-A2']).refusal).toBe('mixed-references');
    expect(montageOf('average', TEN_TWENTY.map((name) => `${name}-${/[13579z]$/.test(name) ? 'A1' : 'A2'}`)).refusal).toBe('mixed-references');
    expect(montageOf('average', TEN_TWENTY.slice(0, 7)).refusal).toBe('too-few-for-average');
    expect(montageOf('recorded', ['anything']).derivations).toHaveLength(1);
  });

  it('know which half of the head a channel is of', () => {
    for (const left of ['Fp1', 'EEG C3-REF', 'T3', 'T7-P7', 'Fp1-F7', 'T9']) expect(sideOf(left), left).toBe('left');
    for (const right of ['O2', 'EEG T8-LE', 'P10', 'T8-P8-1']) expect(sideOf(right), right).toBe('right');
    for (const neither of ['Cz', 'C3-C4', 'Fz-Cz', 'F3-Fz', 'ECG', 'EMG1', 'C1-ECG']) expect(sideOf(neither), neither).toBeNull();
  });
});
