// The fields of a tar header that count, as reading gives them and writing takes them.
import type { ByteString } from '../../core/bytes.js';

/** Bytes of a header; content is padded to a multiple of it. */
export const BLOCK = 512;

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
