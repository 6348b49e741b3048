// The model behind what is shown: its name, and whether its card agrees with the signal. Pure.
import { Detection_Standing, Detection_State, type Detection } from './generated/vigil/v1/detection_pb';
import { words } from './words';

export interface ShownModel {
  name: string;
  /** Its scores may raise an alarm on this signal; else they are a hint at most. */
  validated: boolean;
  /** In words; none where it is validated, or where nobody wrote them down. */
  doubts: string[];
  /** Why the newest window has no score, where the model says so. */
  state: Detection_State;
}

export function modelOf(detection: Detection): ShownModel {
  return {
    name: detection.model,
    validated: detection.standing === Detection_Standing.ACTIVE,
    doubts: detection.doubts.map((doubt) => words.doubt[doubt]).filter((text): text is string => text !== undefined),
    state: detection.state,
  };
}

/** "window-178, not validated for this signal: ..." */
export function describe(model: ShownModel): string {
  if (model.validated) return words.scoreOf(model.name);
  return `${words.scoreOf(model.name)}, ${words.notValidated}${model.doubts.length > 0 ? `: ${model.doubts.join('; ')}` : ''}`;
}
