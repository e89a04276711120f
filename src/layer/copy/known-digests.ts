// Puts the digests of contents into a selection, before its layer is written. The cache key of a COPY is made of these
// digests, so they are known, and no file is hashed twice.
import { joinPath } from '../../core/tree-path.js';
import type { SelectedEntry, SelectedSource, Selection } from './selection.js';

/** A copy of the selection in which every file of the host has its sha256. The view remembers it from the key. */
export function withKnownDigests(selection: Selection): Selection {
  const { view } = selection;
  const complete =
    (source: SelectedSource) =>
    (entry: SelectedEntry): SelectedEntry => {
      const { node } = entry;
      if (node.content?.kind !== 'file' || node.sha256 !== undefined) return entry;
      // `sha256` is written before the spread on purpose. Behind it, V8 would make a hidden class for every single
      // node, and that takes more memory than the node.
      return { ...entry, node: { sha256: view.sha256(joinPath(source.path, entry.path)), ...node } };
    };
  return {
    view,
    sources: selection.sources.map((source) => ({
      ...source,
      entries: source.entries.map(complete(source)),
    })),
  };
}
