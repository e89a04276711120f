// The repository that a directory lies in, as git itself left it, and as nobody should.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLocalRepository, placeIn } from '../../../../src/context/git/local-repository.js';
import { tempDir } from '../../../support/temp-store.js';

const who = ['-c', 'user.name=n', '-c', 'user.email=e@example.test', '-c', 'init.defaultBranch=main'];
const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', [...who, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** With one commit, and a directory `app`. */
function repository(root: string): string {
  mkdirSync(join(root, 'app'));
  git(root, 'init', '-q');
  writeFileSync(join(root, 'app', 'f'), 'x');
  git(root, 'add', '.');
  git(root, 'commit', '-qm', 'first');
  return root;
}

test('commit and remote of the repository above, without user info', (t) => {
  const root = repository(realpathSync(tempDir(t)));
  git(root, 'remote', 'add', 'origin', 'https://me:hunter2@example.test/me/app.git');
  const revision = git(root, 'rev-parse', 'HEAD');
  const source = 'https://example.test/me/app.git';
  const found = findLocalRepository(join(root, 'app'));
  t.deepEqual(found, { root, revision, source });
  t.is(placeIn(found!, join(root, 'app')), 'app');
  t.is(placeIn(found!, root), '.');
  t.is(placeIn(found!, '/elsewhere'), undefined);
});

test('packed refs, a detached head, a worktree and the remote of the branch', (t) => {
  const root = repository(realpathSync(tempDir(t)));
  const revision = git(root, 'rev-parse', 'HEAD');
  git(root, 'remote', 'add', 'origin', 'git@example.test:me/origin.git');
  git(root, 'remote', 'add', 'fork', 'git@example.test:me/fork.git');
  git(root, 'config', 'branch.main.remote', 'fork');
  git(root, 'pack-refs', '--all');
  t.deepEqual(findLocalRepository(root), { root, revision, source: 'git@example.test:me/fork.git' });
  git(root, 'checkout', '-q', '--detach');
  t.deepEqual(findLocalRepository(root), { root, revision, source: 'git@example.test:me/origin.git' });
  const worktree = join(realpathSync(tempDir(t)), 'tree');
  git(root, 'worktree', 'add', '-q', worktree, 'main');
  const found = { root: worktree, revision, source: 'git@example.test:me/fork.git' };
  t.deepEqual(findLocalRepository(worktree), found);
});

test('before the first commit there is no revision', (t) => {
  const root = realpathSync(tempDir(t));
  git(root, 'init', '-q');
  t.deepEqual(findLocalRepository(root), { root });
});

test('a directory that is no repository, and files that are none of git', (t) => {
  const root = realpathSync(tempDir(t));
  t.is(findLocalRepository(root), undefined);
  writeFileSync(join(root, '.git'), 'gitdir: /nowhere\n');
  t.is(findLocalRepository(root), undefined);
});

test('a head that leads out of the repository leads nowhere', (t) => {
  const root = realpathSync(tempDir(t));
  mkdirSync(join(root, '.git'));
  writeFileSync(join(root, '.git', 'HEAD'), 'ref: ../../secret\n');
  writeFileSync(join(root, 'secret'), 'a'.repeat(40));
  t.deepEqual(findLocalRepository(root), { root });
});
