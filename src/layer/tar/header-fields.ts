// The fields of a tar header that count, as reading gives them and writing takes them.
import type { ByteString } from '../../core/bytes.js';

/** Bytes of a header; content is padded to a multiple of it. */
export const BLOCK = 512;

/** Fills with zeros: for so few bytes Buffer's own method spends most of its time on getting there. */
export function clear(target: Uint8Array, start: number, end: number): void {
  Uint8Array.prototype.fill.call(target, 0, start, end);
}

export interface HeaderFields {
  /** One character; '\0' is a file of the time before ustar. */
  readonly typeflag: string;
  readonly name: ByteString;
  readonly linkname: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly devMajor: number;
  readonly devMinor: number;
}
