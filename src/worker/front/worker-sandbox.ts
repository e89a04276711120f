// The sandbox as its users see it: a worker of one rung, asked over its channel.
import { dirname } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { StorePaths } from '../../store/store-paths.js';
import type { Emulator } from '../../sandbox/emulation/register-line.js';
import type { WorkerWords } from '../protocol.js';
import { defaultEntryPoints, type EntryPoints } from './entry-points.js';
import type { Rung } from './rung.js';
import type { Sandbox } from '../sandbox.js';
import type { SandboxSettings } from '../../sandbox/sandbox-settings.js';
import { createRequests } from './requests.js';
import { cachesInWorker } from './caches-in-worker.js';
import { filesInWorker, type ContainerFiles } from './files-in-worker.js';
import { askForRootfs } from './rootfs-in-worker.js';
import { startWorker } from './worker-process.js';
import { untilAborted, type WorkerChannel } from './worker-channel.js';

export interface WorkerSandboxOptions {
  readonly rung: Rung;
  readonly paths: StorePaths;
  readonly entryPoints?: EntryPoints;
  readonly settings?: SandboxSettings;
  /** Ends the start; what is asked later has signals of its own. */
  readonly signal: AbortSignal;
  /** What is to be told of a failure beside what the worker says. */
  readonly explain?: (error: unknown) => unknown;
}

export interface WorkerSandbox extends Sandbox, WorkerWords {
  /**
   * Instead of `dispose`, when nothing is to come: the store is in order when it resolves, and processes end without
   * being waited for. False where they must be waited for: something still runs, or the kernel does not clean up.
   */
  release(): Promise<boolean>;
  /**
   * Deletes paths in trees/ and mounts/ of the store, which hold files of subordinate ids that the user cannot delete.
   */
  removeAsRoot(paths: readonly string[]): Promise<void>;
  /** Of containers whose ids are those of builds, and that do not run. */
  readonly files: ContainerFiles;
  /**
   * From now on commands execute programs of the emulator's architecture by it; the host's registrations do not hold
   * for them any more. Once for each architecture.
   * @throws TsbuildError SANDBOX_NO_EMULATOR
   */
  emulate(emulator: Emulator): Promise<void>;
}

/**
 * Starts the worker.
 * @throws TsbuildError SANDBOX_UNSUPPORTED | SANDBOX_NO_UNSHARE | SANDBOX_NO_SUBUID | SANDBOX_NO_USERNS |
 * SANDBOX_NO_KOFFI | SANDBOX_FAILED | ABORTED
 */
export async function openWorkerSandbox({
  rung,
  paths,
  entryPoints = defaultEntryPoints(),
  settings = {},
  signal,
  explain = (error) => error,
}: WorkerSandboxOptions): Promise<WorkerSandbox> {
  if (process.platform !== 'linux')
    throw new TsbuildError('SANDBOX_UNSUPPORTED', `a sandbox needs Linux, this is ${process.platform}`, {
      hint: 'build on Linux, in a virtual machine or a container; a build that executes nothing works here',
    });
  const { root, lease } = paths;
  const worker = await startWorker(rung, { entryPoints, storeRoot: dirname(root), lease, settings, signal });
  const requests = createRequests();
  worker.onMessage(requests.take);
  worker.onExit(requests.end);
  const channel: WorkerChannel = { send: worker.send, requests, explain };

  async function settle(): Promise<void> {
    const id = requests.next();
    await requests.ask(id, () => worker.send({ kind: 'settle', id }));
  }

  return {
    rung: rung.name,
    note: worker.note,
    about: worker.about,
    openRootfs: async (layers, stop) => askForRootfs(channel, layers, stop),
    async unpack(layer, below, stop) {
      const id = requests.next();
      await untilAborted(channel, id, stop, () =>
        requests.ask(id, () => worker.send({ kind: 'unpack', id, layer, below })),
      );
    },
    caches: cachesInWorker(channel),
    files: filesInWorker(channel),
    settle,
    async removeAsRoot(removed) {
      const id = requests.next();
      await requests.ask(id, () => worker.send({ kind: 'remove', id, paths: removed }));
    },
    async emulate(emulator) {
      const id = requests.next();
      await requests.ask(id, () => worker.send({ kind: 'emulate', id, emulator }));
    },
    async release() {
      if (!rung.isCleanedByKernel || requests.isBusy()) return false;
      await settle();
      worker.release();
      return true;
    },
    dispose: () => worker.stop(),
  };
}
