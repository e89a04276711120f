// A launcher that has launchers as children. It can outlive the worker, and the children with it.
import { closeSync } from 'node:fs';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { CLONE_NEWPID, CLONE_NEWUSER, CLONE_PARENT } from '../../host/syscalls/process-calls.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { makeMessage } from './make-message.js';
import {
  FIRST_OWN,
  launcherOf,
  makeServant,
  mapNamespace,
  NO_NAMESPACE,
  SIGCHLD,
  type Launcher,
  type LauncherStarter,
} from './start-launcher.js';

const SIGXFSZ = 25;

export interface ParentLauncher {
  readonly launcher: Launcher;
  /** Gives it a descriptor of this process. @returns its number there */
  give(descriptor: number): number;
  /** From now on it is given nothing and makes nothing. Idempotent. */
  seal(): void;
  /** Of this process, and of the launcher: the ends of the socket by which descriptors are given. */
  readonly inlet: number;
  readonly outlet: number;
}

/**
 * Descriptor n of the launcher is `descriptors[n - FIRST_OWN]`.
 * @throws TsbuildError SANDBOX_FAILED
 */
export function startParentLauncher(
  calls: OwnSystemCalls,
  starter: LauncherStarter,
  descriptors: readonly number[],
): ParentLauncher {
  const [inlet, its] = calls.socketPair();
  const outlet = FIRST_OWN + descriptors.length;
  let launcher: Launcher;
  try {
    launcher = starter.start([...descriptors, its], { isBeside: true });
  } catch (error) {
    closeSync(inlet);
    throw error;
  } finally {
    closeSync(its);
  }
  // A file that becomes too long (RLIMIT_FSIZE) shall be an error.
  launcher.calls.ignoreSignal(SIGXFSZ);
  let isSealed = false;
  return {
    launcher,
    inlet,
    outlet,
    give(descriptor) {
      calls.sendDescriptor(inlet, descriptor);
      return launcher.calls.receiveDescriptor(outlet);
    },
    seal() {
      if (isSealed) return;
      isSealed = true;
      closeSync(inlet);
      launcher.calls.close(outlet);
    },
  };
}

/**
 * The launchers are children of `parent`, which must reap them: `parent.launcher.calls.reap(pid)`. A launcher has the
 * descriptors that it was started with and no other of its parent's.
 * @param ownership of a user namespace that they enter, below that of the parent; absent: they stay in the parent's
 * @throws TsbuildError SANDBOX_FAILED
 */
export function launcherStarterBy(
  calls: OwnSystemCalls,
  parent: ParentLauncher,
  { ownership, namespace: joined }: ChildOptions = {},
): LauncherStarter {
  if (!ownership && joined === undefined)
    return { start: (descriptors) => start(calls, parent, { descriptors, flags: 0 }) };
  const namespace = joined === undefined ? makeNamespace(calls, parent, ownership!) : parent.give(joined);
  return {
    start: (descriptors, { isBeside = false } = {}) =>
      start(calls, parent, { descriptors, flags: isBeside ? 0 : CLONE_NEWPID, namespace }),
  };
}

interface ChildOptions {
  readonly ownership?: Pick<Ownership, 'map' | 'groupMap'>;
  /** Of this process: the user namespace of another container, which they enter instead. */
  readonly namespace?: number;
}

/** @returns the parent's descriptor of a user namespace */
function makeNamespace(
  calls: OwnSystemCalls,
  parent: ParentLauncher,
  ownership: Pick<Ownership, 'map' | 'groupMap'>,
): number {
  const first = start(calls, parent, { descriptors: [], flags: CLONE_NEWUSER });
  const own = mapNamespace(first, ownership, parent.launcher.calls);
  try {
    return parent.give(own);
  } finally {
    closeSync(own);
  }
}

interface StartOptions {
  /** Of this process. */
  readonly descriptors: readonly number[];
  /** Namespaces to be made, as of clone(2). */
  readonly flags: number;
  /** The parent's descriptor of the user namespace to be joined. */
  readonly namespace?: number;
}

function start(
  calls: OwnSystemCalls,
  parent: ParentLauncher,
  { descriptors, flags, namespace = NO_NAMESPACE }: StartOptions,
): Launcher {
  const [own, its] = calls.socketPair();
  try {
    const intermediate = forkFor(parent, its);
    const servant = makeServant(own, { namespace, flags: CLONE_PARENT | SIGCHLD | flags });
    parent.launcher.calls.reap(intermediate, { isAwaited: true });
    const launcher = launcherOf(servant);
    takeDescriptors(calls, { parent, launcher, descriptors });
    return launcher;
  } catch (error) {
    closeSync(own);
    throw error;
  }
}

/** @param socket is closed in all processes but the child, which hears the end of its channel then */
function forkFor(parent: ParentLauncher, socket: number): number {
  try {
    const given = parent.give(socket);
    try {
      return parent.launcher.order(makeMessage(given, SIGCHLD));
    } finally {
      parent.launcher.calls.close(given);
    }
  } finally {
    closeSync(socket);
  }
}

interface Taking {
  readonly parent: ParentLauncher;
  readonly launcher: Launcher;
  readonly descriptors: readonly number[];
}

/** The launcher begins with all that its parent has. */
function takeDescriptors(own: OwnSystemCalls, { parent, launcher: { calls }, descriptors }: Taking): void {
  const taken = descriptors.map((fd) => {
    own.sendDescriptor(parent.inlet, fd);
    return calls.receiveDescriptor(parent.outlet);
  });
  // Each is the lowest number that was free: none is below its place, or at that of a later one.
  calls.together(() => {
    taken.forEach((fd, i) => {
      if (fd !== FIRST_OWN + i) calls.dup(fd, FIRST_OWN + i);
    });
    calls.closeFrom(FIRST_OWN + taken.length);
  });
}
