// The rows of a table in a database of SQLite (sqlite.org/fileformat2.html), read from the bytes of the file. Node 20
// has no SQLite, and rpm's table needs no more than a walk. Pure.
// Invariant: a page is walked once and no byte is given twice, so a forged file costs no more than its size.

/** What a column holds; undefined for NULL and for numbers with a fraction. */
export type Column = Buffer | number | undefined;

/**
 * The columns of the rows, in the order of row ids.
 * @throws Error for a file that is no database, has no such table or is damaged; RangeError for places outside of it
 */
export function* sqliteRows(file: Buffer, table: string): Generator<readonly Column[], void> {
  const database = openDatabase(file);
  for (const [type, name, , root] of rowsBelow(database, 1))
    if (String(type) === 'table' && String(name) === table && typeof root === 'number')
      return yield* rowsBelow(openDatabase(file), root);
  throw new Error(`no table ${table}`);
}

interface Database {
  readonly file: Buffer;
  readonly pageBytes: number;
  /** Of a page, those that are not reserved for extensions. */
  readonly usable: number;
  readonly seen: Set<number>;
  /** Bytes that payloads may still take. */
  budget: number;
}

const MAGIC = 'SQLite format 3\0';

function openDatabase(file: Buffer): Database {
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error('no database of SQLite');
  const said = file.readUInt16BE(16);
  const pageBytes = said === 1 ? 65536 : said;
  const usable = pageBytes - file.readUInt8(20);
  if (pageBytes < 512 || usable < 480) throw new Error('damaged: the size of a page');
  return { file, pageBytes, usable, seen: new Set(), budget: file.length };
}

const INTERIOR_PAGE = 5;
const LEAF_PAGE = 13;
/** The header of the file stands before that of the first page. */
const FILE_HEADER_BYTES = 100;

/** Walks the b-tree with a list of pages and not by recursion: its depth is the file's. */
function* rowsBelow(database: Database, root: number): Generator<readonly Column[], void> {
  const pending = [root];
  for (let number = pending.pop(); number !== undefined; number = pending.pop()) {
    if (database.seen.has(number)) throw new Error('damaged: a page that is its own descendant');
    database.seen.add(number);
    const page = pageAt(database, number);
    const header = number === 1 ? FILE_HEADER_BYTES : 0;
    const type = page.readUInt8(header);
    const cells = page.readUInt16BE(header + 3);
    if (type === INTERIOR_PAGE) {
      const left = Array.from({ length: cells }, (_, cell) =>
        page.readUInt32BE(page.readUInt16BE(header + 12 + 2 * cell)),
      );
      pending.push(page.readUInt32BE(header + 8), ...left.reverse());
    } else if (type === LEAF_PAGE) {
      for (let cell = 0; cell < cells; cell++)
        yield columnsOf(payloadAt(database, page, page.readUInt16BE(header + 8 + 2 * cell)));
    } else throw new Error('damaged: a page of another kind');
  }
}

function pageAt({ file, pageBytes }: Database, number: number): Buffer {
  const start = (number - 1) * pageBytes;
  if (number < 1 || start + pageBytes > file.length) throw new Error('damaged: a page outside of the file');
  return file.subarray(start, start + pageBytes);
}

/** The payload of a cell: what does not fit into its page goes on in a chain of others. */
function payloadAt(database: Database, page: Buffer, cell: number): Buffer {
  const { usable } = database;
  const [length, afterLength] = varint(page, cell);
  const [, start] = varint(page, afterLength);
  database.budget -= length;
  if (database.budget < 0) throw new Error('damaged: more content than the file has bytes');
  const local = localBytes(length, usable);
  const pieces = [page.subarray(start, start + local)];
  let next = local < length ? page.readUInt32BE(start + local) : 0;
  for (let left = length - local; left > 0;) {
    const more = pageAt(database, next);
    pieces.push(more.subarray(4, 4 + Math.min(left, usable - 4)));
    left -= usable - 4;
    next = more.readUInt32BE(0);
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** How much of a payload stands in the leaf itself (fileformat2.html, "Cell Payload Overflow Pages"). */
function localBytes(length: number, usable: number): number {
  const most = usable - 35;
  if (length <= most) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

function columnsOf(payload: Buffer): Column[] {
  const [headerBytes, first] = varint(payload, 0);
  const columns: Column[] = [];
  let place = headerBytes;
  for (let at = first; at < headerBytes;) {
    const [type, next] = varint(payload, at);
    at = next;
    const length = columnBytes(type);
    if (place + length > payload.length) throw new Error('damaged: a column outside of its row');
    columns.push(columnAt(payload, place, type, length));
    place += length;
  }
  return columns;
}

/** By serial type, up to 11. */
const NUMBER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

function columnBytes(type: number): number {
  return NUMBER_BYTES[type] ?? Math.floor((type - 12) / 2);
}

function columnAt(payload: Buffer, place: number, type: number, length: number): Column {
  if (type >= 12) return payload.subarray(place, place + length);
  if (type >= 1 && type <= 5) return payload.readIntBE(place, length);
  if (type === 6) return Number(payload.readBigInt64BE(place));
  return type === 8 ? 0 : type === 9 ? 1 : undefined;
}

/** A number of one to nine bytes, seven bits each but for the ninth, and the place behind it. */
function varint(bytes: Buffer, start: number): readonly [number, number] {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = bytes.readUInt8(at);
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, at + 1];
  }
  return [value * 256 + bytes.readUInt8(start + 8), start + 9];
}
