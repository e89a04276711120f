// The content digest of a selection, for cache keys: everything that a copy of it can show, and never mtime (dockerfile.md 5.1).
// Invariant: every field is framed by its length, so that no two selections give the same bytes.
import { createHash, type Hash } from 'node:crypto';
import { compareBytes, type ByteString } from '../../core/bytes.js';
import type { TreeNode } from '../entry.js';
import { joinPath } from '../tree-path.js';
import type { SelectedSource, Selection } from './selection.js';

/** Raised when the bytes that are hashed change their meaning. */
const VERSION = 'selection-v1';
const FLUSH_AT_CHARS = 64 * 1024;

/**
 * sha256 in hex. The name of a source counts when it is not a directory: only the content of a directory is copied. Contents are
 * hashed by `view.sha256`, once per group of hard links.
 */
export function digestSelection({ view, sources }: Selection): string {
  const writer = framedHash();
  writer.add(VERSION, sources.length);
  for (const source of sources) addSource(writer, source, (path) => view.sha256(path));
  return writer.digest();
}

function addSource(
  writer: FramedHash,
  { name, path, entries }: SelectedSource,
  sha256: (path: ByteString) => string,
): void {
  const isDirectory = entries[0]?.node.type === 'dir';
  writer.add(isDirectory ? 'dir' : 'other', isDirectory ? '' : name, entries.length);
  const groups = linkGroups(entries.map(({ node }) => node));
  const known = new Map<number, string>();
  for (const entry of entries) {
    const { node } = entry;
    const group = (node.inode !== undefined && groups.get(node.inode)) || 0;
    writer.add(entry.path, entry.isIncluded ? 1 : 0, group);
    addNode(writer, node);
    if (node.type !== 'file') continue;
    const content = (group && known.get(group)) || sha256(joinPath(path, entry.path));
    if (group) known.set(group, content);
    writer.add(content);
  }
}

/** Number from 1 for every inode with more than one name in the source, in the order of the first name. */
function linkGroups(nodes: readonly TreeNode[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { inode } of nodes) if (inode !== undefined) counts.set(inode, (counts.get(inode) ?? 0) + 1);
  const groups = new Map<string, number>();
  for (const [inode, count] of counts) if (count > 1) groups.set(inode, groups.size + 1);
  return groups;
}

function addNode(writer: FramedHash, node: TreeNode): void {
  const { type, mode, uid, gid, size, link = '', devMajor = 0, devMinor = 0, xattrs = {} } = node;
  const names = Object.keys(xattrs).sort(compareBytes);
  writer.add(type, mode, uid, gid, size, link, devMajor, devMinor, names.length);
  for (const name of names) writer.add(name, xattrs[name]!);
}

interface FramedHash {
  add(...fields: readonly (string | number)[]): void;
  digest(): string;
}

/** Fields as netstrings of bytes (`3:abc,`); gathered, since one call to update per field would cost more than the hashing. */
function framedHash(): FramedHash {
  const hash: Hash = createHash('sha256');
  let gathered = '';
  const flush = (): void => {
    hash.update(gathered, 'latin1');
    gathered = '';
  };
  return {
    add(...fields) {
      for (const field of fields) {
        const text = String(field);
        gathered += `${text.length}:${text},`;
      }
      if (gathered.length > FLUSH_AT_CHARS) flush();
    },
    digest() {
      flush();
      return hash.digest('hex');
    },
  };
}
