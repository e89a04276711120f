// The header blocks of one layer entry, a pure function: same entry, same bytes, on any machine.
// POSIX ustar with a PAX header before it only when something does not fit; names and attributes in it are raw bytes.
import type { ByteString } from '../../core/bytes.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { LayerEntry, NodeType, TreeNode } from '../entry.js';
import { excerpt } from './entry-path.js';
import { BLOCK, clear } from './header-fields.js';
import { encodePaxRecords, XATTR_PREFIX } from './pax-records.js';
import { formatPaxTime } from './pax-time.js';
import { baseName, joinPath, parentPath } from '../../core/tree-path.js';
import { hasWhiteoutComponent, OPAQUE_NAME, WHITEOUT_PREFIX } from './whiteout-names.js';
import {
  fitOf,
  MAX_OCTAL_11,
  MAX_OCTAL_7,
  writeHeaderBlock,
  type WritableHeader,
} from './write-header-block.js';

export interface EntryHeadersOptions {
  /** False for archives that are no layers (an export): `.wh.` names are names like any other. Default true. */
  readonly whiteouts?: boolean;
  /** Metadata of a hard link whose entry has none: unpackers apply a link's header to the file it names. */
  readonly linked?: TreeNode | undefined;
}

const TYPEFLAG: Readonly<Record<NodeType, WritableHeader['typeflag']>> = {
  file: '0',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
};

const NO_LINK = '' as ByteString;
const NO_PAX = '' as ByteString;
const PAX_NAME = 'PaxHeaders.0/entry' as ByteString;
const WHITEOUT_NODE: TreeNode = { type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };

function needsPax(name: ByteString, value: number, max: number): boolean {
  // A text for each number of each entry would cost more than the header.
  if (!Number.isSafeInteger(value)) invariant(false, `a number of ${excerpt(name)} is not an integer`);
  return value < 0 || value > max;
}

function paxHeader(size: number): WritableHeader {
  return {
    typeflag: 'x',
    name: PAX_NAME,
    linkname: NO_LINK,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: 0,
    devMajor: 0,
    devMinor: 0,
  };
}

/** The headers of one entry, ready to be written. */
export interface EntryHeaders {
  /** A multiple of 512. */
  readonly bytes: number;
  readonly header: WritableHeader;
  /** Data of the PAX header before it; '' without one. */
  readonly pax: ByteString;
}

function headersOf(header: WritableHeader, node: TreeNode): EntryHeaders {
  const records = recordsOf(header, node);
  if (records.length === 0) return { bytes: BLOCK, header, pax: NO_PAX };
  const pax = encodePaxRecords(records);
  return { bytes: BLOCK + Math.ceil(pax.length / BLOCK) * BLOCK + BLOCK, header, pax };
}

/** Writes headers at `start` of `target`, whatever stands there. */
export function writeHeaders(target: Buffer, start: number, { bytes, header, pax }: EntryHeaders): void {
  clear(target, start, start + bytes);
  if (pax !== '') {
    writeHeaderBlock(target, start, paxHeader(pax.length));
    target.write(pax, start + BLOCK, 'latin1');
  }
  writeHeaderBlock(target, start + bytes - BLOCK, header);
}

/** What the block cannot hold. */
function recordsOf(header: WritableHeader, node: TreeNode): (readonly [string, string])[] {
  const { name, linkname, uid, gid, size, mtime } = header;
  const records: (readonly [string, string])[] = [];
  const fit = fitOf(header);
  if (!fit.isNameExact) records.push(['path', name]);
  if (!fit.isLinknameExact) records.push(['linkpath', linkname]);
  if (needsPax(name, uid, MAX_OCTAL_7)) records.push(['uid', String(uid)]);
  if (needsPax(name, gid, MAX_OCTAL_7)) records.push(['gid', String(gid)]);
  if (needsPax(name, size, MAX_OCTAL_11)) records.push(['size', String(size)]);
  const isTimeExact = !needsPax(name, mtime, MAX_OCTAL_11) && node.mtimeNsec === 0;
  if (!isTimeExact) records.push(['mtime', formatPaxTime(node)]);
  if (node.xattrs)
    for (const [key, value] of Object.entries(node.xattrs)) records.push([XATTR_PREFIX + key, value]);
  return records;
}

function headerOf(name: ByteString, node: TreeNode, linkname: ByteString): WritableHeader {
  const { type, uid, gid, mtime, devMajor = 0, devMinor = 0 } = node;
  const size = type === 'file' ? node.size : 0;
  return {
    typeflag: TYPEFLAG[type],
    name,
    linkname,
    mode: node.mode & 0o7777,
    uid,
    gid,
    size,
    mtime,
    devMajor,
    devMinor,
  };
}

function nodeHeaders(path: ByteString, node: TreeNode): EntryHeaders {
  const name = path === '' ? './' : node.type === 'dir' ? `${path}/` : path;
  return headersOf(
    headerOf(name as ByteString, node, node.type === 'symlink' ? (node.link ?? NO_LINK) : NO_LINK),
    node,
  );
}

function linkHeaders(path: ByteString, target: ByteString, node: TreeNode | undefined): EntryHeaders {
  invariant(node, `hard link ${excerpt(path)} without metadata`);
  return headersOf(
    { ...headerOf(path, node, target), typeflag: '1', size: 0, devMajor: 0, devMinor: 0 },
    node,
  );
}

function whiteoutPath(path: ByteString): ByteString {
  return joinPath(parentPath(path), (WHITEOUT_PREFIX + baseName(path)) as ByteString);
}

/** `.wh.` names of files cannot be told from deletions in a layer. */
function refuseWhiteoutName(path: ByteString): void {
  if (!hasWhiteoutComponent(path)) return;
  throw new TsbuildError(
    'LAYER_UNSAFE',
    `${excerpt(path)}: a name that starts with ".wh." means a deletion in image layers`,
    {
      hint: 'rename or remove the file in the RUN that makes it',
    },
  );
}

/**
 * Header blocks of an entry, PAX header included. The content of a file follows, padded by the caller.
 * @throws TsbuildError LAYER_UNSAFE when a file of a layer has a name that means a deletion
 */
export function entryHeaders(
  entry: LayerEntry,
  { whiteouts = true, linked }: EntryHeadersOptions = {},
): EntryHeaders {
  if (whiteouts) refuseWhiteoutName(entry.path);
  else
    invariant(
      entry.kind === 'node' || entry.kind === 'hardlink',
      `deletion of ${excerpt(entry.path)} in a plain archive`,
    );
  switch (entry.kind) {
    case 'node':
      return nodeHeaders(entry.path, entry.node);
    case 'hardlink':
      return linkHeaders(entry.path, entry.target, entry.node ?? linked);
    case 'opaque':
      return nodeHeaders(joinPath(entry.path, OPAQUE_NAME as ByteString), WHITEOUT_NODE);
    case 'whiteout':
      return nodeHeaders(whiteoutPath(entry.path), WHITEOUT_NODE);
  }
}
