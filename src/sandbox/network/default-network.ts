// The network of commands that name none. At first it is a private one, made by pasta or slirp4netns. If that tool
// fails, commands get the network of the host, unless the user asked for the tool. A note tells the user once.
import type { TsbuildError } from '../../core/errors.js';
import type { NetworkChoice } from './choose-network.js';
import { FORWARDER_OF } from './network-tool.js';

/** A note about the machine may be shown once for many builds. `always` marks a note about this build. */
export type OnNote = (message: string, when?: 'always') => void;

export interface DefaultNetwork {
  /** The network for a command that names none. */
  ofDefault(): 'private' | 'host';
  /** Address at which a private network reaches the host's name server; undefined without a private network. */
  readonly forwarder: string | undefined;
  /**
   * To be called when the tool could not connect a command. From now on commands get the network of the host.
   * @param attempt `isSaidAgain`: the command has printed something, and prints it again when it is repeated
   * @returns false when the user asked for this tool: then nothing changes, and the command has failed
   */
  giveUp(error: TsbuildError, attempt: { readonly isSaidAgain: boolean }): boolean;
}

export function createDefaultNetwork(choice: NetworkChoice, onNote: OnNote): DefaultNetwork {
  const { tool, isForced } = choice;
  let isPrivate = tool !== undefined;
  let reason = choice.reason;
  return {
    forwarder: tool && FORWARDER_OF[tool.name],
    ofDefault() {
      if (isPrivate) return 'private';
      if (reason !== undefined) onNote(`processes use the network of the host: ${reason}`);
      reason = undefined;
      return 'host';
    },
    giveUp(error, { isSaidAgain }) {
      if (isForced) return false;
      if (isSaidAgain) onNote(`a process begins once more, with its output: ${error.message}`, 'always');
      if (isPrivate) reason = error.message;
      isPrivate = false;
      return true;
    },
  };
}
