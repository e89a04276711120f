// Removes a scratch folder with a store in it. Unpacked layers belong to ids of a user namespace, which an ordinary user may only
// remove inside such a namespace.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

export function removeTree(directory) {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch (error) {
    if (process.getuid() === 0) throw error;
    execFileSync('unshare', ['--user', '--map-root-user', '--map-auto', 'rm', '-rf', directory]);
  }
}
