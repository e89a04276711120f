// System calls on a listener (seccomp_unotify(2)): receive a trapped call, check it, answer it. A negative result is an
// errno.
import type { Binding } from './binding.js';
import { wakingCalls, type SeccompCalls } from './seccomp-calls.js';

/** Sizes of struct seccomp_notif, seccomp_notif_resp and seccomp_notif_addfd (linux/seccomp.h). */
export const NOTIFICATION_BYTES = 80;
export const RESPONSE_BYTES = 24;
const ADD_FD_BYTES = 24;

const IOCTL_RECEIVE = 0xc0502100;
const IOCTL_SEND = 0xc0182101;
const IOCTL_ID_VALID = 0x40082102;
const IOCTL_ADD_FD = 0x40182103;

const O_CLOEXEC = 0o2000000;
const POLL_IN = 1;
/** POLLERR | POLLHUP | POLLNVAL */
const POLL_OVER = 0x38;

export interface PollResult {
  readonly readable: readonly number[];
  /** Descriptors whose other side is gone, with nothing left to read. */
  readonly over: readonly number[];
}

export interface NotificationCalls extends Pick<SeccompCalls, 'wakeSynchronously'> {
  /** Waits without end. */
  poll(fds: readonly number[]): PollResult;
  receive(listener: number, notification: Buffer): number;
  respond(listener: number, response: Buffer): number;
  isValid(listener: number, id: bigint): boolean;
  /** Puts a copy of `fd` into the process that waits. @returns its number there */
  addFd(listener: number, id: bigint, fd: number, options: { readonly isClosedOnExec: boolean }): number;
  /** A copy of descriptor `fd` of process `pid`. */
  takeDescriptor(pid: number, fd: number): number;
}

export function notificationCalls(binding: Binding): NotificationCalls {
  const poll = binding.attempt('poll', { x64: 271, arm64: 73 }, [
    'void *',
    'ulong',
    'void *',
    'void *',
    'ulong',
  ]);
  const ioctl = binding.attempt('ioctl', { x64: 16, arm64: 29 }, ['int', 'ulong', 'void *']);
  const pidfdOpen = binding.attempt('pidfd_open', 434, ['int', 'uint']);
  const pidfdGetfd = binding.attempt('pidfd_getfd', 438, ['int', 'int', 'uint']);
  const close = binding.attempt('close', { x64: 3, arm64: 57 }, ['int']);
  const valid = Buffer.alloc(8);
  const added = Buffer.alloc(ADD_FD_BYTES);
  return {
    ...wakingCalls(binding),
    poll(fds) {
      const set = Buffer.alloc(fds.length * 8);
      fds.forEach((fd, i) => {
        set.writeInt32LE(fd, i * 8);
        set.writeInt16LE(POLL_IN, i * 8 + 4);
      });
      poll(set, fds.length, null, null, 0);
      const events = (i: number): number => set.readInt16LE(i * 8 + 6);
      return {
        readable: fds.filter((_, i) => (events(i) & POLL_IN) !== 0),
        over: fds.filter((_, i) => (events(i) & POLL_IN) === 0 && (events(i) & POLL_OVER) !== 0),
      };
    },
    receive: (listener, notification) => ioctl(listener, IOCTL_RECEIVE, notification.fill(0)),
    respond: (listener, response) => ioctl(listener, IOCTL_SEND, response),
    isValid(listener, id) {
      valid.writeBigUInt64LE(id);
      return ioctl(listener, IOCTL_ID_VALID, valid) === 0;
    },
    addFd(listener, id, fd, { isClosedOnExec }) {
      added.fill(0).writeBigUInt64LE(id);
      added.writeUInt32LE(fd, 12);
      added.writeUInt32LE(isClosedOnExec ? O_CLOEXEC : 0, 20);
      return ioctl(listener, IOCTL_ADD_FD, added);
    },
    takeDescriptor(pid, fd) {
      const process = pidfdOpen(pid, 0);
      if (process < 0) return process;
      const copy = pidfdGetfd(process, fd, 0);
      close(process);
      return copy;
    },
  };
}
