// Archives of files of a container that are read and written piece by piece.
import { posix } from 'node:path';
import { fromUtf8, toUtf8, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { O_DIRECTORY, O_RDONLY } from '../../host/syscalls/open-flags.js';
import type { LayerEntry } from '../../layer/entry.js';
import { tarChunks } from '../../layer/tar/tar-chunks.js';
import { createArchiveWriter, type WrittenAttributes } from '../../rootfs/archive-writer.js';
import { liveObject, liveTree } from '../../rootfs/live-tree.js';
import { readArchiveInto } from '../../rootfs/read-archive.js';
import { attributesInContainer } from '../../rootfs/written-attributes.js';
import type { Workshop } from '../workshop.js';
import type { BegunWork, ContainerTree } from './container-files.js';
import { locate, openLocatedDirectory } from './locate.js';
import { isOfKernel } from './mount-table.js';
import { openTree } from './open-tree.js';

/** Something that goes on in pieces. */
export interface FileStream {
  pull?(): Promise<Buffer | undefined>;
  push?(data: Buffer | undefined): Promise<readonly string[]>;
  close(): void;
}

export type Asked<Kind extends BegunWork['kind']> = Extract<BegunWork, { kind: Kind }>;

/** An archive of `entries`, piece by piece; what is open for it is closed with it. */
function reading(entries: Iterable<LayerEntry>, signal: AbortSignal, close: () => void): FileStream {
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

export async function beginExport(
  workshop: Workshop,
  tree: ContainerTree,
  signal: AbortSignal,
): Promise<FileStream> {
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

export async function beginRead(
  workshop: Workshop,
  tree: ContainerTree,
  { path, isLinkFollowed, name }: Asked<'read'>,
  signal: AbortSignal,
): Promise<FileStream> {
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

export async function beginWrite(
  workshop: Workshop,
  tree: ContainerTree,
  { path, owner }: Asked<'write'>,
  signal: AbortSignal,
): Promise<FileStream> {
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

function writing({ calls }: Workshop, directory: number, { path, attributes, onClose }: Writing): FileStream {
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
