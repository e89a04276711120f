// The remote sources of one build. Invariant: equal requests are made once, and nothing is done, or loaded, before
// something is asked for; no work begins after the abort that comes before `dispose`.
import { rmSync } from 'node:fs';
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { createOnce } from '../../core/once.js';
import { downloadPath, readDownload } from '../../store/downloads.js';
import type { Store } from '../../store/store.js';
import type { FetchedGit } from '../git/fetch-git.js';
import type { ResolvedGitRef } from '../git/resolve-git-ref.js';
import type { LocalDownload, RemoteOptions, RemoteSources } from './remote-sources.js';

/** To be disposed of at the end of the build, after `signal` was aborted. */
export function createRemoteSources(options: RemoteOptions): RemoteSources {
  const downloads = createOnce<string, LocalDownload>();
  const commits = createOnce<string, ResolvedGitRef>();
  const checkouts = createOnce<string, FetchedGit>();
  const scratch = createScratch(options.store, options.signal);
  return {
    known: (url, digest) => knownDownload(options, url, digest),
    download: (url, { checksum } = {}) =>
      downloads(JSON.stringify([url, checksum]), () =>
        scratch.during(async () => (await import('./download-url.js')).downloadUrl(options, url, checksum)),
      ),
    resolve: (source) =>
      commits(JSON.stringify(source), () =>
        scratch.during(async () => (await import('./git-checkout.js')).resolveCommit(options, source)),
      ),
    checkout: (source, resolved) =>
      checkouts(JSON.stringify([source, resolved.sha]), () =>
        scratch.during(async () => {
          const { checkoutCommit } = await import('./git-checkout.js');
          return checkoutCommit(options, { source, resolved, dir: scratch.path() });
        }),
      ),
    temporaryPath: scratch.path,
    dispose: scratch.dispose,
  };
}

/** The content that the URL had when it was last asked for, if it is the one wanted. */
function knownDownload({ store }: RemoteOptions, url: string, digest: Digest): LocalDownload | undefined {
  const known = URL.canParse(url) ? readDownload(store.paths, url) : undefined;
  return known?.digest === digest ? { ...known, path: downloadPath(store.paths, digest) } : undefined;
}

/** Paths in the store's tmp that live as long as the build, and the work that writes to them. */
interface Scratch {
  /** A new path; nothing is there yet. @throws TsbuildError ABORTED */
  path(): string;
  /** Passes the work's result on. @throws TsbuildError ABORTED */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Removes the paths when no work is left that could write to them. */
  dispose(): Promise<void>;
}

function createScratch(store: Store, signal: AbortSignal): Scratch {
  const paths: string[] = [];
  const running = new Set<Promise<unknown>>();
  const checkRunning = () => {
    if (signal.aborted) throw new TsbuildError('ABORTED', 'the build was interrupted');
  };
  return {
    path() {
      checkRunning();
      const path = store.temporaryPath();
      paths.push(path);
      return path;
    },
    async during(work) {
      checkRunning();
      const promise = work();
      running.add(promise);
      try {
        return await promise;
      } finally {
        running.delete(promise);
      }
    },
    async dispose() {
      await Promise.allSettled(running);
      for (const path of paths.splice(0)) rmSync(path, { recursive: true, force: true });
    },
  };
}
