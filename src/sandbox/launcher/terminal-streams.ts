// This side of a terminal: its master, by which everything is read and written.
import { closeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { invariant } from '../../core/errors.js';
import { fromUtf8 } from '../../core/bytes.js';
import type { ProcessInput } from './process-input.js';
import type { ProcessStreams, TakeOutput } from './process-streams.js';
import type { TerminalSize } from '../process-spec.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { END_OF_FILE, writeTerminal } from './write-terminal.js';

export interface TerminalStreams extends ProcessStreams {
  /** When the terminal is opened elsewhere: its master, of this process now. Once, before `drain`. */
  adopt(master: number): void;
}

export interface TerminalOptions {
  readonly size: TerminalSize;
  /** Opens the terminal here, in the devpts of this process, and gives its peer away. */
  readonly isOpened: boolean;
}

export function openTerminalStreams(
  calls: Pick<SystemCalls, 'terminals'>,
  { size, isOpened }: TerminalOptions,
): TerminalStreams {
  const terminals = calls.terminals();
  const opened = isOpened ? terminals.openTerminal(fromUtf8('/dev/ptmx')) : undefined;
  let master: number | undefined;
  let peer = opened?.peer;
  let stream: ReadStream | undefined;

  function adopt(fd: number): void {
    master = fd;
    terminals.resizeTerminal(fd, size);
  }

  function close(): void {
    handOver();
    // The stream closes the descriptor that it reads.
    if (stream) stream.destroy();
    else if (master !== undefined) closeSync(master);
    master = undefined;
  }

  function handOver(): void {
    if (peer !== undefined) closeSync(peer);
    peer = undefined;
  }

  async function drain(take: TakeOutput): Promise<void> {
    invariant(master !== undefined, 'a terminal that is read was opened');
    stream = new ReadStream(master);
    try {
      for await (const data of stream) await take(1, data as Buffer);
    } catch (error) {
      // What the kernel says when nobody has the peer open any more.
      if (!isSystemCallError(error, 'EIO')) throw error;
    } finally {
      master = undefined;
    }
  }

  if (opened) adopt(opened.master);
  return {
    given: peer === undefined ? [] : [peer],
    adopt,
    handOver,
    input: terminalInput(() => master),
    resize: (changed) => {
      if (master !== undefined) terminals.resizeTerminal(master, changed);
    },
    drain,
    close,
  };
}

/** @param master undefined when nobody reads any more */
function terminalInput(master: () => number | undefined): ProcessInput {
  let before = Promise.resolve(true);
  const write = (data: Uint8Array): Promise<boolean> =>
    (before = before.then(() => writeTerminal(master, data)));
  return { write, end: () => void write(END_OF_FILE), close() {} };
}
