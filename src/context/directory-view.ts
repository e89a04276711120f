// A host directory as a tree view: the build context. Lazy: a directory is listed and its objects are looked at only
// when asked for.
// Invariant: nothing outside the root is ever reached (no symbolic link is followed, whatever the tree becomes
// meanwhile), and an ignored path does not exist.
import { closeSync, constants, fstatSync, readSync, realpathSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fromBuffer, toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import type { TreeNode } from '../layer/entry.js';
import { createFileCalls } from '../host/bulk-file-calls.js';
import { hostRoot, openDirectoriesBelow, type HostRoot } from '../host/open-directories.js';
import { baseName, parentPath } from '../core/tree-path.js';
import type { TreeView } from '../layer/tree-view.js';
import { createDirectoryListing, type ListedObject } from './directory-listing.js';
import { createCapabilityReader } from './file-capability.js';
import { isSameStamp } from './file-stamp.js';
import { errnoOf } from '../core/errno.js';
import { contextChanged, contextFailure } from './host-path.js';
import type { IgnoreRules } from './ignore-file.js';
import { createVisibility } from './visibility.js';
import { explainAbsence, type Absence } from './why-absent.js';
import type { StatCache } from './stat-cache.js';

export interface DirectoryViewOptions {
  /** Host path of the directory. It may be a symbolic link itself; it is resolved once, here. */
  readonly root: string;
  readonly ignore?: IgnoreRules | undefined;
  readonly statCache: StatCache;
}

export interface DirectoryView extends TreeView {
  /** The real path of the root. */
  readonly root: ByteString;
  /** Why a path does not exist in the view: for the message of a COPY that names it. */
  whyAbsent(path: ByteString): Absence;
}

/**
 * Accesses throw TsbuildError CONTEXT_UNREADABLE (no permission; the path is named) or CONTEXT_CHANGED (an object that
 * was listed is gone, or a file is not what lstat said).
 * @throws TsbuildError CONTEXT_NOT_FOUND when the root is missing or not a directory
 */
export function openDirectoryView({ root, ignore, statCache }: DirectoryViewOptions): DirectoryView {
  const realRoot = resolveRoot(root);
  const listing = createDirectoryListing({
    root: realRoot,
    readCapability: createCapabilityReader(),
    statCache,
  });
  const visibility = createVisibility({ listing, matcher: ignore?.matcher });
  const directories = new Map<ByteString, boolean>();
  const isDirectory = (path: ByteString): boolean => {
    let known = directories.get(path);
    if (known === undefined) directories.set(path, (known = get(path)?.type === 'dir'));
    return known;
  };
  /** A path below a symbolic link, a file or an ignored directory does not exist, whatever the host says. */
  const find = (path: ByteString): ListedObject | undefined => {
    if (path === '') return listing.look(path);
    const slash = path.lastIndexOf('/');
    if (!isName(path, slash + 1)) return undefined;
    const parent = (slash < 0 ? '' : path.slice(0, slash)) as ByteString;
    return isDirectory(parent) && visibility.isVisible(path) ? listing.look(path) : undefined;
  };
  const get = (path: ByteString): TreeNode | undefined => find(path)?.node;
  const children = (path: ByteString): readonly ByteString[] =>
    isDirectory(path) ? visibility.children(path) : [];
  return {
    root: realRoot.path,
    get,
    children,
    sha256(path) {
      const file = fileAt(find(path), path);
      return file.node.sha256 ?? (file.sha256 ??= digestOfFile(path, file, realRoot, statCache));
    },
    read: (path, maxBytes) => readFile(path, fileAt(find(path), path), realRoot, maxBytes),
    whyAbsent: (path) => explainAbsence({ path, visibility, listing, children, ignore }),
  };
}

/** A context directory by its real path. @throws TsbuildError CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE */
export function resolveRoot(root: string): HostRoot {
  try {
    if (!statSync(root).isDirectory())
      throw new TsbuildError('CONTEXT_NOT_FOUND', `path ${JSON.stringify(root)} is not a directory`);
    return hostRoot(fromBuffer(realpathSync.native(root, { encoding: 'buffer' })));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EACCES')
      throw new TsbuildError('CONTEXT_UNREADABLE', `cannot read ${JSON.stringify(root)}: permission denied`, {
        cause: error,
      });
    if (errno === undefined || error instanceof TsbuildError) throw error;
    throw new TsbuildError(
      'CONTEXT_NOT_FOUND',
      `unable to prepare context: path ${JSON.stringify(root)} not found`,
      {
        hint: 'name the directory of the build context, e.g. "." for the current one',
        cause: error,
      },
    );
  }
}

/** Whether the last component, which begins at `start`, can be that of an object: not empty, `.` or `..`. */
function isName(path: ByteString, start: number): boolean {
  if (path[start] !== '.') return start < path.length;
  const name = path.slice(start);
  return name !== '.' && name !== '..';
}

function fileAt(object: ListedObject | undefined, path: ByteString): ListedObject {
  if (object?.node.type === 'file') return object;
  throw new Error(`${JSON.stringify(path)} is not a regular file of the context`);
}

function digestOfFile(
  path: ByteString,
  { node, stamp }: ListedObject,
  root: HostRoot,
  statCache: StatCache,
): string {
  if (node.content?.kind === 'bytes') return createHash('sha256').update(node.content.data).digest('hex');
  return statCache.sha256({ root, name: path, stamp });
}

function readFile(path: ByteString, { node, stamp }: ListedObject, root: HostRoot, maxBytes: number): Buffer {
  if (node.content?.kind === 'bytes') return Buffer.from(node.content.data);
  if (node.size > maxBytes) {
    throw new TsbuildError(
      'CONTEXT_UNREADABLE',
      `${JSON.stringify(toUtf8(path))} is larger than ${maxBytes} bytes`,
    );
  }
  const directories = openDirectoriesBelow(root);
  let fd: number | undefined;
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    fd = createFileCalls().open(directories.at(parentPath(path)), baseName(path), flags);
    const data = Buffer.alloc(node.size);
    const count = readSync(fd, data, 0, data.length, 0);
    if (count !== data.length || !isSameStamp(fstatSync(fd, { bigint: true }), stamp))
      throw contextChanged(path);
    return data;
  } catch (error) {
    throw contextFailure(error, path);
  } finally {
    directories.close();
    if (fd !== undefined) closeSync(fd);
  }
}
