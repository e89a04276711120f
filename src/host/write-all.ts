// Writing the whole of a buffer: one write may take only a part of it.
import { writeSync } from 'node:fs';

/** Writes every byte at the file's position. @throws what `writeSync` throws */
export function writeAll(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length;) done += writeSync(fd, data, done);
}
