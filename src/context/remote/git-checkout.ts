// A git repository of a build: its commit is looked up without a clone; the files come when they are needed.
// Spec: BuildKit's source/git/source.go.
import { redactUrl } from '../../core/redact.js';
import {
  fetchGit,
  resolveGitSource,
  type FetchedGit,
  type FetchGitOptions,
  type GitSource,
} from '../git/fetch-git.js';
import type { ResolvedGitRef } from '../git/resolve-git-ref.js';
import type { RemoteOptions } from './remote-sources.js';
import { reportStep } from '../../core/step-events.js';

export async function resolveCommit(options: RemoteOptions, source: GitSource): Promise<ResolvedGitRef> {
  return resolveGitSource(source, { ...(await accessOf(options)), cwd: options.store.paths.tmp });
}

/** The files of that commit, below `dir`, which must not exist. */
export function checkoutCommit(
  options: RemoteOptions,
  checkout: Pick<FetchGitOptions, 'source' | 'dir'> & { readonly resolved: ResolvedGitRef },
): Promise<FetchedGit> {
  const { remote, subdir } = checkout.source;
  const name = `[internal] load git source ${redactUrl(remote)}#${checkout.resolved.sha}${subdir === undefined ? '' : `:${subdir}`}`;
  return reportStep(options, { id: `${name} ${checkout.dir}`, name }, async () =>
    fetchGit({ ...checkout, ...(await accessOf(options)) }),
  );
}

async function accessOf(options: RemoteOptions) {
  return {
    env: options.env,
    signal: options.signal,
    secretOf: (id: string) => options.secrets.read(id)?.toString('utf8'),
    // The agent given as `--ssh default`; without it ssh has the user's own keys only.
    sshAuthSock: await options.ssh.socketOf('default'),
  };
}
