// The traces of a page: samples to derivations to filtered values, one unbroken stretch after the other. Pure.
import { filterInPlace, sectionsOf, warmUpSeconds, type FilterChoice } from './filters';
import { derive, type Derivation } from './montage';
import { sampleAt, timeOf, type SampleStore, type Source, type Stretch } from './sample_store';

export interface PageStretch {
  /** Its time base; `channels` are those of the recording. */
  stretch: Stretch;
  /** shape [derivations][samples], microvolts, filtered */
  traces: Float32Array[];
  /** Of the first sample, UTC microseconds. */
  startUs: number;
  endUs: number;
}

export interface PageSignals {
  stretches: PageStretch[];
  /** Without a low cut: what is drawn at each trace's middle, its median on the page. Else zeros. */
  middles: Float32Array;
}

/** So much signal is read before the page, microseconds. */
export const warmUpUs = (filters: FilterChoice, rate: number) => Math.ceil(warmUpSeconds(sectionsOf(filters, rate), rate) * 1e6);

/** The page [fromUs, untilUs) of a source. The filters begin before it; after a gap they begin anew. */
export function pageSignals(store: SampleStore, source: Source, fromUs: number, untilUs: number, derivations: readonly Derivation[], filters: FilterChoice): PageSignals {
  const sections = sectionsOf(filters, source.rate);
  const stretches = store.stretches(source.name, fromUs - warmUpUs(filters, source.rate), untilUs).map((stretch): PageStretch => {
    const traces = derivations.map((derivation) => {
      const values = derive(derivation, stretch.channels);
      filterInPlace(values, sections);
      return values;
    });
    return { stretch, traces, startUs: stretch.anchors[0]!.us, endUs: timeOf(stretch, stretch.samples) };
  });
  const middles = new Float32Array(derivations.length);
  if (filters.lowCut === null) for (let trace = 0; trace < middles.length; trace++) middles[trace] = median(stretches, trace);
  return { stretches, middles };
}

const SAMPLED = 500;

function sampled(stretches: readonly PageStretch[], trace: number): number[] {
  const total = stretches.reduce((sum, { stretch }) => sum + stretch.samples, 0);
  const stride = Math.max(1, Math.floor(total / SAMPLED));
  const values: number[] = [];
  for (const { traces } of stretches) for (let i = 0; i < traces[trace]!.length; i += stride) values.push(traces[trace]![i]!);
  return values.sort((a, b) => a - b);
}

function median(stretches: readonly PageStretch[], trace: number): number {
  const values = sampled(stretches, trace);
  return values.length === 0 ? 0 : values[values.length >> 1]!;
}

/** Half of the height that holds the middle 96 % of the widest trace, microvolts; 0 without samples. */
export function reachUv({ stretches, middles }: PageSignals): number {
  let widest = 0;
  for (let trace = 0; trace < middles.length; trace++) {
    const values = sampled(stretches, trace);
    if (values.length === 0) continue;
    const cut = Math.floor(values.length * 0.02);
    widest = Math.max(widest, values[values.length - 1 - cut]! - middles[trace]!, middles[trace]! - values[cut]!);
  }
  return widest;
}

/** The value of a trace at a time, microvolts; null in a gap. */
export function valueAt(page: PageSignals, trace: number, us: number): number | null {
  for (const { stretch, traces } of page.stretches) {
    const at = sampleAt(stretch, us);
    if (at !== null) return traces[trace]?.[at] ?? null;
  }
  return null;
}
