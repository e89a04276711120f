// The user without privileges as whom root's tests run a command: the first one with subordinate ids, or
// TSBUILD_TEST_USER.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { projectRoot } from './project-root.js';

export interface OrdinaryUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Has no subordinate ids on any machine. */
export const NOBODY: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };

function rowsOf(file: string): string[][] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}

function canReadCheckout({ uid, gid }: OrdinaryUser): boolean {
  return spawnSync('test', ['-r', `${projectRoot}/package.json`], { uid, gid }).status === 0;
}

/**
 * The current user when it is not root. undefined when no user has subordinate ids or none of them can read the
 * checkout.
 */
export function findOrdinaryUser(): OrdinaryUser | undefined {
  const withIds = new Set(rowsOf('/etc/subuid').map(([name]) => name));
  const self = userInfo();
  if (self.uid !== 0) {
    return withIds.has(self.username) || withIds.has(String(self.uid))
      ? { name: self.username, uid: self.uid, gid: self.gid }
      : undefined;
  }
  const wanted = process.env['TSBUILD_TEST_USER'];
  return rowsOf('/etc/passwd')
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ name, uid }) => uid > 0 && withIds.has(name) && (wanted === undefined || name === wanted))
    .find(canReadCheckout);
}
