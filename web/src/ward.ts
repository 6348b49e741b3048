// All patients as the page holds them: what the frames of /v1/ward/live make.
import type { LiveFrame } from './generated/vigil/v1/live_pb';
import { Patient } from './patient';

export class Ward {
  private patients = new Map<string, Patient>();
  private order: Patient[] = [];
  /** The built-in test patient, which has no tile and is not counted. */
  tests: readonly Patient[] = [];
  version = '';
  journalFailing = false;
  detectorBehind = false;

  /** Takes a frame; true when patients came, went or were renamed. A whole frame replaces everything. */
  apply(frame: LiveFrame): boolean {
    let moved = frame.whole;
    if (frame.whole) this.patients = new Map();
    for (const id of frame.removed) moved = this.patients.delete(id) || moved;
    for (const news of frame.patients) {
      let patient = this.patients.get(news.id);
      const label = patient?.label;
      if (!patient) {
        patient = new Patient(news.id);
        this.patients.set(news.id, patient);
      }
      // The samples are the drawing thread's.
      patient.apply({ ...news, blocks: [] });
      moved ||= label !== patient.label;
    }
    this.version = frame.version;
    this.journalFailing = frame.journalFailing;
    this.detectorBehind = frame.detectorBehind;
    // By their labels; the page puts the most urgent first.
    if (moved) {
      const everybody = [...this.patients.values()];
      this.tests = everybody.filter(({ test }) => test);
      this.order = everybody.filter(({ test }) => !test).sort((a, b) => compare(a.label, b.label) || compare(a.id, b.id));
    }
    return moved;
  }

  get inOrder(): readonly Patient[] {
    return this.order;
  }

  patient(id: string): Patient | undefined {
    return this.patients.get(id);
  }
}

const collator = new Intl.Collator('en', { numeric: true });
const compare = (a: string, b: string) => collator.compare(a, b);
