// A process of a sandbox on the streams of a caller: its output as it comes, what is typed or piped to it, the size of
// the terminal.
import { followScreen, sizeOfScreen } from './containers/follow-screen.js';
import { pumpInput } from './containers/pump-input.js';
import { inputOf, outputOf } from './standard-streams.js';
import type { BuildOptions } from './build-options.js';
import type { OpenRootfs, ProcessExit, ProcessSpec } from './worker/sandbox.js';

export interface CallerStreams {
  /** Absent: the process has an empty input. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** Those of the options, else those of this process. */
export function callerStreams(
  options: BuildOptions & { readonly stderr?: object | undefined },
): CallerStreams {
  return {
    stdin: inputOf(options) ?? process.stdin,
    stdout: outputOf(options),
    stderr: (options.stderr as NodeJS.WritableStream | undefined) ?? process.stderr,
  };
}

/** Input and output are a terminal. */
export function areTerminal({ stdin, stdout }: CallerStreams): boolean {
  return (
    (stdin as Partial<NodeJS.ReadStream> | undefined)?.isTTY === true && sizeOfScreen(stdout) !== undefined
  );
}

/** On a terminal it gets one of its own. @throws TsbuildError as OpenRootfs.start and SandboxProcess.wait */
export async function runOnStreams(
  rootfs: Pick<OpenRootfs, 'start'>,
  spec: ProcessSpec,
  streams: CallerStreams,
  signal: AbortSignal,
): Promise<ProcessExit> {
  const { stdin, stdout, stderr } = streams;
  const size = areTerminal(streams) ? sizeOfScreen(stdout) : undefined;
  const isTerminal = size !== undefined;
  const process = await rootfs.start(
    { ...spec, ...(size ? { terminal: size } : { stdin: stdin ? 'stream' : 'none' }) },
    { onOutput: (stream, data) => void (stream === 1 ? stdout : stderr).write(data), signal },
  );
  const undo: (() => void)[] = [];
  try {
    if (isTerminal) undo.push(followScreen(stdout, process.resize));
    // It ends with its process alone: there is nothing to leave it for.
    const choice = { detachKeys: '', isTerminal, leave: () => undefined };
    if (stdin)
      undo.push(
        pumpInput(
          stdin,
          {
            // A process that is gone has nobody to read it; its end says why.
            write: (data) => process.write(data).catch(() => false),
            end: process.endInput,
            close: () => undefined,
          },
          choice,
        ),
      );
    return await process.wait();
  } finally {
    for (const one of undo.reverse()) one();
  }
}
