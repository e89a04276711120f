// Files of a selection with what their key was made of, so that writing the layer need not hash them again.
import { joinPath } from '../tree-path.js';
import type { SelectedEntry, SelectedSource, Selection } from './selection.js';

/** The selection, every file of the host with its sha256: it was asked for before, for the key, and is not computed anew. */
export function withKnownDigests(selection: Selection): Selection {
  const { view } = selection;
  const complete =
    (source: SelectedSource) =>
    (entry: SelectedEntry): SelectedEntry => {
      const { node } = entry;
      if (node.content?.kind !== 'file' || node.sha256 !== undefined) return entry;
      // The new member stands first: V8 describes each object that gets one behind a spread by itself, in more bytes than the object has.
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
