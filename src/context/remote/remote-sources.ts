// Everything a build takes from outside that is not an image: URLs and git repositories, for ADD and for contexts.
// Invariant: after `dispose` nothing of it runs and nothing is left in the store's tmp.
import type { Digest } from '../../core/digest.js';
import type { Emitter } from '../../core/step-events.js';
import type { Download } from '../../store/downloads.js';
import type { Store } from '../../store/store.js';
import type { FetchedGit, GitSource } from '../git/fetch-git.js';
import type { ResolvedGitRef } from '../git/resolve-git-ref.js';
import type { FetchUrl } from './http-source.js';

/** A download whose bytes lie at `path`. */
export interface LocalDownload extends Download {
  /** Host path; belongs to the store. */
  readonly path: string;
}

export interface RemoteSources {
  /** The content of that URL if it is known to have this digest; nothing is asked. */
  known(url: string, digest: Digest): LocalDownload | undefined;
  /**
   * The content of an http(s) URL as it is now; an unchanged one is not transferred again.
   * @throws TsbuildError ADD_REMOTE, ADD_CHECKSUM, ABORTED, STORE_FULL
   */
  download(url: string, options?: { readonly checksum?: string | undefined }): Promise<LocalDownload>;
  /** The commit that a repository's ref means. @throws TsbuildError ADD_GIT, ADD_CHECKSUM, ABORTED */
  resolve(source: GitSource): Promise<ResolvedGitRef>;
  /**
   * The files of that commit in a host directory that lasts until the end of the build.
   * @throws TsbuildError ADD_GIT, ADD_CHECKSUM, ABORTED
   */
  checkout(source: GitSource, resolved: ResolvedGitRef): Promise<FetchedGit>;
  /** A path in the store's tmp that is removed at the end of the build. */
  temporaryPath(): string;
  /** Waits for what still runs, which is to be aborted first, and removes checkouts and temporary files. */
  dispose(): Promise<void>;
}

/** The means of fetching from outside. */
export interface RemoteOptions extends Emitter {
  readonly store: Store;
  /** For git. */
  readonly env: NodeJS.ProcessEnv;
  /** For credentials. */
  readonly secrets: { read(id: string): Buffer | undefined };
  /** For git over ssh: the socket of an agent by its id. */
  readonly ssh: { socketOf(id: string): Promise<string | undefined> };
  readonly signal: AbortSignal;
  /** Made on first use. */
  transport(): Promise<{ readonly fetchUrl: FetchUrl }>;
}
