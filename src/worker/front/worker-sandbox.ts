// The sandbox as the builder sees it: a worker of one rung, asked over its channel.
import { dirname } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { StorePaths } from '../../store/store-paths.js';
import type { FromWorker, WorkerWords } from '../protocol.js';
import { defaultEntryPoints, type EntryPoints } from './entry-points.js';
import { errorOf } from '../../host/failure-message.js';
import type { Rung } from './rung.js';
import type { Sandbox, StepIo, StepResult } from '../sandbox.js';
import type { StepSettings } from '../../sandbox/sandbox-settings.js';
import { startWorker } from './worker-process.js';

export interface WorkerSandboxOptions {
  readonly rung: Rung;
  readonly paths: StorePaths;
  readonly entryPoints?: EntryPoints;
  readonly settings?: StepSettings;
  /** Ends the start; steps have signals of their own. */
  readonly signal: AbortSignal;
}

export interface WorkerSandbox extends Sandbox, WorkerWords {
  /**
   * Instead of `dispose`, when nothing is to come: the store is in order when it resolves, and processes end without being waited for. False
   * where they must be waited for: something still runs, or the kernel does not clean up.
   */
  release(): Promise<boolean>;
  /** Deletes paths in trees/ and mounts/ of the store, which hold files of subordinate ids that the user cannot delete. */
  removeAsRoot(paths: readonly string[]): Promise<void>;
}

interface Pending {
  readonly onOutput: StepIo['onOutput'];
  readonly resolve: (result: StepResult | undefined) => void;
  readonly reject: (error: TsbuildError) => void;
}

/** Starts the worker. @throws TsbuildError SANDBOX_UNSUPPORTED | SANDBOX_NO_UNSHARE | SANDBOX_NO_SUBUID | SANDBOX_NO_USERNS | SANDBOX_NO_KOFFI | SANDBOX_FAILED | ABORTED */
export async function openWorkerSandbox({
  rung,
  paths,
  entryPoints = defaultEntryPoints(),
  settings = {},
  signal,
}: WorkerSandboxOptions): Promise<WorkerSandbox> {
  if (process.platform !== 'linux')
    throw new TsbuildError('SANDBOX_UNSUPPORTED', `RUN needs Linux, this is ${process.platform}`, {
      hint: 'build on Linux, in a virtual machine or a container; a build without RUN steps works here',
    });
  const worker = await startWorker(rung, { entryPoints, storeRoot: dirname(paths.root), settings, signal });
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let gone: TsbuildError | undefined;

  worker.onMessage((message) => deliver(pending, message));
  worker.onExit((reason) => {
    gone = reason;
    for (const { reject } of pending.values()) reject(reason);
    pending.clear();
  });

  function ask(begin: (id: number) => void, onOutput: StepIo['onOutput']): Promise<StepResult | undefined> {
    return new Promise((resolve, reject) => {
      if (gone) return reject(gone);
      const id = ++lastId;
      pending.set(id, { onOutput, resolve, reject });
      begin(id);
    });
  }

  async function interruptible(
    { onOutput, signal: stop }: Pick<StepIo, 'onOutput' | 'signal'>,
    begin: (id: number) => void,
  ): Promise<StepResult | undefined> {
    if (stop.aborted) throw new TsbuildError('ABORTED', 'the step was interrupted');
    let abort: (() => void) | undefined;
    try {
      return await ask((id) => {
        abort = () => worker.send({ kind: 'abort', id });
        stop.addEventListener('abort', abort);
        begin(id);
      }, onOutput);
    } finally {
      if (abort) stop.removeEventListener('abort', abort);
    }
  }

  async function settle(): Promise<void> {
    await ask(
      (id) => worker.send({ kind: 'settle', id }),
      () => {},
    );
  }

  return {
    rung: rung.name,
    settle,
    note: worker.note,
    about: worker.about,
    async run(layers, step, io) {
      const result = await interruptible(io, (id) => worker.send({ kind: 'run', id, layers, step }));
      if (!result) throw new TsbuildError('INTERNAL', 'the sandbox answered a step with something else');
      return result;
    },
    async unpack(layer, below, stop) {
      const io = { onOutput: () => {}, signal: stop };
      await interruptible(io, (id) => worker.send({ kind: 'unpack', id, layer, below }));
    },
    async removeAsRoot(removed) {
      await ask(
        (id) => worker.send({ kind: 'remove', id, paths: removed }),
        () => {},
      );
    },
    async release() {
      if (!rung.isCleanedByKernel || pending.size > 0) return false;
      await settle();
      worker.release();
      return true;
    },
    dispose: () => worker.stop(),
  };
}

function deliver(pending: Map<number, Pending>, message: FromWorker): void {
  if (!('id' in message)) return;
  const request = pending.get(message.id);
  if (message.kind === 'output') return request?.onOutput(message.stream, message.data);
  pending.delete(message.id);
  if (message.kind === 'failed') request?.reject(errorOf(message.failure));
  else request?.resolve(message.kind === 'result' ? message.result : undefined);
}
