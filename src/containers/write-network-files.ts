// Writes the network files of containers. They are mounted in the container, so what they say is changed in place: a
// file of another inode would not be seen. Beside the hosts file lies a copy of what was written, to tell what the user
// of the container has changed.
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
  constants,
} from 'node:fs';
import { storeWriteError } from '../store/durable-write.js';
import { renewedText } from './network-files.js';

/** A container must not make its host read a large file. */
const MOST_BYTES = 1 << 20;

/** Before the start. Files that are there stay the same files. @throws TsbuildError STORE_UNWRITABLE, STORE_FULL */
export function writeNetworkFile(path: string, text: string): void {
  try {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
    try {
      writeFileSync(fd, text);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw storeWriteError(error, path);
  }
}

/** @throws TsbuildError STORE_UNWRITABLE, STORE_FULL */
export function writeHostsFile(path: string, text: string): void {
  writeNetworkFile(path, text);
  remember(path, text);
}

/**
 * For a running container. Nothing when it is gone, or when its user has changed what was written.
 * @throws TsbuildError STORE_UNWRITABLE, STORE_FULL
 */
export function renewHostsFile(path: string, text: string): void {
  const before = readIfThere(`${path}.written`);
  if (before === undefined || before === text) return;
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      if (renew(fd, before, text)) remember(path, text);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw storeWriteError(error, path);
  }
}

function renew(fd: number, before: string, text: string): boolean {
  if (fstatSync(fd).size > MOST_BYTES) return false;
  const next = renewedText(readFileSync(fd, 'utf8'), before, text);
  if (next === undefined) return false;
  const bytes = Buffer.from(next);
  writeSync(fd, bytes, 0, bytes.length, 0);
  ftruncateSync(fd, bytes.length);
  return true;
}

function remember(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, `${path}.written`);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
