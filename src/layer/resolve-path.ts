// Follows symbolic links by name only, inside one tree: no link, `..` or absolute target leads out of the root.
// Matches containerd/continuity fs.RootPath, which BuildKit's copier uses for sources and destinations.
import { TsbuildError } from '../core/errors.js';
import { toUtf8, type ByteString } from '../core/bytes.js';
import type { TreeView } from './tree-view.js';
import { ROOT, baseName, cleanPath, joinPath, parentPath } from '../core/tree-path.js';

export const MAX_LINKS = 255;

export interface ResolveOptions {
  /** Whether a link in the last place is followed. */
  readonly followLast: boolean;
}

/** `path` has no links in it and need not exist; the other two say where the way ends. */
export type PathTrace =
  | { readonly kind: 'path'; readonly path: ByteString }
  | { readonly kind: 'not-a-directory'; readonly at: ByteString }
  | { readonly kind: 'too-many-links' };

type Lookup = Pick<TreeView, 'get'>;

/** As `resolvePath`, with the failures as values. */
export function tracePath(view: Lookup, path: ByteString, { followLast }: ResolveOptions): PathTrace {
  const clean = cleanPath(path);
  if (followLast || clean === '') return follow(view, clean);
  const parent = follow(view, parentPath(clean));
  return parent.kind === 'path' ? { kind: 'path', path: joinPath(parent.path, baseName(clean)) } : parent;
}

/**
 * The place in the tree that `path` names, clean and without links. Components that do not exist are kept as they are.
 * @throws TsbuildError COPY_CONFLICT for a file with something below it and for more than 255 links
 */
export function resolvePath(view: Lookup, path: ByteString, options: ResolveOptions): ByteString {
  const trace = tracePath(view, path, options);
  if (trace.kind === 'path') return trace.path;
  if (trace.kind === 'not-a-directory') {
    throw new TsbuildError('COPY_CONFLICT', `lstat /${toUtf8(trace.at)}: not a directory`);
  }
  throw new TsbuildError('COPY_CONFLICT', `/${toUtf8(cleanPath(path))}: too many links`);
}

function follow(view: Lookup, path: ByteString): PathTrace {
  const pending = path.split('/').reverse();
  let current = ROOT;
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      current = parentPath(current);
      continue;
    }
    const candidate = joinPath(current, name as ByteString);
    const node = view.get(candidate);
    if (node?.type !== 'symlink') {
      if (!node && isFile(view, current)) return { kind: 'not-a-directory', at: candidate };
      current = candidate;
      continue;
    }
    if (++links > MAX_LINKS) return { kind: 'too-many-links' };
    pending.push(...targetNames(node.link ?? ROOT, current).reverse());
    current = ROOT;
  }
  return { kind: 'path', path: current };
}

/** A relative target is cleaned as text first, an absolute one is walked as it stands: so does RootPath. */
function targetNames(link: ByteString, directory: ByteString): string[] {
  return (link.startsWith('/') ? link : cleanPath(`${directory}/${link}`)).split('/');
}

function isFile(view: Lookup, path: ByteString): boolean {
  const node = view.get(path);
  return node !== undefined && node.type !== 'dir';
}
