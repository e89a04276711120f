// The text form of a layer index, the file beside every layer blob: a line with version, count and checksum, then JSON,
// one entry a line.
// Invariant: decode(encode(index)) equals index; a text that is not byte for byte what encodeIndex gave is refused.
import { createHash } from 'node:crypto';
import type { ByteString } from '../core/bytes.js';
import { hexOf, type DiffId } from '../core/digest.js';
import { invariant, TsbuildError } from '../core/errors.js';
import type { DataRuns, LayerEntry, NodeType, TreeNode } from './entry.js';

const NEWLINE = 0x0a;
const DECODED_BYTES = 64 * 1024;
const PIECE_CHARS = 256 * 1024;
const VERSION = 'tsbuild-layer-index/1';

/** Members that few nodes have: link, xattrs, device numbers, the runs of a file with holes. */
interface Rare {
  readonly l?: ByteString;
  readonly x?: Readonly<Record<string, ByteString>>;
  readonly d?: readonly [number, number];
  readonly r?: DataRuns;
}

/** What a node with content has: offset in the tar, sha256 in hex. */
type FileRow = readonly [
  'f',
  ByteString,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  string,
  Rare?,
];
type NodeRow = readonly [
  Exclude<keyof typeof TYPE_OF, 'f'>,
  ByteString,
  number,
  number,
  number,
  number,
  number,
  Rare?,
];
type Row = FileRow | NodeRow | readonly ['h', ByteString, ByteString] | readonly ['w' | 'o', ByteString];

/** As long as one that is known: so the text of a layer has one length, whatever is known of its contents. */
const UNKNOWN_SHA256 = '0'.repeat(64);

const TYPE_OF = {
  f: 'file',
  d: 'dir',
  s: 'symlink',
  c: 'char',
  b: 'block',
  p: 'fifo',
} as const satisfies Record<string, NodeType>;
const LETTER_OF = { dir: 'd', symlink: 's', char: 'c', block: 'b', fifo: 'p' } as const;

function rareOf({ link, xattrs, devMajor, devMinor, content }: TreeNode): readonly [Rare?] {
  const hasDevice = devMajor !== undefined || devMinor !== undefined;
  const runs = content?.kind === 'layer' ? content.runs : undefined;
  if (link === undefined && xattrs === undefined && !hasDevice && !runs) return [];
  return [
    {
      ...(link !== undefined && { l: link }),
      ...(xattrs && { x: xattrs }),
      ...(hasDevice && { d: [devMajor ?? 0, devMinor ?? 0] as const }),
      ...(runs && { r: runs }),
    },
  ];
}

function nodeRow(path: ByteString, node: TreeNode): Row {
  const { type, mode, uid, gid, mtime, mtimeNsec, size, content, sha256 = UNKNOWN_SHA256 } = node;
  if (type !== 'file') return [LETTER_OF[type], path, mode, uid, gid, mtime, mtimeNsec, ...rareOf(node)];
  invariant(content?.kind === 'layer', `index entry ${path} has no place in its layer`);
  return ['f', path, mode, uid, gid, mtime, mtimeNsec, size, content.offset, sha256, ...rareOf(node)];
}

function rowOf(entry: LayerEntry): Row {
  switch (entry.kind) {
    case 'node':
      return nodeRow(entry.path, entry.node);
    case 'hardlink':
      return ['h', entry.path, entry.target];
    case 'whiteout':
      return ['w', entry.path];
    case 'opaque':
      return ['o', entry.path];
  }
}

function checksum(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/**
 * The text of an index in pieces, since that of a big layer has more bytes than all else that is kept of its entries.
 */
export type IndexText = readonly Uint8Array[];

/** @param entries as `readLayer` gives them: sorted, content in this layer */
export function encodeIndex(entries: readonly LayerEntry[]): IndexText {
  return encodeLines(linesOf(entries));
}

function* linesOf(entries: readonly LayerEntry[]): Generator<string, void> {
  for (const entry of entries) yield lineOf(entry);
}

/** @param lines of all entries, in their order */
export function encodeLines(lines: Iterable<string>): IndexText {
  const hash = createHash('sha256');
  const pieces: Uint8Array[] = [];
  const put = (text: string): void => {
    const piece = Buffer.from(text);
    hash.update(piece);
    pieces.push(piece);
  };
  let gathered = '[\n';
  let count = 0;
  for (const line of lines) {
    if (gathered.length > PIECE_CHARS) {
      put(gathered);
      gathered = '';
    }
    gathered += count++ === 0 ? line : `,\n${line}`;
  }
  put(`${gathered}\n]\n`);
  return [Buffer.from(`${headOf(count, hash.digest('hex'))}\n`), ...pieces];
}

export function lineOf(entry: LayerEntry): string {
  return JSON.stringify(rowOf(entry));
}

/** That of a file without extended attributes: there are thousands, and an entry is not made for each. */
export function lineOfFile(
  path: ByteString,
  { mode, uid, gid, mtime, mtimeNsec, size }: TreeNode,
  { offset, sha256 = UNKNOWN_SHA256 }: { readonly offset: number; readonly sha256?: string | undefined },
): string {
  const row: FileRow = ['f', path, mode & 0o7777, uid, gid, mtime, mtimeNsec, size, offset, sha256];
  return JSON.stringify(row);
}

function headOf(count: number, sum: string): string {
  return `${VERSION} ${count} ${sum}`;
}

function corrupt(diffId: DiffId, reason: string): TsbuildError {
  return new TsbuildError('STORE_CORRUPT', `the index of the layer ${diffId}: ${reason}`, {
    hint: `delete the file index/${hexOf(diffId)}.json of the store and build again`,
  });
}

function withRare(node: TreeNode, rare: Rare | undefined): TreeNode {
  if (rare === undefined) return node;
  return {
    ...node,
    ...(rare.l !== undefined && { link: rare.l }),
    ...(rare.x && { xattrs: rare.x }),
    ...(rare.d && { devMajor: rare.d[0], devMinor: rare.d[1] }),
    ...(rare.r && node.content?.kind === 'layer' && { content: { ...node.content, runs: rare.r } }),
  };
}

function fileOf(row: FileRow, diffId: DiffId): TreeNode {
  // There are thousands: taking them apart by destructuring, or a spread, takes twice as long.
  const node: TreeNode = {
    type: 'file',
    mode: row[2],
    uid: row[3],
    gid: row[4],
    size: row[7],
    mtime: row[5],
    mtimeNsec: row[6],
    content: { kind: 'layer', diffId, offset: row[8] },
    sha256: row[9],
  };
  if (row[9] !== UNKNOWN_SHA256) return withRare(node, row[10]);
  const { sha256: _, ...unhashed } = node;
  return withRare(unhashed, row[10]);
}

function entryOf(row: Row, diffId: DiffId): LayerEntry {
  const path = row[1];
  switch (row[0]) {
    case 'f':
      return { kind: 'node', path, node: fileOf(row, diffId) };
    case 'h':
      return { kind: 'hardlink', path, target: row[2] };
    case 'w':
      return { kind: 'whiteout', path };
    case 'o':
      return { kind: 'opaque', path };
    default: {
      const [letter, , mode, uid, gid, mtime, mtimeNsec, rare] = row;
      return {
        kind: 'node',
        path,
        node: withRare({ type: TYPE_OF[letter], mode, uid, gid, size: 0, mtime, mtimeNsec }, rare),
      };
    }
  }
}

/** One line of the list, without the comma behind it. */
export function decodeIndexRow(line: string, diffId: DiffId): LayerEntry {
  return entryOf(JSON.parse(line) as Row, diffId);
}

/**
 * The lines of entries in an index as bytes: from the first one to the end of the last one.
 * @throws TsbuildError STORE_CORRUPT
 */
export function indexRows(text: Buffer, diffId: DiffId): Buffer {
  const end = text.indexOf('\n');
  const [version, , sum] = text.toString('latin1', 0, Math.max(end, 0)).split(' ');
  if (version !== VERSION) throw corrupt(diffId, 'unknown version');
  const body = text.subarray(end + 1);
  if (checksum(body) !== sum) throw corrupt(diffId, 'wrong checksum');
  return body.subarray('[\n'.length, -'\n]\n'.length);
}

/**
 * The entries one after the other, for who needs no more than one at a time: a piece of the text is decoded at once.
 * @throws TsbuildError STORE_CORRUPT, when the first is asked for
 */
export function* decodeIndexRows(text: Buffer, diffId: DiffId): Generator<LayerEntry, void> {
  const rows = indexRows(text, diffId);
  for (let start = 0; start < rows.length;) {
    const newline = rows.indexOf(NEWLINE, start + DECODED_BYTES);
    const isLast = newline === -1;
    // All rows but the last end with a comma.
    const piece = rows.toString('utf8', start, isLast ? rows.length : newline - 1);
    for (const row of JSON.parse(`[${piece}]`) as readonly Row[]) yield entryOf(row, diffId);
    start = isLast ? rows.length : newline + 1;
  }
}

/**
 * @param diffId of the layer the index belongs to; the text does not repeat it
 * @throws TsbuildError STORE_CORRUPT when the text is damaged, cut short or of another version
 */
export function decodeIndex(text: string, diffId: DiffId): LayerEntry[] {
  const end = text.indexOf('\n');
  const head = text.slice(0, Math.max(end, 0));
  const [version, , sum] = head.split(' ');
  if (version !== VERSION) throw corrupt(diffId, 'unknown version');
  const body = text.slice(end + 1);
  if (checksum(body) !== sum) throw corrupt(diffId, 'wrong checksum');
  // The checksum is right, so these are the rows that encodeIndex wrote.
  const rows = JSON.parse(body) as readonly Row[];
  if (head !== headOf(rows.length, sum)) throw corrupt(diffId, 'wrong number of entries');
  return rows.map((row) => entryOf(row, diffId));
}
