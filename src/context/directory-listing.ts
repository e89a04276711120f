// The raw look at a host directory below one root: lists and lstats on demand, remembers, follows no symbolic link, in
// no component of a path. It knows nothing of ignore rules. Invariant: one object is looked at once; when the disk no
// longer agrees, CONTEXT_CHANGED.
import { constants, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../core/errno.js';
import { compareBytes, fromBuffer, type ByteString } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import { createFileCalls, type FileStatus } from '../host/bulk-file-calls.js';
import { openDirectoriesBelow, type HostRoot, type OpenDirectory } from '../host/open-directories.js';
import { baseName, parentPath } from '../core/tree-path.js';
import { isSameObject, stampOf, type FileStamp } from './file-stamp.js';
import type { ReadCapability } from './file-capability.js';
import { contextChanged, contextFailure, hostPath, isGone } from './host-path.js';
import { isRegular, nodeOfStat, type NodeDetails } from './node-of-stat.js';
import type { StatCache } from './stat-cache.js';

export interface ListedName {
  readonly name: ByteString;
  readonly isDirectory: boolean;
}

export interface ListedObject {
  readonly node: TreeNode;
  readonly stamp: FileStamp;
  /** In hex, when it was found out later than the node. */
  sha256: string | undefined;
}

/** All paths are relative to the root and clean; '' is the root. */
export interface DirectoryListing {
  /** lstat of one object; undefined when nothing of that name is there. The parent must be a directory. */
  look(path: ByteString): ListedObject | undefined;
  /** Names in a directory, sorted bytewise. @throws TsbuildError CONTEXT_CHANGED, CONTEXT_UNREADABLE */
  names(path: ByteString): readonly ByteString[];
  /** The same, with what of them is a directory. */
  list(path: ByteString): readonly ListedName[];
  absolute(path: ByteString): ByteString;
}

export interface DirectoryListingOptions {
  readonly root: HostRoot;
  readonly readCapability: ReadCapability;
  readonly statCache: Pick<StatCache, 'isSettled' | 'known'>;
}

const WITH_NANOSECONDS = { bigint: true } as const;

export function createDirectoryListing({
  root,
  readCapability,
  statCache,
}: DirectoryListingOptions): DirectoryListing {
  const calls = createFileCalls();
  const directories = openDirectoriesBelow(root);
  /** null: nothing is there. */
  const objects = new Map<ByteString, ListedObject | null>();
  const lists = new Map<ByteString, readonly ListedName[]>();
  const nameLists = new Map<ByteString, readonly ByteString[]>();
  const prefix = root.path === '/' ? '/' : `${root.path}/`;
  const absolute = (path: ByteString): ByteString =>
    path === '' ? root.path : (`${prefix}${path}` as ByteString);

  const wasListed = (path: ByteString): boolean => {
    const directory = parentPath(path);
    const name = baseName(path);
    return (
      nameLists.get(directory)?.includes(name) === true ||
      lists.get(directory)?.some((sibling) => sibling.name === name) === true
    );
  };

  const detailsOf = (path: ByteString, mode: number, stamp: FileStamp): NodeDetails => ({
    mode,
    root,
    path: absolute(path),
    isSettled: statCache.isSettled(stamp),
    sha256: isRegular(mode) ? statCache.known(stamp) : undefined,
  });

  const lookAt = (path: ByteString): ListedObject | null => {
    try {
      const directory = directories.at(parentPath(path));
      const name = baseName(path);
      const stat = calls.status(directory, name);
      const stamp = stampOf(stat);
      // Few objects need it.
      const at = () => `${directory.place}${name}` as ByteString;
      const node = nodeOf(stat, { at, details: detailsOf(path, stat.mode, stamp), readCapability });
      return { node, stamp, sha256: undefined };
    } catch (error) {
      const isAbsent = isGone(error) || isImpossibleName(error);
      if (isAbsent && !wasListed(path)) return null;
      throw contextFailure(error, path);
    }
  };

  /** Undefined when something else is there now: by its path, a link that has come into its place was followed. */
  const statusOfDirectory = (path: ByteString, { fd }: OpenDirectory): FileStamp | undefined => {
    if (fd !== undefined) return calls.statusOfOpen(fd);
    const now = lstatSync(hostPath(absolute(path)), WITH_NANOSECONDS);
    return now.isDirectory() ? now : undefined;
  };

  const read = <T>(path: ByteString, readNames: (place: string | Buffer) => T): T => {
    try {
      const directory = directories.at(path);
      const names = readNames(hostPath(directory.place));
      const before = objects.get(path)?.stamp;
      const now = statusOfDirectory(path, directory);
      if (!now || (before && !isSameObject(before, now))) throw contextChanged(path);
      return names;
    } catch (error) {
      throw contextFailure(error, path);
    }
  };

  return {
    absolute,
    look(path) {
      let object = objects.get(path);
      if (object === undefined) objects.set(path, (object = lookAt(path)));
      return object ?? undefined;
    },
    names: (path) => remember(nameLists, path, () => read(path, sortedNames)),
    list: (path) => remember(lists, path, () => read(path, sortedEntries)),
  };
}

function remember<T extends object>(
  known: Map<ByteString, T>,
  path: ByteString,
  compute: (path: ByteString) => T,
): T {
  let value = known.get(path);
  if (value === undefined) known.set(path, (value = compute(path)));
  return value;
}

function sortedNames(place: string | Buffer): ByteString[] {
  // Every character is a byte, so that the usual order is that of bytes.
  return (readdirSync(place, 'latin1') as ByteString[]).sort();
}

function sortedEntries(place: string | Buffer): ListedName[] {
  return readdirSync(place, { withFileTypes: true, encoding: 'latin1' })
    .map((entry) => ({ name: entry.name as ByteString, isDirectory: entry.isDirectory() }))
    .sort((a, b) => compareBytes(a.name, b.name));
}

interface Look {
  /** A path that leads to the object itself. */
  readonly at: () => ByteString;
  readonly details: NodeDetails;
  readonly readCapability: ReadCapability;
}

function nodeOf(stat: FileStatus, { at, details, readCapability }: Look): TreeNode {
  const { mode } = details;
  if ((mode & constants.S_IFMT) === constants.S_IFLNK) {
    const link = fromBuffer(readlinkSync(hostPath(at()), { encoding: 'buffer' }));
    return nodeOfStat(stat, { ...details, link });
  }
  const xattrs = isRegular(mode) && (mode & 0o111) !== 0 ? readCapability(at()) : undefined;
  return nodeOfStat(stat, xattrs ? { ...details, xattrs } : details);
}

/** A name that cannot exist: longer than the file system takes, or with a NUL byte. */
function isImpossibleName(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE';
}
