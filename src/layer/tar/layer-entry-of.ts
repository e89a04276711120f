// What an entry of an archive means in a layer: a node, a further name, or a deletion. Refuses what could only be an
// attack. OCI image-spec layer.md; odd whiteout names as the comments below say.
import { posix } from 'node:path';
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { LayerEntry, TreeNode } from '../entry.js';
import type { LayerLimits } from '../limits.js';
import { entryPath, excerpt } from './entry-path.js';
import type { RawEntry } from './raw-entry.js';
import { baseName, joinPath, parentPath } from '../../core/tree-path.js';
import {
  AUFS_PREFIX,
  hasWhiteoutComponent,
  isKeptForLinks,
  OPAQUE_NAME,
  WHITEOUT_PREFIX,
} from './whiteout-names.js';

export interface LayerEntryOptions {
  readonly limits: LayerLimits;
  /** False for archives that are no layers (ADD): `.wh.` names are names like any other. Default true. */
  readonly whiteouts?: boolean;
}

function unsafe(name: ByteString, reason: string): TsbuildError {
  return new TsbuildError('LAYER_UNSAFE', `tar: ${excerpt(name)}: ${reason}`);
}

function nodeOf(raw: RawEntry, type: TreeNode['type']): TreeNode {
  return {
    type,
    mode: raw.mode & 0o7777,
    uid: raw.uid,
    gid: raw.gid,
    size: raw.size,
    mtime: raw.mtime,
    mtimeNsec: raw.mtimeNsec,
    ...(type === 'symlink' && { link: linkText(raw) }),
    ...(raw.xattrs && { xattrs: raw.xattrs }),
    ...((type === 'char' || type === 'block') && { devMajor: raw.devMajor, devMinor: raw.devMinor }),
  };
}

/** The text of a symbolic link is kept as it is, wherever it points: its readers must stay inside the root. */
function linkText({ name, linkname }: RawEntry): ByteString {
  if (linkname === '' || linkname.includes('\0') || linkname.length > 4095) {
    throw new TsbuildError('LAYER_INVALID', `tar: ${excerpt(name)}: symbolic link with an impossible text`);
  }
  return linkname;
}

function insideRoot(name: ByteString): ByteString {
  return posix.normalize(`/${name}`) as ByteString;
}

function hardlinkOf(
  raw: RawEntry,
  path: ByteString,
  { limits, whiteouts = true }: LayerEntryOptions,
): LayerEntry {
  // Where an archive is unpacked is its root: `..` does not lead above it.
  const target = entryPath(whiteouts ? raw.linkname : insideRoot(raw.linkname), limits);
  if (target === '') throw unsafe(raw.name, 'hard link to the root');
  if (target === path)
    throw new TsbuildError('LAYER_INVALID', `tar: ${excerpt(raw.name)}: hard link to itself`);
  if (whiteouts && isKeptForLinks(target)) return { kind: 'hardlink', path, target };
  if (whiteouts && hasWhiteoutComponent(target)) throw unsafe(raw.name, 'hard link to a whiteout');
  return { kind: 'hardlink', path, target, node: nodeOf(raw, 'file') };
}

/** What the letters of headers stand for that no file system holds: those of GNU tar, Solaris and star that are met. */
const MEANING: Readonly<Record<string, string>> = {
  A: 'an access control list',
  D: 'a list of a directory for incremental backups',
  E: 'extended attributes',
  I: 'an inode without a name',
  M: 'the rest of a file of another volume',
  N: 'long names of old GNU tar',
  S: 'a sparse file of old GNU tar',
  V: 'a volume label',
  X: 'an extended header of Solaris',
};

function unhandled({ name, typeflag }: RawEntry): TsbuildError {
  const meaning = MEANING[typeflag] ?? 'unknown';
  return new TsbuildError(
    'LAYER_INVALID',
    `tar: ${excerpt(name)}: unhandled tar header type ${typeflag.charCodeAt(0)} (${JSON.stringify(typeflag)}: ${meaning})`,
    {
      hint: 'pack it again as a plain archive: tar --format=posix, without options for volumes, labels and backups',
    },
  );
}

function whiteoutOf(path: ByteString, name: ByteString): LayerEntry | undefined {
  const dir = parentPath(path);
  const base = baseName(path);
  // AUFS metadata, wherever it stands, says nothing about the tree; `.wh..wh..opq` is the one name of that form with a
  // meaning.
  if (base !== OPAQUE_NAME && path.split('/').some((part) => part.startsWith(AUFS_PREFIX))) return undefined;
  // `.wh.x/y` would be a child of a deletion.
  if (hasWhiteoutComponent(dir)) throw unsafe(name, 'entry below a whiteout');
  if (base === OPAQUE_NAME) return { kind: 'opaque', path: dir };
  const hidden = base.slice(WHITEOUT_PREFIX.length);
  // `.wh.`, `.wh..` and `.wh...` would delete the directory itself or the one above it.
  if (hidden === '' || hidden === '.' || hidden === '..') throw unsafe(name, 'whiteout of no name');
  return { kind: 'whiteout', path: joinPath(dir, hidden as ByteString) };
}

/**
 * The entry of a layer for an entry of an archive; undefined when it has no meaning in layers (AUFS metadata). What
 * AUFS kept for hard links is an entry as long as the layer is read (`isKeptForLinks`). The content reference of a file
 * is left to the caller. A whiteout counts by its name, whatever its type.
 * @throws TsbuildError LAYER_UNSAFE for names that leave the tree or would delete the wrong thing, LAYER_INVALID, also
 * for types that
 *   no file system holds, LAYER_LIMIT
 */
export function layerEntryOf(raw: RawEntry, options: LayerEntryOptions): LayerEntry | undefined {
  const path = entryPath(raw.name, options.limits);
  if ((options.whiteouts ?? true) && hasWhiteoutComponent(path)) {
    const isKept = isKeptForLinks(path) && raw.type === 'file';
    return isKept ? { kind: 'node', path, node: nodeOf(raw, 'file') } : whiteoutOf(path, raw.name);
  }
  if (path === '' && raw.type !== 'dir') {
    // Docker's unpacker passes over a member without a name; a layer has no reason to have one.
    if (options.whiteouts === false) return undefined;
    throw unsafe(raw.name, 'the root must be a directory');
  }
  if (raw.type === 'hardlink') return hardlinkOf(raw, path, options);
  if (raw.type === 'other') throw unhandled(raw);
  return { kind: 'node', path, node: nodeOf(raw, raw.type) };
}
