// Keepers: processes that a launcher makes beside itself before it becomes the command (launch-chroot.ts). The ender
// kills the command; a guard empties a secret when the worker is gone. All that they do is in the message that makes
// them: the child of clone(2) goes on with the calls behind it.
import { invariant } from '../../core/errors.js';
import { isSystemCallError, type Binding, type SequenceCall } from './binding.js';

const CLONE_PARENT = 0x8000;
const SIGCHLD = 17;
const SIGKILL = 9;
const EPERM = 1;
const F_GETFD = 1;
const AT_FDCWD = -100;
/** O_WRONLY | O_TRUNC | O_CLOEXEC */
const EMPTY_IT = 0o2001001;
/** By then, what is killed with the command has ended. */
const PAUSE_NANOSECONDS = 50_000_000;
/**
 * Descriptors of a keeper for the pipe and its file. They are free in a launcher, which gets its standard descriptors
 * later.
 */
const [LEASH, SECRET, FIRST_OTHER] = [0, 1, 3];
const LAST_OTHER = 0xffffffff;

export interface KeeperCalls {
  /**
   * Makes a child of this one's parent that waits until nobody has the other end of the pipe `leash`, sends SIGKILL to
   * `target`, and ends. Nothing that is made meanwhile is missed: kill(2) and fork(2) exclude each other.
   * @returns its id
   * @param target as of kill(2): -1 is everything that it may signal, -n a group
   */
  forkEnder(leash: number, target: number): number;
  /**
   * Makes one that waits for the same, and then empties the file behind the descriptor, if it can be written.
   * @returns its id
   */
  forkEraser(leash: number, fd: number): number;
  /** Whether the kernel refuses this process a signal to that one. */
  isOutOfReach(pid: number): boolean;
}

/** Bound at the first use: most workers never use them. */
export function keeperCalls(binding: Binding): KeeperCalls {
  let bound: KeeperCalls | undefined;
  const get = (): KeeperCalls => (bound ??= bind(binding));
  return {
    forkEnder: (leash, target) => get().forkEnder(leash, target),
    forkEraser: (leash, fd) => get().forkEraser(leash, fd),
    isOutOfReach: (pid) => get().isOutOfReach(pid),
  };
}

function bind(binding: Binding): KeeperCalls {
  const clone = binding.raw('clone', { x64: 56, arm64: 220 }, ['ulong', 'ulong', 'ulong', 'ulong', 'ulong']);
  const read = binding.raw('read', { x64: 0, arm64: 63 }, ['int', 'void *', 'size_t']);
  const killCall = { x64: 62, arm64: 129 };
  const kill = binding.raw('kill', killCall, ['int', 'int']);
  const tryKill = binding.attempt('kill', killCall, ['int', 'int']);
  const nanosleep = binding.raw('nanosleep', { x64: 35, arm64: 101 }, ['const void *', 'void *']);
  const exitGroup = binding.raw('exit_group', { x64: 231, arm64: 94 }, ['int']);
  const closeRange = binding.raw('close_range', 436, ['uint', 'uint', 'uint']);
  const dup3 = binding.define('int dup3(int from, int to, int flags)');
  const fcntl = binding.define('int fcntl(int fd, int command, long argument)');
  const openat = binding.define('int openat(int dir, const char *path, int flags, uint mode)');

  function fork(leash: number, file: number, calls: readonly SequenceCall[]): number {
    let pid: number | undefined;
    try {
      binding.sequence(
        [
          [dup3, leash, LEASH, 0],
          [dup3, file, SECRET, 0],
          [clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0],
          // The result is 0 in the child, which is a valid descriptor. In its maker it is a process id, which is not.
          // So only the child makes the calls that follow.
          [fcntl, { resultOf: 2 }, F_GETFD, 0],
          [closeRange, FIRST_OTHER, LAST_OTHER, 0],
          [read, LEASH, new Uint8Array(8), 1],
          ...calls,
          [exitGroup, 0],
        ],
        (results) => (pid = results[2]),
      );
    } catch (error) {
      if (pid !== undefined && isSystemCallError(error, 'EBADF')) return pid;
      throw error;
    }
    invariant(false, 'a launcher has no descriptor of the number of a process');
  }

  return {
    forkEnder: (leash, target) => fork(leash, leash, [[kill, target, SIGKILL]]),
    forkEraser: (leash, fd) =>
      fork(leash, fd, [
        [nanosleep, new Uint8Array(new BigInt64Array([0n, BigInt(PAUSE_NANOSECONDS)]).buffer), null],
        [openat, AT_FDCWD, `/proc/self/fd/${SECRET}`, EMPTY_IT, 0],
      ]),
    isOutOfReach: (pid) => tryKill(pid, 0) === -EPERM,
  };
}
