// Answers what is asked about the files of containers (container-files.ts). One that is read or written in pieces stays
// open until its last piece, or until it is given up.
import { closeSync, openSync } from 'node:fs';
import { posix } from 'node:path';
import { fromUtf8, toUtf8, type ByteString } from '../../core/bytes.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../../host/syscalls/open-flags.js';
import type { LayerEntry } from '../../layer/entry.js';
import { layerEntries } from '../../layer/layer-xattrs.js';
import { tarChunks } from '../../layer/tar/tar-chunks.js';
import { createArchiveWriter, type WrittenAttributes } from '../../rootfs/archive-writer.js';
import { liveChanges, type LiveChange } from '../../rootfs/live-changes.js';
import { liveNodeAt } from '../../rootfs/live-node.js';
import { liveObject, liveTree } from '../../rootfs/live-tree.js';
import { readArchiveInto } from '../../rootfs/read-archive.js';
import { createTemporaryTree } from '../../rootfs/temporary-tree.js';
import { attributesInContainer } from '../../rootfs/written-attributes.js';
import { putLayer } from '../../store/put-layer.js';
import { createCleanUps } from '../clean-ups.js';
import type { Workshop } from '../workshop.js';
import type { BegunWork, ContainerTree, FilesAnswer, FilesWork, PathStatus } from './container-files.js';
import { locate, openLocatedDirectory } from './locate.js';
import { isOfKernel } from './mount-table.js';
import { makeUpper } from './open-container.js';
import { openTree, type OpenTree } from './open-tree.js';

export interface FilesServer {
  /** `id`: of the request. */
  answer(id: number, tree: ContainerTree, work: FilesWork, signal: AbortSignal): Promise<FilesAnswer>;
}

/** Something that goes on in pieces. */
interface Stream {
  pull?(): Promise<Buffer | undefined>;
  push?(data: Buffer | undefined): Promise<readonly string[]>;
  close(): void;
}

export function createFilesServer(workshop: Workshop): FilesServer {
  const streams = new Map<number, Stream>();

  function drop(number: number): void {
    streams.get(number)?.close();
    streams.delete(number);
  }

  async function goOn(work: Exclude<FilesWork, BegunWork>): Promise<FilesAnswer> {
    const stream = streams.get(work.stream);
    if (work.kind === 'drop') {
      drop(work.stream);
      return { kind: 'begun' };
    }
    invariant(stream, 'what is read or written in pieces was begun');
    let isOver = true;
    try {
      if (work.kind === 'pull') {
        const data = await stream.pull?.();
        isOver = data === undefined;
        return { kind: 'piece', ...(data && { data }) };
      }
      const devices = (await stream.push?.(work.data && Buffer.from(work.data))) ?? [];
      isOver = work.data === undefined;
      return { kind: 'taken', devices };
    } finally {
      if (isOver) drop(work.stream);
    }
  }

  return {
    async answer(id, tree, work, signal) {
      switch (work.kind) {
        case 'pull':
        case 'push':
        case 'drop':
          return goOn(work);
        case 'changes':
          return { kind: 'changes', changes: await changesOf(workshop, tree, signal) };
        case 'commit':
          return { kind: 'layer', layer: await commit(workshop, tree, signal) };
        case 'status': {
          const status = await whileOpen(workshop, tree, signal, (open) => statusOf(workshop, open, work));
          return { kind: 'status', ...(status && { status }) };
        }
        case 'export':
          streams.set(id, await beginExport(workshop, tree, signal));
          return { kind: 'begun' };
        case 'read':
          streams.set(id, await beginRead(workshop, tree, work, signal));
          return { kind: 'begun' };
        case 'write':
          streams.set(id, await beginWrite(workshop, tree, work, signal));
          return { kind: 'begun' };
      }
    },
  };
}

/** Lets `work` go through what the container changed. */
async function withChanges<T>(
  { calls, paths, trees, driver, ownership }: Workshop,
  tree: ContainerTree,
  signal: AbortSignal,
  work: (changes: Iterable<LiveChange>) => T | Promise<T>,
): Promise<T> {
  const lowers = await trees.ensure(tree.layers, signal);
  const temporary = createTemporaryTree(calls, paths.trees);
  const cleanUps = createCleanUps();
  cleanUps.add(() => temporary.remove());
  try {
    const path = makeUpper(calls, tree.directory, lowers[0], ownership);
    const upper = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    cleanUps.add(() => closeSync(upper));
    const view = await driver.view(temporary.path, lowers, { isWritable: false });
    cleanUps.add(() => view.close());
    return await work(liveChanges(calls, { upper, lower: view.target, ownership }));
  } finally {
    cleanUps.run();
  }
}

function changesOf(workshop: Workshop, tree: ContainerTree, signal: AbortSignal) {
  return withChanges(workshop, tree, signal, (changes) =>
    [...changes]
      .filter(({ entry }) => entry.kind !== 'opaque')
      .map(({ kind, entry }) => ({ kind, path: `/${toUtf8(entry.path)}` })),
  );
}

function commit(workshop: Workshop, tree: ContainerTree, signal: AbortSignal) {
  return withChanges(workshop, tree, signal, (changes) =>
    putLayer(workshop.paths, layerEntries(entriesOf(changes)), { areContentsHashed: true, signal }),
  );
}

function* entriesOf(changes: Iterable<LiveChange>): Generator<LayerEntry> {
  for (const { entry } of changes) yield entry;
}

async function whileOpen<T>(
  workshop: Workshop,
  tree: ContainerTree,
  signal: AbortSignal,
  work: (open: OpenTree) => T,
): Promise<T> {
  const open = await openTree(workshop, tree, { isWritten: false, signal });
  try {
    return work(open);
  } finally {
    open.close();
  }
}

type Asked<Kind extends BegunWork['kind']> = Extract<BegunWork, { kind: Kind }>;

function statusOf(
  { calls, ownership }: Workshop,
  open: OpenTree,
  { path, isLinkFollowed }: Asked<'status'>,
): PathStatus | undefined {
  const place = locate(calls, open, path, { isLinkFollowed });
  if (!place) return undefined;
  try {
    const found = liveNodeAt({ calls, ownership }, place.parent, place.name);
    if (!found) return undefined;
    if (found.fd !== undefined) calls.close(found.fd);
    const { type, mode, size, mtime, link } = found.node;
    return {
      type: type === 'file' || type === 'dir' || type === 'symlink' ? type : 'other',
      path: posix.resolve('/', path),
      mode,
      size,
      mtime,
      ...(link !== undefined && { link: toUtf8(link) }),
    };
  } finally {
    calls.close(place.parent);
  }
}

/** An archive of `entries`, piece by piece; what is open for it is closed with it. */
function reading(entries: Iterable<LayerEntry>, signal: AbortSignal, close: () => void): Stream {
  const { chunks } = tarChunks(entries, { held: 1, whiteouts: false, areContentsHashed: false, signal });
  return {
    async pull() {
      const next = await chunks.next();
      return next.done === true ? undefined : next.value.data;
    },
    close() {
      // It stands between two pieces: what it has open is closed at once.
      void chunks.return();
      close();
    },
  };
}

async function beginExport(workshop: Workshop, tree: ContainerTree, signal: AbortSignal): Promise<Stream> {
  const { calls, ownership } = workshop;
  const open = await openTree(workshop, { ...tree, mounts: [] }, { isWritten: false, signal });
  const root = calls.openat(open.root, fromUtf8('.'), O_RDONLY | O_DIRECTORY);
  const mounted = new Set([
    ...open.mounts.map(({ path }) => path),
    ...tree.mounts.map(({ target }) => target),
  ]);
  const entries = liveTree(calls, root, {
    ownership,
    name: '' as ByteString,
    isBare: (path) => mounted.has(`/${toUtf8(path)}`),
  });
  return reading(entries, ABORTED_BY_DROP, () => {
    calls.close(root);
    open.close();
  });
}

/** The signal of the request that begins it ends with that request; later ones stop by not asking. */
const ABORTED_BY_DROP = new AbortController().signal;

async function beginRead(
  workshop: Workshop,
  tree: ContainerTree,
  { path, isLinkFollowed, name }: Asked<'read'>,
  signal: AbortSignal,
): Promise<Stream> {
  const { calls, ownership } = workshop;
  const open = await openTree(workshop, tree, { isWritten: false, signal });
  try {
    const place = locate(calls, open, path, { isLinkFollowed });
    if (!place) throw notFound(path);
    const below = posix.resolve('/', path);
    const kernel = new Set(open.mounts.filter(isOfKernel).map((mount) => mount.path));
    const entries = liveObject(calls, place.parent, place.name, {
      ownership,
      name: fromUtf8(name),
      isBare: (inside) => kernel.has(posix.join(below, toUtf8(inside))),
    });
    return reading(entries, ABORTED_BY_DROP, () => {
      calls.close(place.parent);
      open.close();
    });
  } catch (error) {
    open.close();
    throw error;
  }
}

function notFound(path: string): TsbuildError {
  return new TsbuildError('COPY_NOT_FOUND', `Could not find the file ${path} in the container`);
}

async function beginWrite(
  workshop: Workshop,
  tree: ContainerTree,
  { path, owner }: Asked<'write'>,
  signal: AbortSignal,
): Promise<Stream> {
  const { calls, ownership } = workshop;
  refuseReadonly(tree, posix.resolve('/', path));
  const open = await openTree(workshop, tree, { isWritten: true, signal });
  try {
    const place = locate(calls, open, path, { isLinkFollowed: true });
    if (!place) throw notFound(path);
    const directory = openLocatedDirectory(calls, place, path);
    calls.close(place.parent);
    return writing(workshop, directory, {
      path,
      attributes: attributesInContainer(calls, ownership, owner),
      onClose: () => open.close(),
    });
  } catch (error) {
    open.close();
    throw error;
  }
}

interface Writing {
  readonly path: string;
  readonly attributes: WrittenAttributes;
  readonly onClose: () => void;
}

function writing({ calls }: Workshop, directory: number, { path, attributes, onClose }: Writing): Stream {
  const devices: string[] = [];
  const archive = readArchiveInto(
    createArchiveWriter(calls, directory, {
      attributes,
      missing: { mode: 0o755, uid: 0, gid: 0 },
      onDevice: (path) => void devices.push(toUtf8(path)),
    }),
  );
  return {
    async push(data) {
      try {
        if (data) await archive.write(data);
        else archive.end();
      } catch (error) {
        throw isSystemCallError(error, 'EROFS') ? readonlyPlace('the place', path) : error;
      }
      return data ? [] : devices;
    },
    close() {
      archive.close();
      calls.close(directory);
      onClose();
    },
  };
}

/** The words of docker. */
function refuseReadonly({ mounts, isRootReadonly }: ContainerTree, path: string): void {
  const mount = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  if (mount ? !mount.isReadonly : !isRootReadonly) return;
  throw readonlyPlace(mount ? 'mounted volume' : 'container rootfs', path);
}

function readonlyPlace(what: string, path: string): TsbuildError {
  return new TsbuildError('COPY_CONFLICT', `${what} is marked read-only: ${path}`, {
    hint: 'run the container without --read-only, and mount without ro',
  });
}
