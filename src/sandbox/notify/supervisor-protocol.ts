// What worker and supervisor say to each other, in frames (frames.ts).
import type { FailureMessage } from '../../host/failure-message.js';
import type { AnyProcess } from '../process-spec.js';

/**
 * Asks to answer the calls of a command from now on. `pid`: its launcher. `listener`: the launcher's descriptor of the
 * notifications.
 */
export interface SuperviseMessage extends Pick<AnyProcess, 'uid' | 'gid' | 'groups'> {
  readonly id: number;
  readonly pid: number;
  readonly listener: number;
  /** Of a container: root has no privilege in the answers, since it lacks one that they are about. */
  readonly hasNoPrivilege?: boolean | undefined;
  /** Set-id bits of files mean nothing (PR_SET_NO_NEW_PRIVS). */
  readonly ignoresSetId?: boolean | undefined;
  /** Paths in the root of the command where mounts of the host lie: nothing is written down there. */
  readonly foreignMounts?: readonly string[] | undefined;
  /** Present: only devices are shown. The capabilities that a process needs to make one, as bits in hex. */
  readonly deviceCapabilities?: string | undefined;
}

/** Asks whether the supervisor still lives. Its answer says that it has answered all calls before this. */
export interface ConfirmMessage {
  readonly id: number;
}

export interface FromSupervisor {
  readonly id: number;
  /** Absent: the command is supervised, or the supervisor lives. */
  readonly failure?: FailureMessage;
}
