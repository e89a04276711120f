// What becomes the standard input, output and error of a command, in the process that becomes it: pipes, or one
// terminal (as runc's tty.go and rootfs_linux.go, setupConsole and mountConsole).
import { fromUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import type { LaunchOrder } from './launch-order.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NOCTTY, O_NONBLOCK, O_PATH, O_RDONLY } from '../host/syscalls/open-flags.js';
import { S_IFREG } from '../host/stat-layout.js';

/** mem(4): 1, 3. */
const NULL_DEVICE = 0x103n;

/** Descriptors of the launcher. */
export type Standard =
  | {
      readonly kind: 'pipes';
      /** Absent: an empty input. */
      readonly input?: number | undefined;
      readonly outputs: readonly [number, number];
    }
  /** A terminal that somebody else has opened. */
  | { readonly kind: 'terminal'; readonly peer: number }
  /** A terminal of the devpts that is mounted in the rootfs. */
  | { readonly kind: 'own-terminal'; readonly onMaster: (master: number) => void };

/**
 * What is still a descriptor of its own; to be made the standard ones by `become` when the session has been started.
 */
export interface OpenStandard {
  /** They belong to the user from now on. Before it is the user's process. */
  give(): void;
  /** After `give`. In a session of its own, whose terminal the terminal becomes. */
  become(): void;
}

/** To be called where /dev is that of the command, or, for what opens nothing there, has the device `null`. */
export function openStandard(calls: SystemCalls, order: LaunchOrder, standard: Standard): OpenStandard {
  switch (standard.kind) {
    case 'pipes': {
      const { input = openNothing(calls), outputs } = standard;
      // Opening /dev/stdout opens the pipe again, which the user must be allowed to.
      const owned = standard.input === undefined ? outputs : [input, ...outputs];
      return taking(calls, order, { owned, standard: [input, ...outputs] });
    }
    case 'terminal':
      return takingTerminal(calls, order, standard.peer);
    case 'own-terminal': {
      const { master, peer } = calls.terminals().openTerminal(fromUtf8('/dev/pts/ptmx'));
      standard.onMaster(master);
      showConsole(calls, peer);
      return takingTerminal(calls, order, peer);
    }
  }
}

/**
 * A volume or a running container may have put something else there: a FIFO would be waited for.
 * @throws TsbuildError LAYER_UNSAFE
 */
function openNothing(calls: SystemCalls): number {
  const fd = calls.openat(AT_FDCWD, fromUtf8('/dev/null'), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const { type, rdev } = calls.status(fd);
  if (type !== 'character' || rdev !== NULL_DEVICE)
    throw new TsbuildError('LAYER_UNSAFE', '/dev/null of the container is not that device');
  calls.later(() => calls.setStatusFlags(fd, 0));
  return fd;
}

/** /dev/console is the terminal. */
function showConsole(calls: SystemCalls, peer: number): void {
  const dev = calls.openat(AT_FDCWD, fromUtf8('/dev'), O_PATH | O_DIRECTORY);
  const name = fromUtf8('console');
  calls.mknodat(dev, name, S_IFREG | 0o600, 0);
  calls.attachCopyAt(peer, dev, name);
  calls.close(dev);
}

function takingTerminal(calls: SystemCalls, order: LaunchOrder, peer: number): OpenStandard {
  const { give, become } = taking(calls, order, { owned: [peer], standard: [peer, peer, peer] });
  return {
    give,
    become() {
      calls.terminals().makeControllingTerminal(peer);
      become();
    },
  };
}

interface Descriptors {
  /** That belong to the user from now on. */
  readonly owned: readonly number[];
  readonly standard: readonly number[];
}

function taking(calls: SystemCalls, order: LaunchOrder, { owned, standard }: Descriptors): OpenStandard {
  return {
    give() {
      if (!order.isSupervised) for (const fd of owned) calls.fchown(fd, order.uid, order.gid);
    },
    become: () => standard.forEach((fd, i) => calls.dup(fd, i)),
  };
}
