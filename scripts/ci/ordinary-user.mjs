// The user without privileges as whom CI runs the tests a second time, and the copy of the checkout that belongs to it.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'tsbuild-ci';
const SUBORDINATE_IDS = '700000-765535';

function findUser() {
  const row = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === NAME);
  return row && { name: NAME, uid: Number(row[2]), gid: Number(row[3]) };
}

function hasSubordinateIds(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .some((line) => line.startsWith(`${NAME}:`));
}

/** @returns { name, uid, gid } of a user with subordinate ids, made when it is missing. */
export function ensureOrdinaryUser() {
  if (!findUser()) execFileSync('useradd', ['--create-home', '--user-group', '--shell', '/bin/sh', NAME]);
  if (!hasSubordinateIds('/etc/subuid')) execFileSync('usermod', ['--add-subuids', SUBORDINATE_IDS, NAME]);
  if (!hasSubordinateIds('/etc/subgid')) execFileSync('usermod', ['--add-subgids', SUBORDINATE_IDS, NAME]);
  return findUser();
}

/** @returns { cwd, temporary } the copy, and a temporary folder that is the user's own. */
export function copyCheckoutFor({ name, uid, gid }, root, scratch) {
  execFileSync('chmod', ['0755', scratch]);
  const temporary = join(scratch, 'user');
  const cwd = join(temporary, 'checkout');
  for (const directory of [temporary, join(temporary, 'home'), join(temporary, 'run'), cwd]) {
    mkdirSync(directory);
    chownSync(directory, uid, gid);
  }
  const copy =
    'tar -C "$0" --exclude=./.git --exclude=./coverage -cf - . | tar -C "$1" -xpf - && chown -R "$2:" "$1"';
  execFileSync('sh', ['-c', copy, root, cwd, name]);
  return { cwd, temporary };
}
