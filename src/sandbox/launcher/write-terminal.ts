// Writes to the master of a terminal, which does not block: what the terminal has no room for is tried again.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemCallError } from '../../host/syscalls/binding.js';

/** The character for the end of a file, unless the command has chosen another (VEOF of termios(3)). */
export const END_OF_FILE = Buffer.of(4);
const RETRY_MS = 5;

/** @param master undefined when nobody reads any more. @returns whether somebody still reads */
export async function writeTerminal(master: () => number | undefined, data: Uint8Array): Promise<boolean> {
  for (let done = 0; done < data.length;) {
    const fd = master();
    if (fd === undefined) return false;
    const written = writeSome(fd, data.subarray(done));
    if (written === 0) await sleep(RETRY_MS);
    done += written;
  }
  return master() !== undefined;
}

/** Bytes that were taken. */
function writeSome(fd: number, data: Uint8Array): number {
  try {
    return writeSync(fd, data);
  } catch (error) {
    // EIO: the last one who had it open is ending.
    if (isSystemCallError(error, 'EAGAIN', 'EIO')) return 0;
    throw error;
  }
}
