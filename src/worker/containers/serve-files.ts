// Answers what is asked about the files of containers (container-files.ts). One that is read or written in pieces stays
// open until its last piece, or until it is given up.
import { closeSync, openSync } from 'node:fs';
import { posix } from 'node:path';
import { toUtf8 } from '../../core/bytes.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../../host/syscalls/open-flags.js';
import type { LayerEntry } from '../../layer/entry.js';
import { layerEntries } from '../../layer/layer-xattrs.js';
import { liveChanges, type LiveChange } from '../../rootfs/live-changes.js';
import { liveNodeAt } from '../../rootfs/live-node.js';
import { createTemporaryTree } from '../../rootfs/temporary-tree.js';
import { putLayer } from '../../store/put-layer.js';
import { createCleanUps } from '../clean-ups.js';
import type { Workshop } from '../workshop.js';
import type { BegunWork, ContainerTree, FilesAnswer, FilesWork, PathStatus } from './container-files.js';
import { beginExport, beginRead, beginWrite, type Asked, type FileStream } from './file-streams.js';
import { locate } from './locate.js';
import { makeUpper } from './open-container.js';
import { openTree, type OpenTree } from './open-tree.js';

export interface FilesServer {
  /** `id`: of the request. */
  answer(id: number, tree: ContainerTree, work: FilesWork, signal: AbortSignal): Promise<FilesAnswer>;
}

export function createFilesServer(workshop: Workshop): FilesServer {
  const streams = new Map<number, FileStream>();

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
      refuseOnCopies(workshop, work);
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

/** What a container changed stands in its copy of the image, among what the image has. */
function refuseOnCopies({ ownership }: Workshop, { kind }: FilesWork): void {
  if (ownership.scheme !== 'plain' || !['changes', 'commit', 'export'].includes(kind)) return;
  throw new TsbuildError('SANDBOX_UNSUPPORTED', 'isolation chroot cannot tell what a container has changed', {
    hint: 'copy what you need out of it: tsbuild cp CONTAINER:PATH DIRECTORY',
  });
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
