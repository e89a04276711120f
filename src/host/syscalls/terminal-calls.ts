// Pseudo-terminals (pty(7), ioctl_tty(2)): one is opened by its master; what a process has is the peer.
import type { Binding, Name } from './binding.js';
import { AT_FDCWD, type FileCalls } from './file-calls.js';
import { O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDWR } from './open-flags.js';

/** Of asm-generic/ioctls.h, the same on x86-64 and arm64. */
const TIOCSCTTY = 0x540e;
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
/** Linux 4.13. */
const TIOCGPTPEER = 0x5441;

export interface TerminalCalls {
  /**
   * A new terminal of the devpts that the multiplexer (`/dev/ptmx`) belongs to. Both close-on-exec; the master does not
   * block.
   */
  openTerminal(multiplexer: Name): { readonly master: number; readonly peer: number };
  /** Of its name in the devpts. */
  numberOfTerminal(master: number): number;
  resizeTerminal(master: number, size: { readonly columns: number; readonly rows: number }): void;
  /** Of the session that this process leads, which has none yet. */
  makeControllingTerminal(peer: number): void;
  /** A copy of a descriptor of another process (pidfd_getfd(2)), close-on-exec. Needs the right to trace it. */
  takeDescriptor(pid: number, fd: number): number;
}

export function terminalCalls(
  binding: Pick<Binding, 'define' | 'raw'>,
  { openat, close }: Pick<FileCalls, 'openat' | 'close'>,
): TerminalCalls {
  const ioctl = binding.define('int ioctl(int fd, ulong request, void *argument)');
  const ask = binding.define('int ioctl(int fd, ulong request, ulong argument)');
  const pidfdOpen = binding.raw('pidfd_open', 434, ['int', 'uint']);
  const pidfdGetfd = binding.raw('pidfd_getfd', 438, ['int', 'int', 'uint']);
  return {
    openTerminal(multiplexer) {
      const master = openat(AT_FDCWD, multiplexer, O_RDWR | O_NOCTTY | O_NONBLOCK);
      ioctl(master, TIOCSPTLCK, Buffer.alloc(4));
      return { master, peer: ask(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC) };
    },
    numberOfTerminal(master) {
      const number = Buffer.alloc(4);
      ioctl(master, TIOCGPTN, number);
      return number.readUInt32LE(0);
    },
    resizeTerminal(master, { columns, rows }) {
      // struct winsize, with its size in pixels unknown.
      const size = Buffer.alloc(8);
      size.writeUInt16LE(rows, 0);
      size.writeUInt16LE(columns, 2);
      ioctl(master, TIOCSWINSZ, size);
    },
    makeControllingTerminal: (peer) => void ask(peer, TIOCSCTTY, 0),
    takeDescriptor(pid, fd) {
      const process = pidfdOpen(pid, 0);
      try {
        return pidfdGetfd(process, fd, 0);
      } finally {
        close(process);
      }
    },
  };
}
