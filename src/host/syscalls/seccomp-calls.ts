// Installing seccomp filters on the calling thread (seccomp(2)), and giving the descriptor of their notifications to
// another process.
import { isSystemCallError, type Binding } from './binding.js';

const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_GET_ACTION_AVAIL = 2;
const RET_USER_NOTIF = 0x7fc00000;
const FILTER_FLAG_NEW_LISTENER = 1 << 3;
const FILTER_FLAG_WAIT_KILLABLE = 1 << 5;
const IOCTL_SET_FLAGS = 0x40082104;
const SYNC_WAKE_UP = 1;

const F_DUPFD_CLOEXEC = 1030;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** struct cmsghdr with one descriptor behind it. */
const CONTROL_BYTES = 24;
const CONTROL_LENGTH = 20;

export interface SeccompCalls {
  /**
   * Installs a filter for this thread; `program` is an array of struct sock_filter. Needs CAP_SYS_ADMIN or
   * no_new_privs.
   */
  installSeccompFilter(program: Uint8Array): void;
  /**
   * The same for a filter with traps; its descriptor of notifications (Linux 5.0). Needs what `installSeccompFilter`
   * needs.
   */
  installTrappingFilter(program: Uint8Array): number;
  /** Whether the kernel knows filters with traps. */
  hasTraps(): boolean;
  /** Whether only the end of its process breaks off a trapped call that was received (Linux 5.19). */
  hasUninterruptedTraps(): boolean;
  /** A process that gets its answer runs next, on the same processor (Linux 6.6). Older kernels ignore this. */
  wakeSynchronously(listener: number): void;
  /** Over a socket that keeps packets apart. */
  sendDescriptor(socket: number, fd: number): void;
  /** For a process with one thread. @returns the number that the descriptor has here; it is close-on-exec */
  receiveDescriptor(socket: number): number;
}

export function seccompCalls(binding: Binding): SeccompCalls {
  return { ...filterCalls(binding), ...descriptorPassing(binding) };
}

function filterCalls(binding: Binding): Omit<SeccompCalls, 'sendDescriptor' | 'receiveDescriptor'> {
  const seccomp = binding.raw('seccomp', { x64: 317, arm64: 277 }, ['uint', 'uint', 'const void *']);
  return {
    ...wakingCalls(binding),
    installSeccompFilter: (program) =>
      void seccomp(SECCOMP_SET_MODE_FILTER, 0, filterHeader(binding, program)),
    hasTraps: () => {
      try {
        seccomp(SECCOMP_GET_ACTION_AVAIL, 0, new Uint8Array(Uint32Array.of(RET_USER_NOTIF).buffer));
        return true;
      } catch (error) {
        if (isSystemCallError(error, 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL', 'ENOSYS', 'EPERM')) return false;
        throw error;
      }
    },
    hasUninterruptedTraps: () => {
      try {
        // Flags are judged before the program is read, which is not there.
        seccomp(SECCOMP_SET_MODE_FILTER, FILTER_FLAG_NEW_LISTENER | FILTER_FLAG_WAIT_KILLABLE, null);
        return false;
      } catch (error) {
        if (isSystemCallError(error, 'EFAULT')) return true;
        if (isSystemCallError(error, 'EINVAL', 'ENOSYS', 'EPERM', 'EACCES')) return false;
        throw error;
      }
    },
    installTrappingFilter: (program) => {
      const header = filterHeader(binding, program);
      try {
        const flags = FILTER_FLAG_NEW_LISTENER | FILTER_FLAG_WAIT_KILLABLE;
        return seccomp(SECCOMP_SET_MODE_FILTER, flags, header);
      } catch (error) {
        // Before Linux 5.19 a signal may make a process ask twice.
        if (!isSystemCallError(error, 'EINVAL')) throw error;
        return seccomp(SECCOMP_SET_MODE_FILTER, FILTER_FLAG_NEW_LISTENER, header);
      }
    },
  };
}

export function wakingCalls(binding: Binding): Pick<SeccompCalls, 'wakeSynchronously'> {
  const ioctl = binding.attempt('ioctl', { x64: 16, arm64: 29 }, ['int', 'ulong', 'ulong']);
  return { wakeSynchronously: (listener) => void ioctl(listener, IOCTL_SET_FLAGS, SYNC_WAKE_UP) };
}

function descriptorPassing(binding: Binding): Pick<SeccompCalls, 'sendDescriptor' | 'receiveDescriptor'> {
  const sendmsg = binding.raw('sendmsg', { x64: 46, arm64: 211 }, ['int', 'const void *', 'int']);
  const recvmsg = binding.raw('recvmsg', { x64: 47, arm64: 212 }, ['int', 'const void *', 'int']);
  const fcntl = binding.define('int fcntl(int fd, int command, long argument)');
  const close = binding.define('int close(int fd)');
  return {
    sendDescriptor(socket, fd) {
      const control = Buffer.alloc(CONTROL_BYTES);
      control.writeBigUInt64LE(BigInt(CONTROL_LENGTH), 0);
      control.writeInt32LE(SOL_SOCKET, 8);
      control.writeInt32LE(SCM_RIGHTS, 12);
      control.writeInt32LE(fd, 16);
      sendmsg(socket, messageHeader(binding, control), 0);
    },
    receiveDescriptor(socket) {
      const header = messageHeader(binding, Buffer.alloc(CONTROL_BYTES));
      // The lowest number that is free is given next too, so that what the kernel writes behind the header need not be
      // looked at.
      const [next = -1] = binding.sequence([
        [fcntl, socket, F_DUPFD_CLOEXEC, 0],
        [close, { resultOf: 0 }],
        [recvmsg, socket, header, MSG_CMSG_CLOEXEC],
      ]);
      return next;
    },
  };
}

/** struct msghdr without bytes of its own, and with room for a descriptor. */
function messageHeader(binding: Binding, control: Buffer): Buffer {
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(binding.address(control), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  return header;
}

/** struct sock_fprog. */
function filterHeader(binding: Binding, program: Uint8Array): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt16LE(program.length / 8, 0);
  header.writeBigUInt64LE(binding.address(program), 8);
  return header;
}
