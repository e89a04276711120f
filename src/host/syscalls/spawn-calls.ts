// Starting a small program without Node's own machinery: posix_spawn(3) shares this process's memory until the program
// runs, where fork(2) would copy its page tables, and Node would set up pipes and listeners that nobody needs.
import { TsbuildError } from '../../core/errors.js';
import { writeAll } from '../write-all.js';
import { isSystemCallError, systemCallError, type Binding, type SystemCallError } from './binding.js';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_EXEC = 0x10;
const F_DUPFD_CLOEXEC = 1030;
const F_ADD_SEALS = 1033;
/** Of F_SEAL_*: no further seals, neither shorter nor longer, no writing. */
const ALL_SEALS = 0b1111;
/** More than posix_spawn_file_actions_t has in glibc and musl. */
const FILE_ACTIONS_BYTES = 256;

export interface SpawnCalls {
  /**
   * A file in memory that can be executed by its path in /proc; close-on-exec. Nobody can change it: a command may find
   * it in /proc/PID/exe (CVE-2019-5736). Throws EACCES where vm.memfd_noexec forbids to execute it.
   */
  memoryFile(name: string, content: Uint8Array): number;
  /** Two ends of a socket that keeps packets apart, both close-on-exec. */
  socketPair(): readonly [number, number];
  /**
   * Starts a program with no environment, whose descriptor n is `descriptors[n]` of this process.
   * @returns its process id; it must be reaped
   */
  spawn(path: string, descriptors: readonly number[]): number;
}

function startError(cause: SystemCallError): TsbuildError {
  const message = `cannot start the launcher of a process: ${cause.message}`;
  return new TsbuildError('SANDBOX_FAILED', message, { cause });
}

export function spawnCalls(binding: Binding): SpawnCalls {
  const memfdCreate = binding.raw('memfd_create', { x64: 319, arm64: 279 }, ['const char *', 'uint']);
  const socketpair = binding.define('int socketpair(int domain, int type, int protocol, void *ends)');
  const fcntl = binding.define('int fcntl(int fd, int command, long argument)');
  const close = binding.define('int close(int fd)');
  const initialize = binding.define('int posix_spawn_file_actions_init(void *actions)');
  const addDup = binding.define('int posix_spawn_file_actions_adddup2(void *actions, int fd, int newfd)');
  const destroy = binding.define('int posix_spawn_file_actions_destroy(void *actions)');
  const posixSpawn = binding.define(
    'int posix_spawn(void *pid, const char *path, void *actions, void *attributes, void *argv, void *env)',
  );
  const createMemoryFile = (name: string): number => {
    const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    try {
      return memfdCreate(name, flags | MFD_EXEC);
    } catch (error) {
      // Before Linux 6.3 every one can be executed.
      if (!isSystemCallError(error, 'EINVAL')) throw error;
      return memfdCreate(name, flags);
    }
  };
  return {
    memoryFile(name, content) {
      const fd = createMemoryFile(name);
      writeAll(fd, content);
      fcntl(fd, F_ADD_SEALS, ALL_SEALS);
      return fd;
    },
    socketPair: () => {
      const ends = new Int32Array(2);
      socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, new Uint8Array(ends.buffer));
      return [ends[0]!, ends[1]!];
    },
    spawn(path, descriptors) {
      const actions = Buffer.alloc(FILE_ACTIONS_BYTES);
      const pid = Buffer.alloc(4);
      const name = Buffer.from('launcher\0');
      // Above all of the program's own, so that none is overwritten before it is used.
      const copies = descriptors.map((fd) => fcntl(fd, F_DUPFD_CLOEXEC, descriptors.length));
      initialize(actions);
      try {
        copies.forEach((fd, i) => addDup(actions, fd, i));
        const argv = new BigUint64Array([binding.address(name), 0n]);
        const errno = posixSpawn(pid, path, actions, null, argv, new BigUint64Array(1));
        if (errno !== 0) throw startError(systemCallError('posix_spawn', errno));
        return pid.readInt32LE();
      } finally {
        destroy(actions);
        for (const fd of copies) close(fd);
      }
    },
  };
}
