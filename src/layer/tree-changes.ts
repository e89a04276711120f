// What differs between two trees. Branches that both share are not walked, so that a layer costs what it changed.
import { compareBytes, type ByteString } from '../core/bytes.js';
import { joinPath, ROOT } from '../core/tree-path.js';
import { sortedNames, type Branch } from './apply-layer.js';
import type { TreeNode } from './entry.js';

export interface TreeChange {
  readonly path: ByteString;
  /** Absent: it was added. */
  readonly before?: TreeNode;
  /** Absent: it was removed. */
  readonly after?: TreeNode;
}

interface Pair {
  readonly path: ByteString;
  readonly before: Branch | undefined;
  readonly after: Branch | undefined;
}

/**
 * A directory stands before what is in it, names are in the order of their bytes. A name is told when its object is
 * another one, also when that has equal attributes.
 */
export function* treeChanges(before: Branch, after: Branch): Generator<TreeChange, void> {
  const pending: Pair[] = [{ path: ROOT, before, after }];
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const [old, next] = [pair.before?.node, pair.after?.node];
    if (old !== next) yield { path: pair.path, ...(old && { before: old }), ...(next && { after: next }) };
    pending.push(...below(pair));
  }
}

/** The names in both that differ, the last first. */
function below({ path, before, after }: Pair): Pair[] {
  const pairs: Pair[] = [];
  for (const name of namesOf(before, after)) {
    const [old, next] = [before?.names.get(name), after?.names.get(name)];
    if (old !== next) pairs.push({ path: joinPath(path, name), before: old, after: next });
  }
  return pairs.reverse();
}

function namesOf(before: Branch | undefined, after: Branch | undefined): readonly ByteString[] {
  if (!before || before.names.size === 0) return after ? sortedNames(after) : [];
  if (!after || after.names.size === 0) return sortedNames(before);
  const names = new Set([...before.names.keys(), ...after.names.keys()]);
  return [...names].filter((name) => before.names.get(name) !== after.names.get(name)).sort(compareBytes);
}
