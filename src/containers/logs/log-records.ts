// The records of a container's log: 16 bytes of header (stream, length, time), then the bytes. Written by the monitor,
// and sent by it to attached clients. Pure.
// Invariant: what is given out are whole records; the bytes of one that is not complete are kept.
import { TsbuildError } from '../../core/errors.js';

export const HEADER_BYTES = 16;
/** The monitor reads no more at once. */
export const MOST_RECORD_BYTES = 65_536;
const END_BYTES = 8;
const [END, STDOUT, STDERR] = [0, 1, 2];

export type LogRecord =
  | {
      readonly stream: 'stdout' | 'stderr';
      /** Nanoseconds since 1970. */
      readonly time: bigint;
      readonly data: Buffer;
    }
  | { readonly stream: 'end'; readonly time: bigint; readonly code: number; readonly status: number };

/** `code` as si_code of waitid(2): 1 exited, 2 killed, 3 dumped core. */
export interface LogHeader {
  readonly stream: 'stdout' | 'stderr' | 'end';
  readonly length: number;
  readonly time: bigint;
}

/** The header at this place; undefined when the bytes are none. They must be there. */
export function headerAt(bytes: Buffer, offset: number): LogHeader | undefined {
  const stream = bytes[offset];
  const isQuiet = bytes[offset + 1] === 0 && bytes[offset + 2] === 0 && bytes[offset + 3] === 0;
  if (!isQuiet || (stream !== END && stream !== STDOUT && stream !== STDERR)) return undefined;
  const length = bytes.readUInt32LE(offset + 4);
  const isPossible = stream === END ? length === END_BYTES : length > 0 && length <= MOST_RECORD_BYTES;
  if (!isPossible) return undefined;
  return {
    stream: stream === END ? 'end' : stream === STDOUT ? 'stdout' : 'stderr',
    length,
    time: bytes.readBigUInt64LE(offset + 8),
  };
}

export interface Decoded {
  readonly records: readonly LogRecord[];
  /** The beginning of the next record; to be put in front of the next bytes. */
  readonly rest: Buffer;
}

/** @throws TsbuildError STORE_CORRUPT when the bytes are no records */
export function decodeRecords(bytes: Buffer): Decoded {
  const records: LogRecord[] = [];
  let offset = 0;
  while (offset + HEADER_BYTES <= bytes.length) {
    const header = headerAt(bytes, offset);
    if (!header)
      throw new TsbuildError('STORE_CORRUPT', 'the log of the container is damaged', {
        hint: 'what stands before the damage was shown; tsbuild rm removes the container with its log',
      });
    const end = offset + HEADER_BYTES + header.length;
    if (end > bytes.length) break;
    records.push(recordOf(header, bytes.subarray(offset + HEADER_BYTES, end)));
    offset = end;
  }
  return { records, rest: bytes.subarray(offset) };
}

function recordOf({ stream, time }: LogHeader, data: Buffer): LogRecord {
  if (stream !== 'end') return { stream, time, data };
  return { stream, time, code: data.readInt32LE(0), status: data.readInt32LE(4) };
}

/** The bytes of a record, as the monitor writes them. */
export function encodeRecord(record: LogRecord): Buffer {
  const data = record.stream === 'end' ? endData(record) : record.data;
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = record.stream === 'end' ? END : record.stream === 'stdout' ? STDOUT : STDERR;
  header.writeUInt32LE(data.length, 4);
  header.writeBigUInt64LE(record.time, 8);
  return Buffer.concat([header, data]);
}

function endData({ code, status }: { readonly code: number; readonly status: number }): Buffer {
  const data = Buffer.alloc(END_BYTES);
  data.writeInt32LE(code, 0);
  data.writeInt32LE(status, 4);
  return data;
}
