// What a build asked of its cache, for a pack: keys and digests, and no input of a step.
import type { Layer } from '../../images/layer.js';
import type { StepKey } from '../step-key.js';

export interface StepTrail {
  /** In the order in which they ended. */
  readonly steps: ReadonlyMap<StepKey, Layer>;
  /** Digests of selections by the names of the questions. */
  readonly selections: ReadonlyMap<string, string>;
  readonly listeners: {
    onStep(key: StepKey, layer: Layer): void;
    onSelection(name: string, digest: string): void;
  };
}

export function createStepTrail(): StepTrail {
  const steps = new Map<StepKey, Layer>();
  const selections = new Map<string, string>();
  return {
    steps,
    selections,
    listeners: {
      onStep: (key, layer) => void steps.set(key, layer),
      onSelection: (name, digest) => void selections.set(name, digest),
    },
  };
}
