// A file system over layers that takes changes, in the worker: processes in it, one after the other, and the layer of
// what they changed.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { invariant } from '../core/errors.js';
import { removeStubs } from '../rootfs/remove-stubs.js';
import type { Rootfs } from '../rootfs/rootfs-driver.js';
import { createTemporaryTree } from '../rootfs/temporary-tree.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { createCleanUps } from './clean-ups.js';
import type { ProcessExit, ProcessSpec, SnapshotOptions } from './sandbox.js';
import { startInRootfs, type EndedProcess, type WorkerIo, type WorkerProcess } from './start-in-rootfs.js';
import type { Workshop } from './workshop.js';

/** Gets what was asked for before it is cleaned up, so that the front need not wait for that. */
type Deliver<Result> = (result: Result) => void;

export interface WorkerRootfs {
  /**
   * Resolves when the process has ended and was cleaned up.
   * @throws TsbuildError as OpenRootfs.start and SandboxProcess.wait
   */
  execute(spec: ProcessSpec, io: WorkerIo, listener: ProcessListener): Promise<void>;
  /** Once; it is closed afterwards. @throws TsbuildError as OpenRootfs.snapshot */
  snapshot(options: SnapshotOptions, deliver: Deliver<StoredLayer>): Promise<void>;
  /** Ends what runs. Idempotent. */
  close(): Promise<void>;
}

export type StartedProcess = Omit<WorkerProcess, 'ended'>;

export interface ProcessListener {
  onStarted(process: StartedProcess): void;
  /** After `onStarted`. */
  readonly onExited: Deliver<ProcessExit>;
}

/**
 * @param onUncleaned gets what cannot be undone, whenever that is.
 * @throws TsbuildError SANDBOX_* | LAYER_* | STORE_* | ABORTED
 */
export async function openRootfs(
  workshop: Workshop,
  layers: readonly StoredLayer[],
  { signal, onUncleaned }: { readonly signal: AbortSignal; readonly onUncleaned: (error: unknown) => void },
): Promise<WorkerRootfs> {
  const { calls, paths, trees, driver } = workshop;
  const lowers = await trees.ensure(layers, signal);
  const cleanUps = createCleanUps();
  const cleanUp = (): void => cleanUps.run().forEach(onUncleaned);
  const temporary = createTemporaryTree(calls, paths.trees);
  cleanUps.add(() => temporary.remove());
  try {
    const directory = join(temporary.path, 'rootfs');
    mkdirSync(directory, { mode: 0o700 });
    const rootfs = await driver.open(directory, lowers);
    cleanUps.add(() => rootfs.close());
    return servedRootfs(workshop, { rootfs, lowers, directory: temporary.path, cleanUp, onUncleaned });
  } catch (error) {
    cleanUp();
    throw error;
  }
}

interface OpenedRootfs {
  readonly rootfs: Rootfs;
  readonly lowers: readonly string[];
  /** Work directory. */
  readonly directory: string;
  readonly cleanUp: () => void;
  readonly onUncleaned: (error: unknown) => void;
}

function servedRootfs(
  workshop: Workshop,
  { rootfs, lowers, directory, cleanUp, onUncleaned }: OpenedRootfs,
): WorkerRootfs {
  const closing = new AbortController();
  /** What is being done: a process lives, or the layer is written. */
  let work: Promise<unknown> | undefined;
  let isOver = false;
  /** A process did not end by itself, and may have left anything. */
  let spoiled: { readonly failure: unknown } | undefined;
  let count = 0;

  /** One thing at a time. */
  async function alone(doing: () => Promise<void>): Promise<void> {
    work = doing();
    try {
      await work;
    } finally {
      work = undefined;
    }
  }

  function assertUsable(): void {
    invariant(!isOver, 'a rootfs that is used is open');
    invariant(!work, 'one thing at a time is done in a rootfs');
    if (spoiled) throw spoiled.failure;
  }

  function whenEnded(ended: EndedProcess, deliver: Deliver<ProcessExit>): void {
    if ('failure' in ended) spoiled = ended;
    else deliver(ended.exit);
    try {
      if ('stubs' in ended) removeStubs(workshop.calls, rootfs.target, ended.stubs);
    } catch (failure) {
      spoiled = { failure };
    }
    ended.cleanUp().forEach(onUncleaned);
    if ('failure' in ended) throw ended.failure;
  }

  return {
    async execute(spec, { onOutput, signal }, { onStarted, onExited }) {
      assertUsable();
      const place = { target: rootfs.target, lowers, directory: join(directory, `process-${count++}`) };
      const io = {
        onOutput,
        signal: AbortSignal.any([signal, closing.signal]),
        onUncleaned: (errors: readonly unknown[]) => errors.forEach(onUncleaned),
      };
      await alone(async () => {
        const { ended, ...process } = await startInRootfs(workshop, place, spec, io);
        onStarted(process);
        // Loaded while the command runs.
        void import('../rootfs/store-layer.js');
        whenEnded(await ended, onExited);
      });
    },
    async snapshot(options, deliver) {
      assertUsable();
      try {
        await alone(() => takeSnapshot(workshop, rootfs, options, deliver));
      } finally {
        isOver = true;
        cleanUp();
      }
    },
    async close() {
      closing.abort();
      // Its failure is told to whoever asked for it.
      await work?.catch(() => undefined);
      if (!isOver) cleanUp();
      isOver = true;
    },
  };
}

async function takeSnapshot(
  { paths, trees }: Workshop,
  rootfs: Rootfs,
  { areContentsHashed, signal }: SnapshotOptions,
  deliver: Deliver<StoredLayer>,
): Promise<void> {
  const { storeLayer } = await import('../rootfs/store-layer.js');
  const { entries, tree } = await rootfs.changes();
  const layer = await storeLayer(entries, { paths, trees, tree, areContentsHashed, signal });
  rootfs.stored?.(paths.tree(layer.diffId));
  deliver(layer);
}
