// What an ADD asks of a git repository, in its URL and with flags (the Dockerfile reference, "Adding files from
// a Git repository").
import { TsbuildError } from '../../core/errors.js';
import type { GitSource } from '../../context/git/fetch-git.js';
import type { GitRef } from '../../context/git/parse-git-ref.js';
import type { CopyStep } from '../../plan/step.js';

/** @throws TsbuildError DOCKERFILE_SYNTAX when URL and flags disagree */
export function gitSourceOf(ref: GitRef, step: Pick<CopyStep, 'keepGitDir' | 'checksum'>): GitSource {
  const keepGitDir = agreed(ref.keepGitDir, step.keepGitDir, 'inconsistent keep-git-dir configuration');
  const checksum = agreed(
    ref.checksum,
    step.checksum,
    `checksum mismatch ${JSON.stringify(step.checksum)} != ${JSON.stringify(ref.checksum)}`,
  );
  return {
    ...ref,
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(checksum === undefined ? {} : { checksum }),
  };
}

function agreed<T>(query: T | undefined, flag: T | undefined, conflict: string): T | undefined {
  if (query === undefined || flag === undefined || query === flag) return query ?? flag;
  throw new TsbuildError('DOCKERFILE_SYNTAX', conflict, { hint: 'say it in the URL or with the flag' });
}
