// How a caller is attached to a container.
import type { BuildOptions, OutputStream } from '../build-options.js';

export interface AttachChoice {
  /** What is attached in the foreground. By default the outputs, and the input of a container with an open one. */
  readonly attach?: readonly ('stdin' | 'stdout' | 'stderr')[];
  /** Signals of this process are sent on to PID 1. Default true; false with a terminal makes no difference. */
  readonly isSignalProxied?: boolean;
  /** `ctrl-p,ctrl-q` */
  readonly detachKeys?: string;
}

/** Where an attached container's streams lead. By default those of this process. */
export interface StreamOptions extends BuildOptions {
  readonly stderr?: OutputStream;
  /** Told of the id as soon as the container has one: for `--cidfile`. */
  readonly onCreated?: (id: string) => void;
  /** From now on signals of this process go to the container: a caller whose own handlers end it lets them go. */
  readonly onSignalsProxied?: () => void;
}
