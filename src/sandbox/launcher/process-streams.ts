// This side of what becomes the standard descriptors of a command: pipes, or a terminal.
import { closeSync, fchownSync } from 'node:fs';
import { Socket } from 'node:net';
import { pipeInput, type ProcessInput } from './process-input.js';
import type { TerminalSize } from '../process-spec.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';

export type TakeOutput = (stream: 1 | 2, data: Buffer) => Promise<void>;

export interface ProcessStreams {
  /** For the process that becomes the command. */
  readonly given: readonly number[];
  /** The process has what was given, or never will. Idempotent. */
  handOver(): void;
  /** Absent for a command with an empty input. */
  readonly input?: ProcessInput | undefined;
  /** Absent without a terminal. */
  readonly resize?: ((size: TerminalSize) => void) | undefined;
  /** Hands out output as it comes. Resolves when nobody can write any more and all of it was taken. */
  drain(take: TakeOutput): Promise<void>;
  /** The command has ended, or never began. Idempotent. */
  close(): void;
}

export interface Pipes extends ProcessStreams {
  /** Of what is given. */
  readonly ends: { readonly input?: number | undefined; readonly outputs: readonly [number, number] };
}

export interface PipeOptions {
  readonly hasInput: boolean;
  /** Who hands the ends on to the user of the command, or who that is, on disk. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** A pipe for each of the outputs, and one for the input when something is to come. */
export function openPipes(
  calls: Pick<SystemCalls, 'pipe'>,
  { hasInput, owner: { uid, gid } }: PipeOptions,
): Pipes {
  const open = new Set<number>();
  const pipe = (): ReturnType<typeof calls.pipe> => {
    const ends = calls.pipe();
    for (const fd of [ends.readEnd, ends.writeEnd]) open.add(fd);
    return ends;
  };
  const closeAll = (): void => {
    for (const fd of open) closeSync(fd);
    open.clear();
  };
  try {
    const outputs = [pipe(), pipe()] as const;
    const input = hasInput ? pipe() : undefined;
    const given = [...outputs.map(({ writeEnd }) => writeEnd), ...(input ? [input.readEnd] : [])];
    for (const fd of given) fchownSync(fd, uid, gid);
    const handOver = (): void => {
      for (const fd of given) if (open.delete(fd)) closeSync(fd);
    };
    // A stream closes its descriptor itself.
    const handed = (fd: number): number => {
      open.delete(fd);
      return fd;
    };
    const own = input && pipeInput(handed(input.writeEnd));
    return {
      given,
      ends: { outputs: [outputs[0].writeEnd, outputs[1].writeEnd], input: input?.readEnd },
      handOver,
      input: own,
      drain: async (take) =>
        void (await Promise.all(
          outputs.map(({ readEnd }, i) => drain(handed(readEnd), (data) => take(i === 0 ? 1 : 2, data))),
        )),
      close() {
        own?.close();
        closeAll();
      },
    };
  } catch (error) {
    closeAll();
    throw error;
  }
}

async function drain(fd: number, take: (data: Buffer) => Promise<void>): Promise<void> {
  const output = new Socket({ fd, readable: true, writable: false });
  for await (const data of output) await take(data as Buffer);
}
