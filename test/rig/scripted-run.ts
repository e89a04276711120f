// A process of a RUN, in the hands of the test: it speaks, changes files and ends when the test says so.
import { TsbuildError } from '../../src/core/errors.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import type { ProcessExit, ProcessIo, ProcessSpec, SandboxProcess } from '../../src/worker/sandbox.js';
import type { StoredLayer } from '../../src/store/stored-layer.js';

export interface ScriptedRun {
  /** As in the Dockerfile: of a shell form the text, of an exec form the words. */
  readonly command: string;
  /** What the process is started with. */
  readonly process: ProcessSpec;
  /** What its rootfs is made of, bottom first. */
  readonly layers: readonly StoredLayer[];
  /** Whether the build has ended it. */
  readonly isAborted: boolean;
  /** Resolves when the build has ended it. */
  readonly aborted: Promise<void>;
  says(text: string, stream?: 1 | 2): void;
  /** Files that are in its snapshot. */
  writes(entries: readonly LayerEntry[]): void;
  exits(code?: number): void;
  dies(signal: 'SIGKILL' | 'SIGSEGV', why?: { readonly isOutOfMemory: boolean }): void;
  /** The sandbox cannot do what it is asked. */
  fails(error: TsbuildError): void;
}

export interface Started {
  readonly process: ProcessSpec;
  /** What the rootfs is made of, bottom first. */
  readonly layers: readonly StoredLayer[];
  /** Gets what it changes. */
  readonly changes: LayerEntry[];
}

/** What the test holds of a process, and what the build does. */
export interface StartedScript {
  readonly run: ScriptedRun;
  readonly running: SandboxProcess;
}

export function startScript(
  { process, layers, changes }: Started,
  { onOutput, signal }: ProcessIo,
): StartedScript {
  const { promise: end, resolve, reject } = withResolvers<ProcessExit>();
  const { promise: aborted, resolve: setAborted } = withResolvers<void>();
  let isOver = false;
  let isAborted = false;

  function over(): void {
    if (isOver) throw new Error(`the process ${JSON.stringify(commandOf(process))} has ended already`);
    isOver = true;
    signal.removeEventListener('abort', abort);
  }
  function abort(): void {
    over();
    isAborted = true;
    setAborted();
    reject(new TsbuildError('ABORTED', 'the step was interrupted'));
  }

  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  // A test may let it fail before anybody waits.
  end.catch(() => undefined);
  const run: ScriptedRun = {
    command: commandOf(process),
    process,
    layers,
    get isAborted() {
      return isAborted;
    },
    aborted,
    says: (text, stream = 1) => onOutput(stream, Buffer.from(text)),
    writes: (entries) => void changes.push(...entries),
    exits(code = 0) {
      over();
      resolve({ exitCode: code, isOutOfMemory: false });
    },
    dies(by, { isOutOfMemory } = { isOutOfMemory: false }) {
      over();
      resolve({ exitCode: by === 'SIGKILL' ? 137 : 139, signal: by, isOutOfMemory });
    },
    fails(error) {
      over();
      reject(error);
    },
  };
  const running: SandboxProcess = {
    wait: () => end,
    write: async () => false,
    endInput: () => undefined,
    kill: () => undefined,
    resize: () => undefined,
  };
  return { run, running };
}

function commandOf({ argv }: ProcessSpec): string {
  const [shell, flag, text] = argv;
  return shell === '/bin/sh' && flag === '-c' && text !== undefined ? text : argv.join(' ');
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    [resolve, reject] = [onResolve, onReject];
  });
  return { promise, resolve, reject };
}
