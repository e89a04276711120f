// Fetches one commit of a repository into a directory, as BuildKit's git source does: shallow when possible,
// submodules, a subdirectory, without `.git` unless asked. What comes out is to be opened with `openDirectoryView`;
// nothing in it was followed or executed.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import { confineSubdir } from './confine-subdir.js';
import { createGitSession, gitFailure, type GitSession, type GitSessionOptions } from './git-session.js';
import { normalizeCheckout } from './normalize-checkout.js';
import type { GitRef } from './parse-git-ref.js';
import { isCommitSha, resolveGitRef, type ResolvedGitRef } from './resolve-git-ref.js';

/** A repository, and the commit and files that are wanted of it. */
export type GitSource = Omit<GitRef, 'isLikeLocalPath'>;

export interface FetchGitOptions extends Omit<GitSessionOptions, 'remote' | 'cwd'> {
  readonly source: GitSource;
  /** What `source` was found to mean, as `resolveGitSource` gives it; absent: it is looked up here. */
  readonly resolved?: ResolvedGitRef;
  /** Host path; made here, must not exist or be empty. Removing it is the caller's, also after a failure. */
  readonly dir: string;
}

export interface FetchedGit {
  /** The commit. */
  readonly sha: string;
  /** Host path of the files, below `dir`. */
  readonly directory: string;
  /** Of the committer, in seconds since 1970. */
  readonly commitTime: number;
}

/**
 * @throws TsbuildError ADD_GIT for whatever git refuses, a ref or subdirectory that does not exist or leads outside;
 * ADD_CHECKSUM; ABORTED
 */
export async function fetchGit({ source, resolved, dir, ...options }: FetchGitOptions): Promise<FetchedGit> {
  const subdir = confineSubdir(source.subdir ?? '');
  const keepGitDir = source.keepGitDir === true && subdir.length === 0;
  const tree = join(dir, 'tree');
  const gitDir = keepGitDir ? join(tree, '.git') : join(dir, 'git');
  mkdirSync(tree, { recursive: true, mode: 0o755 });
  const session = createGitSession({ ...options, remote: source.remote, cwd: tree });

  const wanted = resolved ?? (await wantedCommit(session, source));
  const sha = await fetchCommit(session, gitDir, wanted);
  checkCommit(sha, source);
  if (resolved) checkUnmoved(sha, resolved, source);
  await session.run({ args: ['checkout', '--quiet', '--force', '--detach', sha], gitDir, workTree: tree });
  if (source.submodules !== false) await updateSubmodules(session, gitDir, tree);
  const time = await commitTime(session, gitDir, sha);
  if (keepGitDir) await scrubGitDir(session, gitDir);
  normalizeCheckout(tree, { keepGitDir, mtime: source.mtime === 'commit' ? time : undefined });
  return { sha, directory: subdir.enter(tree), commitTime: time };
}

/**
 * The commit that a source means now, without fetching it: what a cache key is made of. Nothing is asked when the
 * source tells the commit.
 * @throws TsbuildError ADD_GIT, ADD_CHECKSUM for a commit that is not the expected one, ABORTED
 */
export async function resolveGitSource(
  source: GitSource,
  options: Omit<GitSessionOptions, 'remote'>,
): Promise<ResolvedGitRef> {
  confineSubdir(source.subdir ?? '');
  const wanted = await wantedCommit(createGitSession({ ...options, remote: source.remote }), source);
  checkCommit(wanted.sha, source);
  return wanted;
}

async function wantedCommit(session: GitSession, source: GitSource): Promise<ResolvedGitRef> {
  const { checksum, fetchByCommit } = source;
  if (checksum !== undefined && !/^[0-9a-f]+$/.test(checksum)) {
    throw new TsbuildError(
      'ADD_CHECKSUM',
      `invalid checksum ${JSON.stringify(checksum)}: expected the id of a commit or its beginning`,
    );
  }
  const isPinned =
    checksum !== undefined && isCommitSha(checksum) && (fetchByCommit === true || source.ref === undefined);
  return isPinned ? { sha: checksum, fetch: checksum } : resolveGitRef(session, source.ref);
}

/** The commit that is now in the repository at `gitDir`. */
async function fetchCommit(session: GitSession, gitDir: string, wanted: ResolvedGitRef): Promise<string> {
  await session.run({ args: ['init', '--quiet', '--template='], gitDir });
  await session.run({ args: ['remote', 'add', 'origin', session.access.remote], gitDir });
  const isShallow = await tryFetch(session, gitDir, ['--depth=1', '--no-tags', 'origin', wanted.fetch]);
  if (!isShallow) await fetchDeep(session, gitDir, wanted);
  const found = await session.run({
    args: ['rev-parse', '--verify', '--quiet', `${isShallow ? 'FETCH_HEAD' : wanted.sha}^{commit}`],
    gitDir,
  });
  return found.trim();
}

/** What git says when the server keeps to whole histories of what it advertises. */
const CANNOT_SHALLOW = /--depth|shallow|not our ref|unadvertised object/;

/** False when the server cannot do it that way. */
async function tryFetch(session: GitSession, gitDir: string, args: readonly string[]): Promise<boolean> {
  const command = { args: ['fetch', '--quiet', ...args], gitDir, needsAuth: true };
  const result = await session.tryRun(command);
  if (result.exitCode === 0) return true;
  if (CANNOT_SHALLOW.test(result.stderr)) return false;
  throw gitFailure(session.access.remote, command, result);
}

/** For servers that serve no single commit, or not without its history. */
async function fetchDeep(session: GitSession, gitDir: string, wanted: ResolvedGitRef): Promise<void> {
  const refspecs = isCommitSha(wanted.fetch)
    ? ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
    : [`+${wanted.fetch}:refs/tsbuild/fetched`];
  await session.run({ args: ['fetch', '--quiet', 'origin', ...refspecs], gitDir, needsAuth: true });
  const probe = await session.tryRun({ args: ['cat-file', '-e', `${wanted.sha}^{commit}`], gitDir });
  if (probe.exitCode === 0) return;
  throw new TsbuildError(
    'ADD_GIT',
    `${redactUrl(session.access.remote)}: repository does not contain commit ${wanted.sha}`,
  );
}

function checkCommit(sha: string, { remote, checksum }: GitSource): void {
  if (checksum === undefined || sha.startsWith(checksum)) return;
  throw new TsbuildError(
    'ADD_CHECKSUM',
    `${redactUrl(remote)}: expected checksum to match ${checksum}, got ${sha}`,
    {
      hint: 'the branch or tag has moved, or the checksum belongs to another one',
    },
  );
}

/**
 * What was resolved is in cache keys: another commit must not take its place. A tag object given by its id stands for
 * its commit.
 */
function checkUnmoved(sha: string, resolved: ResolvedGitRef, { remote }: GitSource): void {
  if (sha === resolved.sha || isCommitSha(resolved.fetch)) return;
  const moved = `${resolved.fetch} moved from ${resolved.sha} to ${sha} while it was fetched`;
  throw new TsbuildError('ADD_GIT', `${redactUrl(remote)}: ${moved}`, { hint: 'build again' });
}

async function updateSubmodules(session: GitSession, gitDir: string, tree: string): Promise<void> {
  const listed = await session.tryRun({
    args: ['ls-files', '--error-unmatch', '--', '.gitmodules'],
    gitDir,
    workTree: tree,
  });
  if (listed.exitCode !== 0) return;
  const command = {
    args: ['submodule', '--quiet', 'update', '--init', '--recursive'],
    gitDir,
    workTree: tree,
    needsAuth: true,
  };
  const shallow = await session.tryRun({ ...command, args: [...command.args, '--depth=1'] });
  if (shallow.exitCode === 0) return;
  if (!CANNOT_SHALLOW.test(shallow.stderr)) throw gitFailure(session.access.remote, command, shallow);
  await session.run(command);
}

/** Seconds since the epoch. */
async function commitTime(session: GitSession, gitDir: string, sha: string): Promise<number> {
  return Number(await session.run({ args: ['show', '--no-patch', '--format=%ct', sha], gitDir }));
}

/** Takes away what differs from one fetch to the next. */
async function scrubGitDir(session: GitSession, gitDir: string): Promise<void> {
  await session.run({ args: ['reflog', 'expire', '--all', '--expire=now'], gitDir });
  rmSync(join(gitDir, 'FETCH_HEAD'), { force: true });
}
