// Which extended attributes a layer made here carries: file capabilities and nothing else, as BuildKit's layers do
// (containerd's archive writer reads security.capability only). Attributes of base layers are not touched.
import type { LayerEntry, TreeNode } from './entry.js';

const KEPT = 'security.capability';

/** The entry without the attributes that a new layer does not carry. */
function withLayerXattrs(entry: LayerEntry): LayerEntry {
  if (entry.kind === 'node') return entry.node.xattrs ? { ...entry, node: withoutOthers(entry.node) } : entry;
  if (entry.kind === 'hardlink' && entry.node?.xattrs) return { ...entry, node: withoutOthers(entry.node) };
  return entry;
}

/** The entries in the same order. */
export function* layerEntries(entries: Iterable<LayerEntry>): Iterable<LayerEntry> {
  for (const entry of entries) yield withLayerXattrs(entry);
}

function withoutOthers({ xattrs, ...node }: TreeNode): TreeNode {
  const capability = xattrs?.[KEPT];
  return capability === undefined ? node : { ...node, xattrs: { [KEPT]: capability } };
}
