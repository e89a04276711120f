// Where a path of a container leads, with links confined to its root. Descriptors only.
import { posix } from 'node:path';
import { fromUtf8, toUtf8, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../../host/syscalls/open-flags.js';
import { openInside } from '../../rootfs/path-in-root.js';
import type { OpenTree } from './open-tree.js';

export interface Located {
  /** Descriptors of its directory, open for reading, and of nothing else; `close` it. */
  readonly parent: number;
  /** Its name there; `.` for the directory itself. */
  readonly name: ByteString;
}

/** Undefined when nothing is there. @throws TsbuildError LAYER_UNSAFE for a path through what is no directory */
export function locate(
  calls: SystemCalls,
  { root, procDevice }: OpenTree,
  path: string,
  { isLinkFollowed }: { readonly isLinkFollowed: boolean },
): Located | undefined {
  const end = isLinkFollowed ? followed(calls, { root, procDevice }, path, MOST_LINKS) : path;
  const isDirectoryMeant = /(^|\/)\.{0,2}$/.test(end);
  const parent = openInside(calls, root, isDirectoryMeant ? end : posix.dirname(end), { procDevice });
  if (parent === undefined) return undefined;
  try {
    const name = isDirectoryMeant ? '.' : posix.basename(end);
    return { parent: calls.openat(parent, fromUtf8('.'), O_RDONLY | O_DIRECTORY), name: fromUtf8(name) };
  } catch (error) {
    if (!isSystemCallError(error, 'ENOTDIR')) throw error;
    throw new TsbuildError('COPY_CONFLICT', `${path}: not a directory`);
  } finally {
    calls.close(parent);
  }
}

/** As the kernel limits it (path_resolution(7)). */
const MOST_LINKS = 40;

/** The path without a link at its end; links before it are followed when it is opened. */
function followed(
  calls: SystemCalls,
  tree: Pick<OpenTree, 'root' | 'procDevice'>,
  path: string,
  left: number,
): string {
  if (/(^|\/)\.{0,2}$/.test(path)) return path;
  if (left === 0) throw new TsbuildError('LAYER_UNSAFE', `${path}: too many levels of symbolic links`);
  const { root, procDevice } = tree;
  const parent = openInside(calls, root, posix.dirname(path), { procDevice });
  if (parent === undefined) return path;
  let text: ByteString | undefined;
  try {
    text = calls.readlinkat(parent, fromUtf8(posix.basename(path)));
  } catch (error) {
    if (!isSystemCallError(error, 'ENOENT', 'ENOTDIR')) throw error;
  } finally {
    calls.close(parent);
  }
  if (text === undefined) return path;
  const target = toUtf8(text);
  return followed(
    calls,
    tree,
    target.startsWith('/') ? target : `${posix.dirname(path)}/${target}`,
    left - 1,
  );
}

/** What the place of a directory shows, open for reading. @throws TsbuildError COPY_CONFLICT when it is none */
export function openLocatedDirectory(calls: SystemCalls, { parent, name }: Located, path: string): number {
  try {
    return calls.openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isSystemCallError(error, 'ENOTDIR', 'ELOOP'))
      throw new TsbuildError('COPY_CONFLICT', `${path}: not a directory`);
    if (isSystemCallError(error, 'ENOENT'))
      throw new TsbuildError('COPY_NOT_FOUND', `Could not find the file ${path} in the container`);
    throw error;
  }
}
