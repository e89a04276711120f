// The remote sources of one build. Invariant: equal requests are made once, and nothing is done, or loaded, before something is asked
// for.
import { createOnce } from '../../core/once.js';
import { knownDownload } from './known-download.js';
import type { RemoteOptions } from './remote-options.js';
import type { FetchedGit } from '../git/fetch-git.js';
import type { ResolvedGitRef } from '../git/resolve-git-ref.js';
import type { LocalDownload, RemoteSources } from './remote-sources.js';
import { createScratch } from './scratch.js';

/** To be disposed of at the end of the build, after `signal` was aborted. */
export function createRemoteSources(options: RemoteOptions): RemoteSources {
  const downloads = createOnce<string, LocalDownload>();
  const commits = createOnce<string, ResolvedGitRef>();
  const checkouts = createOnce<string, FetchedGit>();
  const scratch = createScratch(options.store, options.signal);
  return {
    known: (url, digest) => knownDownload(options, url, digest),
    download: (url, { checksum } = {}) =>
      downloads(`${JSON.stringify([url, checksum])}`, () =>
        scratch.during(async () => (await import('./download-url.js')).downloadUrl(options, url, checksum)),
      ),
    resolve: (source) =>
      commits(`${JSON.stringify(source)}`, () =>
        scratch.during(async () => (await import('./git-checkout.js')).resolveCommit(options, source)),
      ),
    checkout: (source, resolved) =>
      checkouts(`${JSON.stringify([source, resolved.sha])}`, () =>
        scratch.during(async () => {
          const { checkoutCommit } = await import('./git-checkout.js');
          return checkoutCommit(options, { source, resolved, dir: scratch.path() });
        }),
      ),
    temporaryPath: scratch.path,
    dispose: scratch.dispose,
  };
}
