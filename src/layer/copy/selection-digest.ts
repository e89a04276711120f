// The content digest of a selection, for cache keys: everything that a copy of it can show, and never mtime, as
// with BuildKit's cache/contenthash.
// Invariant: every object is a JSON array, which frames its fields, so that no two selections give the same bytes.
import { createHash } from 'node:crypto';
import { compareBytes, type ByteString } from '../../core/bytes.js';
import { joinPath } from '../../core/tree-path.js';
import type { SelectedEntry, SelectedSource, Selection } from './selection.js';

/** Raised when the bytes that are hashed change their meaning. */
export const SELECTION_VERSION = 'selection-v2';
const FLUSH_AT_CHARS = 64 * 1024;

/**
 * sha256 in hex. The name of a source counts when it is not a directory: only the content of a directory is copied.
 * Contents are hashed by `view.sha256` where the nodes do not have their digests, once per group of hard links.
 */
export function digestSelection({ view, sources }: Selection): string {
  const writer = rowHash();
  writer.add([SELECTION_VERSION, sources.length]);
  for (const source of sources) addSource(writer, source, (path) => view.sha256(path));
  return writer.digest();
}

/**
 * sha256 in hex of what `digestSelection` leaves out: when each object was modified, in the order of the selection.
 * Directories do not count: whatever is written beside the selected files changes their time.
 */
export function digestTimes({ sources }: Selection): string {
  const writer = rowHash();
  for (const { entries } of sources)
    for (const { node } of entries) if (node.type !== 'dir') writer.add([node.mtime, node.mtimeNsec]);
  return writer.digest();
}

function addSource(
  writer: RowHash,
  { name, path, entries }: SelectedSource,
  sha256: (path: ByteString) => string,
): void {
  const isDirectory = entries[0]?.node.type === 'dir';
  writer.add([isDirectory ? 'dir' : 'other', isDirectory ? '' : name, entries.length]);
  const groups = linkGroups(entries);
  const known = new Map<number, string>();
  for (const entry of entries) {
    const { node } = entry;
    const group = (node.inode !== undefined && groups.get(node.inode)) || 0;
    let content = '';
    if (node.type === 'file') {
      content = node.sha256 ?? ((group && known.get(group)) || sha256(joinPath(path, entry.path)));
      if (group) known.set(group, content);
    }
    writer.add(rowOf(entry, group, content));
  }
}

/** Number from 1 for every inode with more than one name in the source, in the order of the first name. */
function linkGroups(entries: readonly SelectedEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { node } of entries)
    if (node.inode !== undefined) counts.set(node.inode, (counts.get(node.inode) ?? 0) + 1);
  const groups = new Map<string, number>();
  for (const [inode, count] of counts) if (count > 1) groups.set(inode, groups.size + 1);
  return groups;
}

type Row = (string | number | readonly (string | number)[])[];

function rowOf({ path, isIncluded, node }: SelectedEntry, group: number, content: string): Row {
  const { type, mode, uid, gid, size, link = '', devMajor = 0, devMinor = 0, xattrs } = node;
  const flags = isIncluded ? 1 : 0;
  const row: Row = [path, flags, group, type, mode, uid, gid, size, link, devMajor, devMinor, content];
  if (xattrs) row.push(...Object.entries(xattrs).sort(([a], [b]) => compareBytes(a, b)));
  return row;
}

interface RowHash {
  add(row: Row): void;
  digest(): string;
}

/** Rows as lines of JSON; gathered, since a call to update for each would cost more than the hashing. */
function rowHash(): RowHash {
  const hash = createHash('sha256');
  let gathered = '';
  const flush = (): void => {
    hash.update(gathered, 'latin1');
    gathered = '';
  };
  return {
    add(row) {
      gathered += `${JSON.stringify(row)}\n`;
      if (gathered.length > FLUSH_AT_CHARS) flush();
    },
    digest() {
      flush();
      return hash.digest('hex');
    },
  };
}
