// What a worker does for the front, in the order in which it is asked.
import { join } from 'node:path';
import { invariant, TsbuildError } from '../core/errors.js';
import { removeTree } from '../rootfs/remove-tree.js';
import { failureOf } from '../host/failure-message.js';
import { loadSyscalls, type OwnSystemCalls } from '../host/syscalls/system-calls.js';
import { createWorkshop } from './create-workshop.js';
import { isInside } from '../core/is-inside.js';
import type { FilesServer } from './containers/serve-files.js';
import { findCache, restoreCache, saveCache } from './serve-caches.js';
import { openRootfs, type StartedProcess, type WorkerRootfs } from './open-rootfs.js';
import type { BeginMessage, FromWorker, Request, RequestOf, ToWorker, WorkerWords } from './protocol.js';
import { removeAbandonedTrees } from '../rootfs/temporary-tree.js';
import type { Workshop } from './workshop.js';

/** Resolves when the message has left. */
type Send = (message: FromWorker) => Promise<void>;

/** What requests are answered with and by. All of it by the numbers of requests. */
interface Server {
  readonly workshop: Workshop;
  readonly send: Send;
  /** Of requests that can be interrupted, and of processes that live. */
  readonly aborts: Map<number, AbortController>;
  readonly rootfs: Map<number, Promise<WorkerRootfs>>;
  readonly processes: Map<number, StartedProcess>;
  /** What is being closed. */
  readonly closings: Set<Promise<unknown>>;
  /** What could not be cleaned up, and nobody was told yet. */
  readonly uncleaned: unknown[];
  /** Few workers look at the files of containers. */
  files?: Promise<FilesServer>;
}

/** Gives what takes the messages of the front, in their order. */
export function serve(send: Send): (message: ToWorker) => void {
  // While the front still writes the id maps.
  const calls = loadSyscalls();
  calls.catch(() => undefined);
  let server: Server | undefined;
  return (message) => {
    if (server) return take(server, message);
    if (message.kind !== 'begin') return;
    calls
      .then((loaded) => begin(loaded, message))
      .then(
        (workshop) => {
          server = serverOf(workshop, send);
          setImmediate(() => workshop.placer.warm?.());
          return send({ kind: 'ready', words: wordsOf(workshop) });
        },
        (error: unknown) => send({ kind: 'not-ready', failure: failureOf(error) }),
      );
  };
}

function wordsOf({ note, about, isElsewhere }: Workshop): WorkerWords {
  return { note, about, ...(isElsewhere && { isElsewhere }) };
}

async function begin(calls: OwnSystemCalls, message: BeginMessage): Promise<Workshop> {
  process.umask(0);
  const workshop = await createWorkshop(calls, message);
  removeAbandonedTrees(calls, workshop.paths.trees, workshop.onAbandoned);
  return workshop;
}

function serverOf(workshop: Workshop, send: Send): Server {
  return {
    workshop,
    send,
    aborts: new Map(),
    rootfs: new Map(),
    processes: new Map(),
    closings: new Set(),
    uncleaned: [],
  };
}

function take(server: Server, message: ToWorker): void {
  const { aborts, processes } = server;
  switch (message.kind) {
    case 'begin':
      return;
    case 'abort':
      return aborts.get(message.id)?.abort();
    // A process that has ended needs no word.
    case 'end-input':
      return processes.get(message.process)?.input?.end();
    case 'signal':
      return processes.get(message.process)?.kill(message.signal);
    case 'resize':
      return processes.get(message.process)?.resize?.(message.size);
    case 'open':
      return open(server, message);
    default:
      return void handle(server, message);
  }
}

/** A rootfs is opened while the front already asks for more. */
function open({ workshop, aborts, rootfs, uncleaned }: Server, { id, layers }: RequestOf<'open'>): void {
  const abort = new AbortController();
  aborts.set(id, abort);
  const opening = openRootfs(workshop, layers, {
    signal: abort.signal,
    onUncleaned: (error) => void uncleaned.push(error),
  });
  // Whatever is asked of it gets the failure.
  opening.catch(() => undefined).finally(() => aborts.delete(id));
  rootfs.set(id, opening);
}

type Handled = Exclude<Request, { kind: 'open' }>;
type ContainerMessage = RequestOf<'open-container' | 'prepare-container' | 'start-container'>;

/** A request that fails is answered by its failure. */
async function handle(server: Server, message: Handled): Promise<void> {
  const { id } = message;
  const abort = new AbortController();
  server.aborts.set(id, abort);
  try {
    await handlerOf(server, message, abort.signal);
  } catch (error) {
    await server.send({ kind: 'failed', id, failure: failureOf(error) });
  } finally {
    server.aborts.delete(id);
  }
}

function handlerOf(server: Server, message: Handled, signal: AbortSignal): Promise<void> {
  switch (message.kind) {
    case 'start':
      return start(server, message, signal);
    case 'input':
      return input(server, message);
    case 'snapshot':
      return snapshot(server, message, signal);
    case 'close':
      return close(server, message);
    case 'unpack':
      return unpack(server, message, signal);
    case 'find-cache':
      return findCache(server, message);
    case 'restore-cache':
      return restoreCache(server, message, signal);
    case 'save-cache':
      return saveCache(server, message, signal);
    case 'emulate':
      return emulate(server, message);
    case 'settle':
      return settle(server, message);
    case 'remove':
      return remove(server, message);
    case 'open-container':
    case 'prepare-container':
    case 'start-container':
      return serveContainer(server, message, signal);
    case 'container-files':
      return serveFiles(server, message, signal);
  }
}

async function start(
  { rootfs, processes, send }: Server,
  { id, rootfs: number, process: spec }: RequestOf<'start'>,
  signal: AbortSignal,
): Promise<void> {
  const opened = await found(rootfs, number);
  const onOutput = (stream: 1 | 2, data: Buffer): Promise<void> => send({ kind: 'output', id, stream, data });
  try {
    await opened.execute(
      spec,
      { onOutput, signal },
      {
        onStarted(process) {
          processes.set(id, process);
          void send({ kind: 'started', id });
        },
        onExited: (exit) => void send({ kind: 'exited', id, exit }),
      },
    );
  } finally {
    processes.delete(id);
  }
}

async function input(
  { processes, send }: Server,
  { id, process: number, data }: RequestOf<'input'>,
): Promise<void> {
  // One that has ended reads nothing.
  const isRead = (await processes.get(number)?.input?.write(data)) ?? false;
  await send({ kind: 'taken', id, isRead });
}

async function snapshot(
  { rootfs, send }: Server,
  { id, rootfs: number, areContentsHashed }: RequestOf<'snapshot'>,
  signal: AbortSignal,
): Promise<void> {
  const opened = await found(rootfs, number);
  await opened.snapshot({ areContentsHashed, signal }, (layer) => {
    // It is closed by it.
    rootfs.delete(number);
    void send({ kind: 'stored', id, layer });
  });
}

async function close(
  { rootfs, aborts, closings, send }: Server,
  { id, rootfs: number }: RequestOf<'close'>,
): Promise<void> {
  const opening = rootfs.get(number);
  rootfs.delete(number);
  aborts.get(number)?.abort();
  const closing = opening?.then(
    (opened) => opened.close(),
    // It never was open.
    () => undefined,
  );
  if (closing) closings.add(closing);
  try {
    await closing;
  } finally {
    if (closing) closings.delete(closing);
  }
  await send({ kind: 'done', id });
}

async function unpack(
  { workshop: { trees }, send }: Server,
  { id, layer, below }: RequestOf<'unpack'>,
  signal: AbortSignal,
): Promise<void> {
  await trees.receive(layer, below, signal);
  await send({ kind: 'done', id });
}

async function emulate({ workshop, send }: Server, { id, emulator }: RequestOf<'emulate'>): Promise<void> {
  if (!workshop.emulators)
    throw new TsbuildError('SANDBOX_NO_EMULATOR', 'isolation chroot has no emulators of its own');
  workshop.emulators.register(emulator);
  await send({ kind: 'done', id });
}

/** What was closed by a snapshot was cleaned up in the turn in which that was answered. */
async function settle({ closings, uncleaned, send }: Server, { id }: RequestOf<'settle'>): Promise<void> {
  await Promise.allSettled(closings);
  const [first] = uncleaned.splice(0);
  if (first !== undefined) throw first;
  await send({ kind: 'done', id });
}

async function remove({ workshop, send }: Server, { id, paths }: RequestOf<'remove'>): Promise<void> {
  const { trees, mounts, local } = workshop.paths;
  for (const path of paths) {
    if (![trees, mounts, join(local, 'containers')].some((folder) => isInside(folder, path)))
      throw new TsbuildError(
        'INTERNAL',
        `${path} is not in the trees, cache mounts or containers of the store`,
      );
    removeTree(workshop.calls, path);
  }
  await send({ kind: 'done', id });
}

async function serveFiles(
  server: Server,
  { id, tree, work }: RequestOf<'container-files'>,
  signal: AbortSignal,
): Promise<void> {
  server.files ??= import('./containers/serve-files.js').then(({ createFilesServer }) =>
    createFilesServer(server.workshop),
  );
  const answer = await (await server.files).answer(id, tree, work, signal);
  await server.send({ kind: 'container-files', id, answer });
}

/** Few workers have one. */
async function serveContainer(
  { workshop, send }: Server,
  message: ContainerMessage,
  signal: AbortSignal,
): Promise<void> {
  invariant(workshop.container, 'a worker for a container was started as such');
  await send(await workshop.container(message, signal));
}

function found(rootfs: Server['rootfs'], number: number): Promise<WorkerRootfs> {
  const opening = rootfs.get(number);
  invariant(opening, 'a rootfs that something is asked of is open');
  return opening;
}
