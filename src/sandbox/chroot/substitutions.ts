// Stands for mounts where nothing can be mounted: puts substitutes into a rootfs, and everything back afterwards. What
// a target holds is moved aside, on the same file system, and the substitute is moved in.
// Invariant: after `restore` the rootfs holds what it held, with the times of its directories, and what the command
// changed. It holds no substitute, wherever the command moved it. No process of the command lives while substitutes are
// put in or taken out. So a path that the kernel gives for a descriptor leads through real directories, and nobody can
// swap them.
import { closeSync, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, toBuffer, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { baseName, parentPath } from '../../core/tree-path.js';
import { modificationTime, openDirectory, openInside, type Stub } from '../../rootfs/path-in-root.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from '../../host/syscalls/open-flags.js';
import type { Timestamp } from '../../host/syscalls/object-status.js';

export interface Substitute {
  /** Absolute path in the rootfs; links are followed inside it. */
  readonly target: string;
  /** Host path of what is moved there; on the file system of the rootfs. */
  readonly source: ByteString;
  /** Whether it is to be moved back to where it was. */
  readonly isReturned?: boolean;
  /** The target itself must not be a link. */
  readonly isLinkRefused?: boolean;
  /** A target that is missing stays in the rootfs as an empty directory, as runc leaves it. */
  readonly isLasting?: boolean;
}

export interface Substitutions {
  /** @throws TsbuildError LAYER_UNSAFE when the image has no place for it */
  put(substitute: Substitute): void;
  /** Path in the rootfs of what a source became; undefined before. */
  placeOf(source: ByteString): ByteString | undefined;
  /** @returns mount points that were made for the command */
  restore(): readonly Stub[];
}

interface Replaced {
  readonly parent: number;
  readonly name: ByteString;
  readonly keptAs: ByteString;
  readonly parentBefore: Timestamp;
  /** Of the substitute, once it is in place. */
  own?: { readonly fd: number; readonly path: ByteString; readonly parentAfter: Timestamp };
  readonly returnTo: ByteString | undefined;
}

/** @param aside an empty directory on the file system of the rootfs */
export function createSubstitutions(calls: SystemCalls, rootfs: string, aside: string): Substitutions {
  const root = openDirectory(rootfs);
  const rootPath = pathOf(root);
  const shelf = openSync(aside, O_RDONLY | O_DIRECTORY);
  const replaced: Replaced[] = [];
  const places = new Map<ByteString, ByteString>();
  const stubs: Stub[] = [];
  let count = 0;

  /** What is made inside a substitute goes with it. */
  function noteStub(stub: Stub): void {
    const path = `/${stub.path.join('/')}`;
    if (![...places.values()].some((place) => path.startsWith(`${place}/`))) stubs.push(stub);
  }

  function locate(
    { target, isLinkRefused = false, isLasting = false }: Substitute,
    kind: 'dir' | 'file',
  ): ByteString {
    const fd = openInside(calls, root, target, {
      create: kind,
      isLinkRefused,
      ...(!isLasting && { onCreate: noteStub }),
    });
    if (fd === undefined) throw new TsbuildError('INTERNAL', `${target} was not made in the rootfs`);
    try {
      if (fstatSync(fd).isDirectory() !== (kind === 'dir'))
        throw new TsbuildError(
          'LAYER_UNSAFE',
          `cannot mount on ${target}: a file would have to lie on a directory, or the other way round`,
        );
      return pathOf(fd);
    } finally {
      closeSync(fd);
    }
  }

  function restoreOne({ parent, name, keptAs, parentBefore, own, returnTo }: Replaced): void {
    const now = modificationTime(parent);
    if (own) {
      const where = currentPath(own.fd);
      const to = returnTo ?? fromUtf8(join(aside, `used-${keptAs}`));
      if (where !== undefined) calls.renameat(AT_FDCWD, where, AT_FDCWD, to);
      closeSync(own.fd);
    }
    try {
      moveAway(calls, parent, name, shelf, fromUtf8(`left-${keptAs}`));
      calls.renameat(shelf, keptAs, parent, name);
      const isUnchanged = own !== undefined && isEqual(now, own.parentAfter);
      calls.utimensat(parent, '.', { mtime: isUnchanged ? parentBefore : now });
    } catch (error) {
      // The command removed the directory that held it.
      if (!isSystemCallError(error, 'ENOENT')) throw error;
    }
    closeSync(parent);
  }

  return {
    put(substitute) {
      const { source, isReturned = false } = substitute;
      const stat = lstatSync(toBuffer(source));
      const place = locate(substitute, stat.isDirectory() ? 'dir' : 'file');
      if (!place.startsWith(`${rootPath}/`))
        throw new TsbuildError('SANDBOX_UNSUPPORTED', 'isolation chroot cannot mount on / of a process');
      const parent = openSync(toBuffer(parentPath(place)), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      const keptAs = fromUtf8(String(count++));
      const parentBefore = modificationTime(parent);
      calls.renameat(parent, baseName(place), shelf, keptAs);
      const record: Replaced = {
        parent,
        name: baseName(place),
        keptAs,
        parentBefore,
        returnTo: isReturned ? source : undefined,
      };
      replaced.push(record);
      calls.renameat(AT_FDCWD, source, parent, baseName(place));
      const fd = calls.openat(parent, baseName(place), O_PATH | O_NOFOLLOW);
      record.own = { fd, path: place, parentAfter: modificationTime(parent) };
      places.set(source, place.slice(rootPath.length) as ByteString);
    },
    placeOf: (source) => places.get(source),
    restore() {
      for (const one of replaced.splice(0).toReversed()) restoreOne(one);
      for (const fd of [root, shelf]) closeSync(fd);
      return stubs;
    },
  };
}

/** Where the kernel says an open object is. */
function pathOf(fd: number): ByteString {
  return readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' }) as ByteString;
}

/** Undefined when the object was deleted. */
function currentPath(fd: number): ByteString | undefined {
  const path = pathOf(fd);
  const [there, own] = [lstatSync(toBuffer(path), { throwIfNoEntry: false }), fstatSync(fd)];
  return there?.ino === own.ino && there.dev === own.dev ? path : undefined;
}

function moveAway(calls: SystemCalls, from: number, name: ByteString, to: number, as: ByteString): void {
  try {
    calls.renameat(from, name, to, as);
  } catch (error) {
    // Nothing is there, as a rule.
    if (!isSystemCallError(error, 'ENOENT')) throw error;
  }
}

function isEqual(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}
