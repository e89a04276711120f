// A worker for one container, asked over its channel. It is not needed any more when the container runs.
import { dirname } from 'node:path';
import { knownProcess } from '../../host/known-process.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { StorePaths } from '../../store/store-paths.js';
import type {
  ContainerGround,
  ContainerProcess,
  OpenContainer,
  OpenedContainer,
  StartedContainer,
} from '../containers/container-process.js';
import type { Answer, Request } from '../protocol.js';
import { containerRung, type ContainerNamespace } from './container-rung.js';
import type { RungName } from './rung.js';
import { defaultEntryPoints } from './entry-points.js';
import { filesInWorker, type ContainerFiles } from './files-in-worker.js';
import { createRequests } from './requests.js';
import { startWorker } from './worker-process.js';
import { untilAborted } from './worker-channel.js';

export interface ContainerWorker {
  /** @throws TsbuildError SANDBOX_* | LAYER_* | STORE_* | CONTAINER_MOUNT | ABORTED */
  open(container: OpenContainer): Promise<OpenedContainer>;
  /**
   * Everything but the command, whose output clients get from here on.
   * @throws TsbuildError CONTAINER_* | SANDBOX_* | LAYER_UNSAFE | ABORTED
   */
  prepare(process: ContainerProcess): Promise<void>;
  /** @param now milliseconds since the epoch. @throws TsbuildError CONTAINER_NOT_STARTED | SANDBOX_* | ABORTED */
  start(now: number): Promise<StartedContainer>;
  /** Of any container with the same ids, one that runs too. */
  readonly files: ContainerFiles;
  /** What has not been started ends. Idempotent. */
  close(): Promise<void>;
  /** Lets it end by itself. */
  release(): void;
}

export interface ContainerWorkerOptions {
  readonly rung: RungName;
  readonly namespace: () => ContainerNamespace;
  readonly ground: ContainerGround;
  readonly paths: StorePaths;
  readonly signal: AbortSignal;
}

/** Two that begin at once may find no anchor; the slower one joins the other's. */
const TRIES = 5;

/** @throws TsbuildError SANDBOX_* | ABORTED */
export async function openContainerWorker(options: ContainerWorkerOptions): Promise<ContainerWorker> {
  for (let tries = 0; tries < TRIES; tries++) {
    const worker = await startOnce(options);
    if (worker) return worker;
  }
  throw new TsbuildError('SANDBOX_FAILED', 'the user namespace of containers is made anew again and again', {
    hint: 'try again; else end all containers first',
  });
}

async function startOnce(options: ContainerWorkerOptions): Promise<ContainerWorker | undefined> {
  const { rung, namespace, ground, paths, signal } = options;
  const place = namespace();
  let worker: Awaited<ReturnType<typeof startWorker>>;
  try {
    worker = await startWorker(containerRung(rung, place), {
      entryPoints: defaultEntryPoints(),
      storeRoot: dirname(paths.root),
      lease: paths.lease,
      settings: {},
      signal,
      container: ground,
    });
  } catch (error) {
    // The last container ended, and its namespace with it, before the worker had joined.
    if (typeof place === 'object' && !knownProcess(place.pid)) return undefined;
    throw error;
  }
  if (worker.isElsewhere) {
    await worker.stop();
    return undefined;
  }
  const requests = createRequests();
  worker.onMessage(requests.take);
  worker.onExit(requests.end);
  const channel = { send: worker.send, requests, explain: (error: unknown) => error };
  const ask = (message: (id: number) => Request): Promise<Answer> => {
    const id = requests.next();
    return untilAborted(channel, id, signal, () => requests.ask(id, () => worker.send(message(id))));
  };
  return {
    async open(container) {
      const answer = await ask((id) => ({ kind: 'open-container', id, container }));
      invariant(answer.kind === 'container-opened', 'a container that was opened is answered so');
      return answer.opened;
    },
    async prepare(process) {
      await ask((id) => ({ kind: 'prepare-container', id, process }));
    },
    async start(now) {
      const answer = await ask((id) => ({ kind: 'start-container', id, now }));
      invariant(answer.kind === 'container-started', 'a container that was started is answered so');
      return answer.started;
    },
    files: filesInWorker(channel),
    close: () => worker.stop(),
    release: () => worker.release(),
  };
}
