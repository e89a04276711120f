// ADD of a git repository (BuildKit's source/git/source.go). The key holds the commit, so a cached step clones nothing.
import { fromUtf8 } from '../../core/bytes.js';
import { canonicalJson } from '../../core/canonical-json.js';
import type { GitSource } from '../../context/git/fetch-git.js';
import type { GitRef } from '../../context/git/parse-git-ref.js';
import { selectSources } from '../../layer/copy/select-sources.js';
import type { CopyStep } from '../../plan/step.js';
import { openCheckout } from '../../context/remote/remote-context.js';
import type { StageRun } from '../stage-run.js';
import { gitSourceOf } from './git-source.js';
import type { PendingSource, Selected } from './pending-source.js';

export async function planGitSource(run: StageRun, step: CopyStep, ref: GitRef): Promise<PendingSource> {
  const { remote } = run.tools;
  const source = gitSourceOf(ref, step);
  const resolved = await remote.resolve(source);
  return {
    content: `git ${canonicalJson({ ...identityOf(source), sha: resolved.sha, excludes: step.excludes })}`,
    open: async () => select(step, (await remote.checkout(source, resolved)).directory),
  };
}

/** What makes a difference to the files beside the commit. `.git` also knows the branch. */
function identityOf({ remote, ref, subdir, keepGitDir, submodules, mtime }: GitSource) {
  const isKept = keepGitDir === true;
  return {
    remote: remote.replace(/^(\w+:\/\/)[^/@]*@/, '$1'),
    subdir,
    isKept,
    ref: isKept ? ref : undefined,
    submodules: submodules !== false,
    mtime: mtime ?? 'checkout',
  };
}

function select(step: CopyStep, directory: string): Selected {
  const { view } = openCheckout(directory);
  const selection = selectSources(view, {
    sources: [fromUtf8('.')],
    wildcards: 'literal',
    excludes: step.excludes,
    origin: 'git',
  });
  return { selection, origin: { view: async () => view, isLayered: false, layers: [] }, isUnpacked: false };
}
