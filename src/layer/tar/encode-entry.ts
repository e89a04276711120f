// The header bytes of one layer entry, a pure function: same entry, same bytes, on any machine.
// POSIX ustar with a PAX header before it only when something does not fit; names and attributes in it are raw bytes.
import type { ByteString } from '../../core/bytes.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { LayerEntry, NodeType, TreeNode } from '../entry.js';
import { excerpt } from './entry-path.js';
import { BLOCK } from './header-fields.js';
import { encodePaxRecords, XATTR_PREFIX } from './pax-records.js';
import { formatPaxTime } from './pax-time.js';
import { baseName, joinPath, parentPath } from '../tree-path.js';
import { hasWhiteoutComponent, OPAQUE_NAME, WHITEOUT_PREFIX } from './whiteout-names.js';
import {
  MAX_OCTAL_11,
  MAX_OCTAL_7,
  writeHeaderBlock,
  type HeaderFit,
  type WritableHeader,
} from './write-header-block.js';

export interface EncodeEntryOptions {
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
const WHITEOUT_NODE: TreeNode = { type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };

function needsPax(name: ByteString, value: number, max: number): boolean {
  invariant(Number.isSafeInteger(value), `a number of ${excerpt(name)} is not an integer`);
  return value < 0 || value > max;
}

const PAX_HEADER = {
  typeflag: 'x',
  name: 'PaxHeaders.0/entry' as ByteString,
  linkname: NO_LINK,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  devMajor: 0,
  devMinor: 0,
} as const;

function encode(header: WritableHeader, node: TreeNode): Buffer {
  const block = Buffer.alloc(BLOCK);
  const fit = writeHeaderBlock(block, 0, header);
  const records = recordsOf(header, node, fit);
  return records.size === 0 ? block : withPaxHeader(encodePaxRecords(records), block);
}

/** What the block cannot hold. */
function recordsOf(header: WritableHeader, node: TreeNode, fit: HeaderFit): Map<string, string> {
  const records = new Map<string, string>();
  if (!fit.isNameExact) records.set('path', header.name);
  if (!fit.isLinknameExact) records.set('linkpath', header.linkname);
  if (needsPax(header.name, header.uid, MAX_OCTAL_7)) records.set('uid', String(header.uid));
  if (needsPax(header.name, header.gid, MAX_OCTAL_7)) records.set('gid', String(header.gid));
  if (needsPax(header.name, header.size, MAX_OCTAL_11)) records.set('size', String(header.size));
  if (node.mtimeNsec !== 0 || needsPax(header.name, header.mtime, MAX_OCTAL_11))
    records.set('mtime', formatPaxTime(node));
  for (const [name, value] of Object.entries(node.xattrs ?? {})) records.set(XATTR_PREFIX + name, value);
  return records;
}

function withPaxHeader(data: Buffer, block: Buffer): Buffer {
  const dataBytes = Math.ceil(data.length / BLOCK) * BLOCK;
  const whole = Buffer.alloc(BLOCK + dataBytes + BLOCK);
  writeHeaderBlock(whole, 0, { ...PAX_HEADER, size: data.length });
  data.copy(whole, BLOCK);
  block.copy(whole, BLOCK + dataBytes);
  return whole;
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

function encodeNode(path: ByteString, node: TreeNode): Buffer {
  const name = path === '' ? './' : node.type === 'dir' ? `${path}/` : path;
  return encode(
    headerOf(name as ByteString, node, node.type === 'symlink' ? (node.link ?? NO_LINK) : NO_LINK),
    node,
  );
}

function encodeLink(path: ByteString, target: ByteString, node: TreeNode | undefined): Buffer {
  invariant(node, `hard link ${excerpt(path)} without metadata`);
  return encode({ ...headerOf(path, node, target), typeflag: '1', size: 0, devMajor: 0, devMinor: 0 }, node);
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
      hint: 'rename the file or exclude it with .dockerignore',
    },
  );
}

/**
 * Header blocks of an entry, PAX header included; a multiple of 512 bytes. The content of a file follows, padded by the caller.
 * @throws TsbuildError LAYER_UNSAFE when a file of a layer has a name that means a deletion
 */
export function encodeEntry(
  entry: LayerEntry,
  { whiteouts = true, linked }: EncodeEntryOptions = {},
): Buffer {
  if (whiteouts) refuseWhiteoutName(entry.path);
  else
    invariant(
      entry.kind === 'node' || entry.kind === 'hardlink',
      `deletion of ${excerpt(entry.path)} in a plain archive`,
    );
  switch (entry.kind) {
    case 'node':
      return encodeNode(entry.path, entry.node);
    case 'hardlink':
      return encodeLink(entry.path, entry.target, entry.node ?? linked);
    case 'opaque':
      return encodeNode(joinPath(entry.path, OPAQUE_NAME as ByteString), WHITEOUT_NODE);
    case 'whiteout':
      return encodeNode(whiteoutPath(entry.path), WHITEOUT_NODE);
  }
}
