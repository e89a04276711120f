// The names that a source with wildcards stands for. Matches fsutil/copy's ResolveWildcards: components before the
// first wildcard are taken as they are and links in them followed; below, names are walked in order, links are not
// entered, a match is not entered.
import { TsbuildError } from '../../core/errors.js';
import { toUtf8, type ByteString } from '../../core/bytes.js';
import { ROOT, joinPath } from '../../core/tree-path.js';
import { tracePath } from '../resolve-path.js';
import type { TreeView } from '../tree-view.js';
import { containsWildcards, goMatch } from './go-match.js';

/**
 * @param source clean path, at least one component with a wildcard
 * @throws TsbuildError DOCKERFILE_SYNTAX for a bad pattern; COPY_NOT_FOUND when the directory before the wildcard is
 * missing, as BuildKit
 */
export function matchWildcards(view: TreeView, source: ByteString): ByteString[] {
  const names = source.split('/');
  const first = names.findIndex(containsWildcards);
  const prefix = names.slice(0, first).join('/') as ByteString;
  const pattern = names.slice(first).join('/') as ByteString;
  goMatch(pattern, ROOT);
  const base = directoryBefore(view, prefix);
  // Only a class can match the slash, so that otherwise the depth is known.
  const depth = pattern.includes('[') ? Number.POSITIVE_INFINITY : names.length - first;
  const matches: ByteString[] = [];
  collect({ view, base, pattern, matches }, ROOT, depth);
  return matches;
}

function directoryBefore(view: TreeView, prefix: ByteString): ByteString {
  const trace = tracePath(view, prefix, { followLast: true });
  if (trace.kind === 'path' && view.get(trace.path)) return trace.path;
  const reason = {
    path: 'no such file or directory',
    'not-a-directory': 'not a directory',
    'too-many-links': 'too many links',
  };
  throw new TsbuildError('COPY_NOT_FOUND', `lstat /${toUtf8(prefix)}: ${reason[trace.kind]}`);
}

interface Search {
  readonly view: TreeView;
  readonly base: ByteString;
  readonly pattern: ByteString;
  readonly matches: ByteString[];
}

function collect(search: Search, directory: ByteString, depth: number): void {
  const { view, base, pattern, matches } = search;
  for (const name of view.children(joinPath(base, directory))) {
    const path = joinPath(directory, name);
    if (goMatch(pattern, path)) matches.push(joinPath(base, path));
    else if (depth > 1) collect(search, path, depth - 1);
  }
}
