// The network of RUNs that name none, over one build: begins with what was chosen, and falls back to the host's when a tool that was
// not asked for turns out not to work. Whatever is weaker than a network of its own is said, once.
import type { TsbuildError } from '../../core/errors.js';
import type { NetworkChoice } from './choose-network.js';
import { FORWARDER_OF } from './network-tool.js';

/** `always`: of this build, not of the machine, which need not be said again. */
export type OnNote = (message: string, when?: 'always') => void;

export interface StepNetworks {
  /** For a step with the default network. */
  ofDefault(): 'private' | 'host';
  /** Name server of a private network that leads to the host's own; undefined without one. */
  readonly forwarder: string | undefined;
  /**
   * The tool could not connect a step: false when it must be it, else steps get the host's network from now on. `isSaidAgain`: the step had
   * output, which it will have once more.
   */
  giveUp(error: TsbuildError, step: { readonly isSaidAgain: boolean }): boolean;
}

export function createStepNetworks(choice: NetworkChoice, onNote: OnNote): StepNetworks {
  const { tool, isForced } = choice;
  let isPrivate = tool !== undefined;
  let reason = choice.reason;
  return {
    forwarder: tool && FORWARDER_OF[tool.name],
    ofDefault() {
      if (isPrivate) return 'private';
      if (reason !== undefined) onNote(`RUN uses the network of the host: ${reason}`);
      reason = undefined;
      return 'host';
    },
    giveUp(error, { isSaidAgain }) {
      if (isForced) return false;
      if (isSaidAgain) onNote(`a RUN begins once more, with its output: ${error.message}`, 'always');
      if (isPrivate) reason = error.message;
      isPrivate = false;
      return true;
    },
  };
}
