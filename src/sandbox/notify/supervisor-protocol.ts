// What worker and supervisor say to each other, in frames (frames.ts).
import type { FailureMessage } from '../../host/failure-message.js';
import type { AnyProcess } from '../process-spec.js';

/**
 * Answer the calls of a process from now on. `pid` of its launcher, `listener`: its descriptor of the notifications.
 */
export interface SuperviseMessage extends Pick<AnyProcess, 'uid' | 'gid' | 'groups'> {
  readonly id: number;
  readonly pid: number;
  readonly listener: number;
  /** Present: it only is to see devices, and these capabilities, as bits in hex, make some. */
  readonly deviceCapabilities?: string | undefined;
}

/** Asks whether the supervisor is there: it has answered everything that processes asked before. */
export interface ConfirmMessage {
  readonly id: number;
}

export interface FromSupervisor {
  readonly id: number;
  /** Absent: the process is supervised, or the supervisor there. */
  readonly failure?: FailureMessage;
}
