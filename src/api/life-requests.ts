// What is asked for of containers: how they are run, and what becomes of them.
import type { ContainerRequest } from '../containers/container-request.js';
import type { ExecChoice } from '../containers/exec-order.js';
import type { AttachChoice } from './attach-choice.js';

export interface RunRequest extends ContainerRequest, AttachChoice {
  /** Returns when it runs; nothing is attached. */
  readonly isDetached?: boolean;
}

/** `container`: a name, or the beginning of an id that no other has. */
export interface ContainerChoice {
  readonly container: string;
}

export interface StartRequest extends ContainerChoice, AttachChoice {
  /** Follow it to its end. */
  readonly isAttached?: boolean;
  readonly isInteractive?: boolean;
}

export interface StopRequest extends ContainerChoice {
  /** Seconds until it is killed; -1: never. Default that of the container. */
  readonly timeout?: number;
  /** In the place of the container's own. */
  readonly signal?: string;
}

export interface KillRequest extends ContainerChoice {
  /** `KILL` by default; a name with or without SIG, or a number. */
  readonly signal?: string;
}

export interface RemoveRequest extends ContainerChoice {
  /** A running one is killed. */
  readonly isForced?: boolean;
  /** With its anonymous volumes. */
  readonly areVolumesRemoved?: boolean;
}

export interface ExecRequest extends ContainerChoice, ExecChoice {
  readonly detachKeys?: string;
}
