// What the page and the thread of the spectra say to each other.

/** One chunk of time of some channels of one source. */
export interface SpectrumQuestion {
  id: number;
  /** The route with its query. */
  path: string;
  /** Of the source whose channels they are: what the server sends of another layout is left out. */
  labels: readonly string[];
  rate: number;
  /** Added to the times of what is answered. */
  byUs: number;
  fromS: number;
  untilS: number;
}

export type ToSpectra = { kind: 'ask'; question: SpectrumQuestion } | { kind: 'stop' };

/** Columns come as one array: seconds[i] has densities [i * bins, (i + 1) * bins). `fault` is '' where there was no answer. */
export interface FromSpectra {
  id: number;
  bins: number;
  seconds: Float64Array;
  densities: Float32Array;
  bytes: number;
  fault: string | null;
}
