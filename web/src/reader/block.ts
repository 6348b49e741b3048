// The schema's blocks under the names that the reader uses.
export { EegBlock_Reference as Reference, type EegBlock as Block } from '../generated/vigil/v1/eeg_pb';
