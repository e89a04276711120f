// What getdents64(2) tells of a directory: names and types, without a look at each object. struct linux_dirent64 of getdents(2). Pure.
import type { ByteString } from '../../core/bytes.js';

export interface DirectoryEntry {
  readonly name: ByteString;
  /** One of DT_* (dirent.h); 0 where the file system does not say. */
  readonly type: number;
}

export const DT_REG = 8;

const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;

/** The entries in `length` bytes, without those of the directory itself and its parent. */
export function directoryEntriesIn(buffer: Buffer, length: number): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < length;) {
    const start = at + NAME_AT;
    const name = buffer.toString('latin1', start, buffer.indexOf(0, start)) as ByteString;
    if (name !== '.' && name !== '..') entries.push({ name, type: buffer[at + TYPE_AT]! });
    at += buffer.readUInt16LE(at + LENGTH_AT);
  }
  return entries;
}
