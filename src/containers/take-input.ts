// The input of a running container, or the master of its terminal, as a descriptor of this process, taken from the
// monitor (pidfd_getfd(2)).
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { invariant } from '../core/errors.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import type { TerminalCalls } from '../host/syscalls/terminal-calls.js';
import { END_OF_FILE, writeTerminal } from '../sandbox/launcher/write-terminal.js';
import type { TerminalSize } from '../sandbox/process-spec.js';
import type { StartedContainer } from '../worker/containers/container-process.js';
import { followScreen } from './follow-screen.js';
import type { ContainerConfig } from './container-record.js';
import type { ContainerInput, RelayStreams } from './container-input.js';

/** Undefined when the container has ended already. @throws TsbuildError SANDBOX_NO_KOFFI */
export async function takeInput(
  { monitor, inputDescriptor }: Pick<StartedContainer, 'monitor' | 'inputDescriptor'>,
  { isTerminal }: Pick<ContainerConfig, 'isTerminal'>,
  { stdout }: RelayStreams,
): Promise<ContainerInput | undefined> {
  invariant(inputDescriptor !== undefined, 'a container whose input is taken has one');
  const terminals = (await loadSyscalls()).terminals();
  const fd = takeFrom(terminals, monitor.pid, inputDescriptor);
  if (fd === undefined) return undefined;
  if (!isTerminal) return pipeInput(fd);
  const resize = (size: TerminalSize): void => terminals.resizeTerminal(fd, size);
  return terminalInput(fd, resize, stdout);
}

function takeFrom(terminals: TerminalCalls, pid: number, descriptor: number): number | undefined {
  try {
    return terminals.takeDescriptor(pid, descriptor);
  } catch (error) {
    // It is gone, or has closed the descriptor and becomes the finisher.
    if (isSystemCallError(error, 'ESRCH', 'EBADF')) return undefined;
    throw error;
  }
}

export function pipeInput(fd: number): ContainerInput {
  const socket = new Socket({ fd, readable: false, writable: true });
  let isRead = true;
  // EPIPE: the container has closed its input, or has ended.
  socket.on('error', () => (isRead = false));
  return {
    write: (data) => new Promise((resolve) => socket.write(data, () => resolve(isRead))),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
  };
}

/** @param isShared somebody else closes the descriptor */
export function terminalInput(
  fd: number,
  resize: (size: TerminalSize) => void,
  shown: NodeJS.WritableStream | undefined,
  { isShared = false } = {},
): ContainerInput {
  const unfollow = followScreen(shown, resize);
  let isOpen = true;
  const write = (data: Uint8Array): Promise<boolean> => writeTerminal(() => (isOpen ? fd : undefined), data);
  return {
    write,
    end: () => void write(END_OF_FILE),
    close() {
      if (isOpen && !isShared) closeSync(fd);
      isOpen = false;
      unfollow();
    },
  };
}
