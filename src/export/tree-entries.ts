// A merged tree as a list of layer entries, parents first, sorted: what `type=tar` and `type=local` write.
import type { ByteString } from '../core/bytes.js';
import type { LayerEntry } from '../layer/entry.js';
import type { TreeView } from '../layer/tree-view.js';

/** Every object below the root; the first name of a hard-link group carries the content, the others point to it. */
export function* treeEntries(view: TreeView): Iterable<LayerEntry> {
  const firstNames = new Map<string, ByteString>();
  const stack: ByteString[] = [...view.children('' as ByteString)].reverse();
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const node = view.get(path);
    if (!node) continue;
    const target = node.inode === undefined ? undefined : firstNames.get(node.inode);
    if (target !== undefined) yield { kind: 'hardlink', path, target, node };
    else {
      if (node.inode !== undefined) firstNames.set(node.inode, path);
      yield { kind: 'node', path, node };
    }
    if (node.type === 'dir')
      for (const name of [...view.children(path)].reverse()) stack.push(`${path}/${name}` as ByteString);
  }
}
