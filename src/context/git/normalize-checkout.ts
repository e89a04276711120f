// Makes a checkout the same whatever umask it was made under: files 0644 or 0755, directories 0755, `.git` gone unless
// kept.
import { chmodSync, lutimesSync, readdirSync, rmSync, lstatSync } from 'node:fs';
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import { hostPath } from '../host-path.js';

export interface NormalizeOptions {
  /** Leave `.git` at the root, and in submodules, as it is. */
  readonly keepGitDir: boolean;
  /** Seconds since the epoch for everything; undefined leaves times alone. */
  readonly mtime: number | undefined;
}

export function normalizeCheckout(tree: string, options: NormalizeOptions): void {
  normalizeDirectory(fromUtf8(tree), options);
}

function normalizeDirectory(directory: ByteString, options: NormalizeOptions): void {
  for (const entry of readdirSync(hostPath(directory), { withFileTypes: true, encoding: 'latin1' })) {
    const path = `${directory}/${entry.name}` as ByteString;
    if (entry.name === '.git') {
      if (!options.keepGitDir) rmSync(hostPath(path), { recursive: true, force: true });
    } else if (entry.isDirectory()) normalizeDirectory(path, options);
    else {
      if (entry.isFile())
        chmodSync(hostPath(path), (lstatSync(hostPath(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
      setTime(path, options.mtime);
    }
  }
  chmodSync(hostPath(directory), 0o755);
  setTime(directory, options.mtime);
}

function setTime(path: ByteString, mtime: number | undefined): void {
  if (mtime !== undefined) lutimesSync(hostPath(path), mtime, mtime);
}
