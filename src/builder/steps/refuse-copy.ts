// What BuildKit refuses of a COPY or ADD before anything runs: its dispatchCopy
// (frontend/dockerfile/dockerfile2llb/convert_copy.go), whose order of checks is kept. What a source is and which modes
// there are, the plan does not know by itself.
import { TsbuildError } from '../../core/errors.js';
import { parseChecksum } from '../../context/remote/parse-checksum.js';
import { parseGitSource } from '../../context/git/parse-git-ref.js';
import { parseChmod } from '../../layer/copy/chmod.js';
import type { CopyStep } from '../../plan/step.js';
import { isHttpUrl } from '../../context/remote/remote-context.js';
import { isRemoteSource } from './add-remote.js';
import { gitSourceOf } from './git-source.js';

/** @throws TsbuildError DOCKERFILE_SYNTAX, ADD_GIT, ADD_CHECKSUM */
export function refuseCopy(step: CopyStep): void {
  if (step.chmod !== undefined) parseChmod(step.chmod);
  if (step.checksum !== undefined) refuseMisplacedChecksum(step);
  for (const source of step.sources) refuseSource(step, source);
}

function refuseMisplacedChecksum({ sources }: CopyStep): void {
  if (sources.length !== 1)
    throw new TsbuildError('DOCKERFILE_SYNTAX', "checksum can't be specified for multiple sources");
  if (!isRemoteSource(sources[0]!))
    throw new TsbuildError('DOCKERFILE_SYNTAX', 'checksum requires HTTP(S) or Git sources');
}

function refuseSource(step: CopyStep, source: string): void {
  const git = parseGitSource(source);
  if (!git && !isHttpUrl(source)) return;
  if (step.kind === 'copy')
    throw new TsbuildError('DOCKERFILE_SYNTAX', `source can't be a ${git ? 'git ref' : 'URL'} for COPY`, {
      hint: 'use ADD',
    });
  if (git) gitSourceOf(git, step);
  else if (step.checksum !== undefined) parseChecksum(step.checksum);
}
