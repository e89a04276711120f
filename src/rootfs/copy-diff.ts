// What a process changed in a copy of its layers, from what the copy looked like before and after, to layer entries.
// The same entries as from the upper directory of an overlay (upper-diff.ts): an object that is as it was below is no
// change, a directory's time alone is none, and the root itself never is one. A directory that was replaced by another
// one hides what was in it.
import { constants } from 'node:fs';
import { fromBuffer, fromUtf8, type ByteString } from '../core/bytes.js';
import type { LayerEntry } from '../layer/entry.js';
import { joinPath, ROOT } from '../core/tree-path.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSameContent, isSameNode, nodeAt, type NodeAt } from './node-at.js';
import { mergedLookup, type Below } from './merged-lookup.js';
import type { Ownership } from './ownership.js';
import { isUntouched, type Mark, type TreeIndex } from './tree-index.js';

export interface CopyDiffOptions {
  readonly root: string;
  readonly before: TreeIndex;
  readonly after: TreeIndex;
  /** Trees that the copy was made of, topmost first. */
  readonly lowers: readonly string[];
  readonly ownership: Ownership;
}

/** Entries in the order of a depth-first walk; a directory comes before what is in it. */
export function* copyDiff(calls: SystemCalls, options: CopyDiffOptions): Generator<LayerEntry> {
  const { root, before, after, lowers, ownership } = options;
  const diff: Diff = {
    before,
    after,
    below: mergedLookup(calls, lowers),
    look: (path) => nodeAt(calls, joinPath(fromUtf8(root), path), ownership),
    lookBelow: ({ path }) => nodeAt(calls, fromBuffer(path), ownership),
    firstNames: new Map(),
    newNames: identitiesWithNewNames(before, after),
  };
  yield* changesIn(diff, ROOT, { hasLower: true });
}

interface Diff {
  readonly before: TreeIndex;
  readonly after: TreeIndex;
  readonly below: (path: ByteString) => Below | undefined;
  readonly look: (path: ByteString) => NodeAt;
  readonly lookBelow: (below: Below) => NodeAt;
  /** Identity to the first name that was written. */
  readonly firstNames: Map<string, ByteString>;
  /** Objects with several names, one of which the process gave them. */
  readonly newNames: ReadonlySet<string>;
}

interface Context {
  /** False below directories that did not exist before, or are others now. */
  readonly hasLower: boolean;
}

function* changesIn(diff: Diff, dir: ByteString, { hasLower }: Context): Generator<LayerEntry> {
  const gone = hasLower ? (diff.before.names.get(dir) ?? []) : [];
  const names = [...new Set([...gone, ...(diff.after.names.get(dir) ?? [])])].sort();
  for (const name of names) {
    const path = joinPath(dir, name);
    const was = hasLower ? diff.before.marks.get(path) : undefined;
    const now = diff.after.marks.get(path);
    if (!now || isWhiteout(now)) {
      if (was) yield { kind: 'whiteout', path };
    } else if (isDirectory(now)) yield* directoryChanges(diff, path, was, now);
    // Archives cannot hold sockets; containerd leaves them out too, and with them that they lie where something else
    // was.
    else if (typeOf(now) !== constants.S_IFSOCK) yield* fileChange(diff, path, was, now);
  }
}

function* directoryChanges(
  diff: Diff,
  path: ByteString,
  was: Mark | undefined,
  now: Mark,
): Generator<LayerEntry> {
  const isMerged = was !== undefined && isDirectory(was);
  const isReplaced = isMerged && was.identity !== now.identity;
  const isNew = !isMerged || isReplaced;
  let isWritten = isNew || !isSameDirectory(diff, path, was, now);
  if (isWritten) yield { kind: 'node', path, node: diff.look(path).node };
  if (isReplaced) yield { kind: 'opaque', path };
  for (const change of changesIn(diff, path, { hasLower: !isNew })) {
    // A changed entry brings its parents with it.
    if (!isWritten) yield { kind: 'node', path, node: diff.look(path).node };
    isWritten = true;
    yield change;
  }
}

function isSameDirectory(diff: Diff, path: ByteString, was: Mark, now: Mark): boolean {
  if (was.ctimeNs === now.ctimeNs) return true;
  const below = diff.below(path);
  return below !== undefined && isSameNode(diff.look(path), diff.lookBelow(below));
}

function* fileChange(diff: Diff, path: ByteString, was: Mark | undefined, now: Mark): Generator<LayerEntry> {
  if (was && isUntouched(was, now)) return;
  const first = now.nlink > 1 ? diff.firstNames.get(now.identity) : undefined;
  if (first !== undefined) return yield { kind: 'hardlink', path, target: first };
  const changed = diff.look(path);
  // With a new name all are written: the others are links to this one.
  if (was && !diff.newNames.has(now.identity) && isAsBelow(diff, path, changed)) return;
  if (now.nlink > 1) diff.firstNames.set(now.identity, path);
  yield { kind: 'node', path, node: changed.node };
}

function isAsBelow(diff: Diff, path: ByteString, changed: NodeAt): boolean {
  const found = diff.below(path);
  if (!found) return false;
  const below = diff.lookBelow(found);
  return isSameNode(changed, below) && isSameContent(changed, below);
}

function identitiesWithNewNames(before: TreeIndex, after: TreeIndex): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [path, mark] of after.marks)
    if (mark.nlink > 1 && !isDirectory(mark) && before.marks.get(path)?.identity !== mark.identity)
      found.add(mark.identity);
  return found;
}

function typeOf({ mode }: Mark): number {
  return mode & constants.S_IFMT;
}

function isDirectory(mark: Mark): boolean {
  return typeOf(mark) === constants.S_IFDIR;
}

/** What an overlay takes for a deletion. */
function isWhiteout(mark: Mark): boolean {
  return typeOf(mark) === constants.S_IFCHR && mark.rdev === 0;
}
