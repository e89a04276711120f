// The streams of a further command in a container, on both sides: its launcher opens them, and the one who attaches it
// takes the other ends.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '../core/bytes.js';
import { drain } from '../host/drain.js';
import type { OwnSystemCalls } from '../host/syscalls/system-calls.js';
import type { Launcher } from '../sandbox/launcher/start-launcher.js';
import type { TerminalSize } from '../sandbox/process-spec.js';
import type { Standard } from '../sandbox/standard-descriptors.js';
import { pumpInput } from './pump-input.js';
import type { FollowChoice } from './run-container.js';
import { pipeInput, terminalInput } from './take-input.js';

/** Of the launcher, which belong to root of the container. */
export interface Ends {
  readonly standard: Standard;
  readonly outputs: readonly number[];
  readonly input?: number | undefined;
  readonly isTerminal: boolean;
}

export function openEnds(
  launcher: Launcher,
  { isTerminal, hasInput }: { readonly isTerminal: boolean; readonly hasInput: boolean },
): Ends {
  return isTerminal ? openTerminal(launcher) : openPipes(launcher, { hasInput });
}

function openTerminal({ calls }: Launcher): Ends {
  const { master, peer } = calls.terminals().openTerminal(fromUtf8('/dev/pts/ptmx'));
  return { standard: { kind: 'terminal', peer }, outputs: [master], input: master, isTerminal: true };
}

function openPipes({ calls }: Launcher, { hasInput }: { readonly hasInput: boolean }): Ends {
  const [output, error] = [calls.pipe(), calls.pipe()];
  const input = hasInput ? calls.pipe() : undefined;
  return {
    standard: {
      kind: 'pipes',
      outputs: [output.writeEnd, error.writeEnd],
      ...(input && { input: input.readEnd }),
    },
    outputs: [output.readEnd, error.readEnd],
    ...(input && { input: input.writeEnd }),
    isTerminal: false,
  };
}

interface Attaching {
  readonly ends: Ends;
  readonly taken: TakenEnds;
  readonly follow: FollowChoice;
  readonly undo: (() => void)[];
  readonly leave: () => void;
}

/** To be called before the command is executed. */
export function attachEnds(calls: OwnSystemCalls, { ends, taken, follow, undo, leave }: Attaching): Draining {
  const { streams, size } = follow;
  const outputs = [streams.stdout, streams.stderr];
  if (taken.input !== undefined && ends.isTerminal) {
    const master = taken.input;
    const resize = (changed: TerminalSize): void => calls.terminals().resizeTerminal(master, changed);
    if (size) resize(size);
    if (streams.stdin) {
      const input = terminalInput(master, resize, streams.stdout, { isShared: true });
      undo.push(input.close, pumpInput(streams.stdin, input, { ...follow, isTerminal: true, leave }));
    }
  } else if (taken.input !== undefined) {
    const input = pipeInput(taken.input);
    undo.push(input.close);
    if (streams.stdin) undo.push(pumpInput(streams.stdin, input, { ...follow, isTerminal: false, leave }));
    else input.end();
  }
  return draining((take) =>
    ends.isTerminal
      ? drainTerminal(taken.outputs[0]!, take(streams.stdout))
      : Promise.all(taken.outputs.map((fd, i) => drain(fd, take(outputs[i])))),
  );
}

export interface Draining {
  /**
   * Resolves when all output was taken, or when nothing came for so long, in milliseconds, while it could be taken: a
   * reader that is slow is waited for.
   */
  untilQuiet(ms: number): Promise<void>;
}

type Take = (data: Buffer) => Promise<void>;

function draining(
  begin: (take: (stream: NodeJS.WritableStream | undefined) => Take) => Promise<unknown>,
): Draining {
  /** Pieces that were read. */
  let count = 0;
  let waiting = 0;
  const done = begin((stream) => async (data) => {
    count++;
    waiting++;
    try {
      await write(stream, data);
    } finally {
      waiting--;
    }
  });
  return {
    async untilQuiet(ms) {
      for (;;) {
        const before = count;
        const isDone = await Promise.race([done.then(() => true), quiet(ms)]);
        if (isDone || (count === before && waiting === 0)) return;
      }
    },
  };
}

/** What came while this process was held up by its own output is read before the time counts as over. */
async function quiet(ms: number): Promise<false> {
  await sleep(ms);
  await nextTurn();
  await nextTurn();
  return false;
}

/** Of this process. */
export interface TakenEnds {
  readonly outputs: readonly number[];
  readonly input?: number | undefined;
}

async function drainTerminal(master: number, take: (data: Buffer) => Promise<void>): Promise<void> {
  const { ReadStream } = await import('node:tty');
  const stream = new ReadStream(master);
  try {
    for await (const data of stream) await take(data as Buffer);
  } catch (error) {
    // What the kernel says when nobody has the peer open any more.
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
  }
}

async function write(stream: NodeJS.WritableStream | undefined, data: Buffer): Promise<void> {
  if (stream && !stream.write(data)) await new Promise((resolve) => stream.once('drain', resolve));
}
