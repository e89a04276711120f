// Which sources of an ADD are not files of the context: each may be a git repository, else a URL, else it is a path.
// Spec: BuildKit's dockerfile2llb/convert_copy.go (dispatchCopy).
import { parseGitSource } from '../../context/git/parse-git-ref.js';
import type { CopyStep } from '../../plan/step.js';
import { isHttpUrl } from '../../context/remote/remote-context.js';
import type { StageRun } from '../stage-run.js';
import type { PendingSource } from './pending-source.js';

/** A git repository or a URL, rather than a path. @throws TsbuildError ADD_GIT for a git URL that cannot be read */
export function isRemoteSource(source: string): boolean {
  return parseGitSource(source) !== undefined || isHttpUrl(source);
}

/**
 * Undefined for a path of the context.
 * @throws TsbuildError DOCKERFILE_SYNTAX, ADD_GIT, ADD_REMOTE, ADD_CHECKSUM, ABORTED
 */
export async function planRemoteSource(
  run: StageRun,
  step: CopyStep,
  source: string,
): Promise<PendingSource | undefined> {
  const git = parseGitSource(source);
  if (git || isHttpUrl(source)) run.lookAhead();
  if (git) return (await import('./add-git.js')).planGitSource(run, step, git);
  return isHttpUrl(source) ? (await import('./add-url.js')).planUrlSource(run, step, source) : undefined;
}
