// Which sources of an ADD are not files of the context (dockerfile.md 1.7, decided per source: git, then URL, then path), and what COPY
// says of them.
import { TsbuildError } from '../../core/errors.js';
import { parseGitSource } from '../../context/git/parse-git-ref.js';
import type { CopyStep } from '../../plan/step.js';
import { isHttpUrl } from '../remote/remote-context.js';
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
  const isUrl = !git && isHttpUrl(source);
  checkStep(step, git ? 'a git ref' : isUrl ? 'a URL' : undefined);
  if (git) return (await import('./add-git.js')).planGitSource(run, step, git);
  return isUrl ? (await import('./add-url.js')).planUrlSource(run, step, source) : undefined;
}

/** BuildKit's dispatchCopy. */
function checkStep(step: CopyStep, what: 'a git ref' | 'a URL' | undefined): void {
  if (step.kind === 'copy' && what !== undefined)
    throw new TsbuildError('DOCKERFILE_SYNTAX', `source can't be ${what} for COPY`, { hint: 'use ADD' });
  if (step.checksum === undefined) return;
  if (step.sources.length !== 1)
    throw new TsbuildError('DOCKERFILE_SYNTAX', "checksum can't be specified for multiple sources");
  if (what === undefined)
    throw new TsbuildError('DOCKERFILE_SYNTAX', 'checksum requires HTTP(S) or Git sources');
}
