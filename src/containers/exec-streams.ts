// The streams of a further command in a container, on both sides: its launcher opens them, and the one who attaches it
// takes the other ends.
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

/** Resolves when all output was taken. Before the command is executed. */
export function attachEnds(
  calls: OwnSystemCalls,
  { ends, taken, follow, undo, leave }: Attaching,
): Promise<unknown> {
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
  if (ends.isTerminal) return drainTerminal(taken.outputs[0]!, (data) => write(streams.stdout, data));
  return Promise.all(taken.outputs.map((fd, i) => drain(fd, (data) => write(outputs[i], data))));
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
