// The raw look at a host directory below one root: lists and lstats on demand, remembers, follows no symbolic link. It knows nothing
// of ignore rules. Invariant: one object is looked at once; when the disk no longer agrees, CONTEXT_CHANGED.
import { constants, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { compareBytes, fromBuffer, type ByteString } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import { createFileStatuses, type FileStatus } from '../layer/host/file-status.js';
import { baseName, parentPath } from '../layer/tree-path.js';
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
  /** Real, absolute path. */
  readonly root: ByteString;
  readonly readCapability: ReadCapability;
  readonly statCache: Pick<StatCache, 'isSettled' | 'known'>;
}

const WITH_NANOSECONDS = { bigint: true } as const;

export function createDirectoryListing({
  root,
  readCapability,
  statCache,
}: DirectoryListingOptions): DirectoryListing {
  const statuses = createFileStatuses();
  /** null: nothing is there. */
  const objects = new Map<ByteString, ListedObject | null>();
  const lists = new Map<ByteString, readonly ListedName[]>();
  const nameLists = new Map<ByteString, readonly ByteString[]>();
  const prefix = root === '/' ? '/' : `${root}/`;
  const absolute = (path: ByteString): ByteString =>
    path === '' ? root : (`${prefix}${path}` as ByteString);

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
    path,
    isSettled: statCache.isSettled(stamp),
    sha256: isRegular(mode) ? statCache.known(stamp) : undefined,
  });

  const lookAt = (path: ByteString): ListedObject | null => {
    try {
      const place = absolute(path);
      const stat = statuses.of(hostPath(place));
      const stamp = stampOf(stat);
      const details = detailsOf(place, stat.mode, stamp);
      return { node: nodeOf(stat, details, readCapability), stamp, sha256: undefined };
    } catch (error) {
      const isAbsent = isGone(error) || isImpossibleName(error);
      if (isAbsent && !wasListed(path)) return null;
      throw contextFailure(error, path);
    }
  };

  const read = <T>(path: ByteString, readNames: (place: string | Buffer) => T): T => {
    try {
      const place = hostPath(absolute(path));
      const names = readNames(place);
      // Listing follows a link that has come into the directory's place, and a link may get the inode of what it replaces.
      const now = lstatSync(place, WITH_NANOSECONDS);
      const before = objects.get(path)?.stamp;
      if (!now.isDirectory() || (before && !isSameObject(before, now))) throw contextChanged(path);
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

function nodeOf(stat: FileStatus, details: NodeDetails, readCapability: ReadCapability): TreeNode {
  const { mode, path } = details;
  if ((mode & constants.S_IFMT) === constants.S_IFLNK) {
    const link = fromBuffer(readlinkSync(hostPath(path), { encoding: 'buffer' }));
    return nodeOfStat(stat, { ...details, link });
  }
  const xattrs = isRegular(mode) && (mode & 0o111) !== 0 ? readCapability(path) : undefined;
  return nodeOfStat(stat, xattrs ? { ...details, xattrs } : details);
}

/** A name that cannot exist: longer than the file system takes, or with a NUL byte. */
function isImpossibleName(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE';
}
