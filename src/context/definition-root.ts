// The directory in which a Dockerfile and its ignore file are looked up. It is the build context, taken as a root: no
// link leads out of it. A repository that was cloned must not show files of the machine by links. A Dockerfile that the
// user names elsewhere has its own directory as the root, which buildx sends as the context `dockerfile` (build/opt.go;
// fsutil's FollowLinks).
import { constants, lstatSync, openSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fromUtf8, toBuffer, toUtf8, type ByteString } from '../core/bytes.js';
import { createFileCalls } from '../host/bulk-file-calls.js';
import { openDirectoriesBelow } from '../host/open-directories.js';
import { tracePath } from '../layer/resolve-path.js';
import { baseName, joinPath, parentPath } from '../core/tree-path.js';
import { openDirectoryView, resolveRoot } from './directory-view.js';
import { readOpened, type ReadOptions } from '../host/read-small-file.js';
import { openStatCache } from './stat-cache.js';

export interface DefinitionFile {
  /** Host path of the root. */
  readonly root: string;
  /** Relative to it. */
  readonly path: ByteString;
}

/**
 * The root that a Dockerfile is read in; undefined when it is in no directory. Both are absolute host paths; links
 * above the name of the file are followed.
 */
export function definitionFile(context: string, dockerfile: string): DefinitionFile | undefined {
  const name = fromUtf8(basename(dockerfile));
  const directory = dirname(dockerfile);
  if (directory === context) return { root: context, path: name };
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const inside = pathBelow(resolveRoot(context).path, resolveRoot(directory).path);
  return inside === undefined
    ? { root: directory, path: name }
    : { root: context, path: joinPath(inside, name) };
}

/** Undefined when it is not below. */
function pathBelow(root: ByteString, path: ByteString): ByteString | undefined {
  if (path === root) return '' as ByteString;
  const prefix = root === '/' ? '/' : `${root}/`;
  return path.startsWith(prefix) ? (path.slice(prefix.length) as ByteString) : undefined;
}

/**
 * A small file of a root. Undefined when there is none, which a link that leads out of the root is too.
 * @throws TsbuildError CONTEXT_UNREADABLE when it is not a regular file, is too large or may not be read
 */
export function readDefinitionFile(file: DefinitionFile, options: ReadOptions): Buffer | undefined {
  // Nearly every one is absent, or a file and no link, right below the root.
  const direct = lookDirectly(file);
  if (direct === 'absent') return undefined;
  if (direct === 'file') return readOpened(() => openSync(hostPathOf(file), OPEN_FLAGS), options);
  const { root, path } = file;
  const host = resolveRoot(root);
  const view = openDirectoryView({ root, statCache: openStatCache({ now: () => 0 }) });
  const trace = tracePath(view, path, { followLast: true });
  if (trace.kind !== 'path') return undefined;
  const directories = openDirectoriesBelow(host);
  const open = (): number =>
    createFileCalls().open(directories.at(parentPath(trace.path)), baseName(trace.path), OPEN_FLAGS);
  try {
    return readOpened(open, options);
  } finally {
    directories.close();
  }
}

/** No link in the last place is followed; between root and file there is no other place. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

function hostPathOf({ root, path }: DefinitionFile): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), toBuffer(path)]);
}

/**
 * Undefined when the path has to be followed: of more than one component, a link, or something that cannot be looked
 * at.
 */
function lookDirectly(file: DefinitionFile): 'absent' | 'file' | undefined {
  if (file.path.includes('/')) return undefined;
  try {
    const stat = lstatSync(hostPathOf(file), { throwIfNoEntry: false });
    return stat === undefined ? 'absent' : stat.isFile() ? 'file' : undefined;
  } catch {
    // The slower way tells the reason.
    return undefined;
  }
}

/** What stands at the place of a file that cannot be read, in words; undefined when nothing does. */
export function standInFor(file: DefinitionFile): string | undefined {
  if (lookDirectly(file) === 'absent') return undefined;
  const { root, path } = file;
  const node = openDirectoryView({ root, statCache: openStatCache({ now: () => 0 }) }).get(path);
  if (node?.type === 'dir') return 'is a directory';
  return node?.link === undefined
    ? undefined
    : `is a link to ${JSON.stringify(toUtf8(node.link))}, where no file of the context is`;
}
