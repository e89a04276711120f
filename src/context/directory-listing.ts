// The raw look at a host directory below one root: lists and lstats on demand, remembers, follows no symbolic link. It knows nothing
// of ignore rules. Invariant: one object is looked at once; when the disk no longer agrees, CONTEXT_CHANGED.
import { lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs';
import { compareBytes, fromBuffer, type ByteString } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import { isSameObject, stampOf, type FileStamp } from './file-stamp.js';
import type { ReadCapability } from './file-capability.js';
import { contextChanged, contextFailure, hostPath, isGone } from './host-path.js';
import { nodeOfStat, type NodeDetails } from './node-of-stat.js';

export interface ListedName {
  readonly name: ByteString;
  readonly isDirectory: boolean;
}

export interface ListedObject {
  readonly node: TreeNode;
  readonly stamp: FileStamp;
}

/** All paths are relative to the root and clean; '' is the root. */
export interface DirectoryListing {
  /** lstat of one object; undefined when nothing of that name is there. The parent must be a directory. */
  look(path: ByteString): ListedObject | undefined;
  /** Names in a directory, sorted bytewise. @throws TsbuildError CONTEXT_CHANGED, CONTEXT_UNREADABLE */
  list(path: ByteString): readonly ListedName[];
  absolute(path: ByteString): ByteString;
}

export interface DirectoryListingOptions {
  /** Real, absolute path. */
  readonly root: ByteString;
  readonly readCapability: ReadCapability;
  /** Whether a change of the object from now on is sure to give another stamp. */
  readonly isSettled: (stamp: FileStamp) => boolean;
}

const WITH_NANOSECONDS = { bigint: true } as const;

export function createDirectoryListing({
  root,
  readCapability,
  isSettled,
}: DirectoryListingOptions): DirectoryListing {
  const objects = new Map<ByteString, ListedObject | undefined>();
  const lists = new Map<ByteString, readonly ListedName[]>();
  const prefix = root === '/' ? '/' : `${root}/`;
  const absolute = (path: ByteString): ByteString =>
    path === '' ? root : (`${prefix}${path}` as ByteString);

  const look = (path: ByteString): ListedObject | undefined => {
    try {
      const place = absolute(path);
      const stat = lstatSync(hostPath(place), WITH_NANOSECONDS);
      const stamp = stampOf(stat);
      return { node: nodeOf(stat, { path: place, isSettled: isSettled(stamp) }, readCapability), stamp };
    } catch (error) {
      const isAbsent = isGone(error) || isImpossibleName(error);
      if (isAbsent && !wasListed(lists, path)) return undefined;
      throw contextFailure(error, path);
    }
  };

  const list = (path: ByteString): readonly ListedName[] => {
    try {
      const place = hostPath(absolute(path));
      const entries = readdirSync(place, { withFileTypes: true, encoding: 'latin1' });
      // Listing follows a link that has come into the directory's place, and a link may get the inode of what it replaces.
      const now = lstatSync(place, WITH_NANOSECONDS);
      const before = objects.get(path)?.stamp;
      if (!now.isDirectory() || (before && !isSameObject(before, now))) throw contextChanged(path);
      return entries
        .map((entry) => ({ name: entry.name as ByteString, isDirectory: entry.isDirectory() }))
        .sort((a, b) => compareBytes(a.name, b.name));
    } catch (error) {
      throw contextFailure(error, path);
    }
  };

  return {
    absolute,
    look: (path) => remember(objects, path, look),
    list: (path) => remember(lists, path, list),
  };
}

function remember<T>(known: Map<ByteString, T>, path: ByteString, compute: (path: ByteString) => T): T {
  const found = known.get(path);
  if (found !== undefined || known.has(path)) return found as T;
  const value = compute(path);
  known.set(path, value);
  return value;
}

function nodeOf(stat: BigIntStats, details: NodeDetails, readCapability: ReadCapability): TreeNode {
  const { path } = details;
  if (stat.isSymbolicLink()) {
    const link = fromBuffer(readlinkSync(hostPath(path), { encoding: 'buffer' }));
    return nodeOfStat(stat, { ...details, link });
  }
  const xattrs = stat.isFile() && (stat.mode & 0o111n) !== 0n ? readCapability(path) : undefined;
  return nodeOfStat(stat, xattrs ? { ...details, xattrs } : details);
}

/** A name that cannot exist: longer than the file system takes, or with a NUL byte. */
function isImpossibleName(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE';
}

function wasListed(lists: ReadonlyMap<ByteString, readonly ListedName[]>, path: ByteString): boolean {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const siblings = lists.get(path.slice(0, Math.max(slash, 0)) as ByteString);
  return siblings?.some((sibling) => sibling.name === name) ?? false;
}
