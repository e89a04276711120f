// A store of its own for each test, on disk, removed with everything in it. The files of an unpacked layer may belong
// to ids of a user namespace, so that a plain rm of an ordinary user is refused: then they are removed inside such a
// namespace.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { chownSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OrdinaryUser } from './ordinary-user.js';

function remove(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch (error) {
    if (process.getuid?.() === 0) throw error;
    execFileSync('unshare', ['--user', '--map-root-user', '--map-auto', 'rm', '-rf', directory]);
  }
}

/** A new directory, removed after the test; it belongs to `user` when one is given. */
export function tempDir(t: ExecutionContext, options: { readonly user?: OrdinaryUser } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-test-'));
  chmodSync(directory, 0o755);
  if (options.user && process.getuid?.() === 0) chownSync(directory, options.user.uid, options.user.gid);
  t.teardown(() => remove(directory));
  return directory;
}

async function digestOfEntry(root: string, path: string): Promise<string> {
  const stats = await lstat(join(root, path));
  if (stats.isSymbolicLink()) return `link ${await readlink(join(root, path))}`;
  if (!stats.isFile()) return 'directory';
  return createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex');
}

/**
 * Every path of a store with a digest of its content, sorted, so that two states can be compared. What says nothing
 * about images is left out: logs, empty directories, lock files, and what was used when.
 */
export async function storeState(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).toSorted();
  const lines: string[] = [];
  for (const path of paths) {
    if (/(^|\/)log(\/|$)|\.lock$|(^|\/)lock$|(^|\/)(leases|used|builds)(\/|$)/.test(path)) continue;
    const digest = await digestOfEntry(root, path);
    if (digest !== 'directory') lines.push(`${path} ${digest}`);
  }
  return lines;
}
