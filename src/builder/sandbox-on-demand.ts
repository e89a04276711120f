// The sandbox of one build: opened for the first RUN that must be executed, or ahead of it when one very likely must.
import type { EventSink } from '../core/events.js';
import type { BuildSandbox } from '../worker/front/ladder.js';

export type OnNote = (message: string, when?: 'always') => void;

export interface SandboxOnDemandOptions {
  open(onNote: OnNote): Promise<BuildSandbox>;
  /** Whether this machine's user was not told before. */
  isNewNote(message: string): boolean;
  readonly emit: EventSink;
}

export interface SandboxOnDemand {
  /** @throws TsbuildError SANDBOX_*, ABORTED */
  get(): Promise<BuildSandbox>;
  /** Starts it while something else is done; it may turn out not to be needed. When it cannot start, `get` says so. */
  prepare(): void;
  /** The build is done: what it needed ends, where the kernel cleans up without being waited for. */
  release(): Promise<void>;
  /** The signal that it was opened with is to be aborted first: what still runs is waited for. */
  dispose(): Promise<void>;
}

export function createSandboxOnDemand({ open, isNewNote, emit }: SandboxOnDemandOptions): SandboxOnDemand {
  let sandbox: Promise<BuildSandbox> | undefined;
  /** Else it ends with the signal, without being waited for, and has nothing to say. */
  let isNeeded = false;
  const held: { readonly message: string; readonly when: 'always' | undefined }[] = [];

  function say(): void {
    for (const { message, when } of held.splice(0))
      if (when === 'always' || isNewNote(message)) emit({ kind: 'note', message });
  }

  function onNote(message: string, when?: 'always'): void {
    held.push({ message, when });
    if (isNeeded) say();
  }

  const start = () => (sandbox ??= open(onNote));
  return {
    get() {
      isNeeded = true;
      say();
      return start();
    },
    prepare: () => void start().catch(() => undefined),
    async release() {
      if (!isNeeded) return;
      const opened = await sandbox?.catch(() => undefined);
      // A worker that is gone, or must be waited for, is disposed of at the end. Its failure is none of the build's,
      // whose layers are stored: what was not cleaned up is deleted by the next worker.
      if (await opened?.release().catch(() => false)) sandbox = undefined;
    },
    async dispose() {
      await sandbox?.then(
        (opened) => opened.dispose(),
        () => undefined,
      );
    },
  };
}
