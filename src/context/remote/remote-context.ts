// Contexts that are named by a URL: repositories, archives, single files. No ignore file counts for them.
// Spec: BuildKit's frontend/dockerui/context.go (DetectGitContext, DetectHTTPContext).
import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fromUtf8 } from '../../core/bytes.js';
import { openDirectoryView } from '../directory-view.js';
import type { GitSource } from '../git/fetch-git.js';
import { parseGitRef } from '../git/parse-git-ref.js';
import { openStatCache } from '../stat-cache.js';
import { newestFileTime } from '../../layer/newest-file.js';
import type { LayerLimits } from '../../layer/limits.js';
import type { BuildRequest } from '../../plan/request.js';
import type { FilesContext } from '../files-context.js';
import type { RemoteSources } from './remote-sources.js';

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/**
 * A repository as the main context; a directory of that name on this machine wins.
 * @throws TsbuildError ADD_GIT for a wrong query
 */
export function gitContext(text: string, cwd: string): GitSource | undefined {
  const source = parseGitRef(text);
  const isLocal = source && statSync(resolve(cwd, text), { throwIfNoEntry: false })?.isDirectory();
  return isLocal ? undefined : source;
}

/**
 * With SOURCE_DATE_EPOCH the files of a context are as old as their commit, unless its URL says otherwise (BuildKit's
 * dockerui).
 */
export function withCommitTimes(
  source: GitSource,
  { buildArgs = {} }: Pick<BuildRequest, 'buildArgs'>,
): GitSource {
  return source.mtime === undefined && buildArgs['SOURCE_DATE_EPOCH']
    ? { ...source, mtime: 'commit' }
    : source;
}

/** The files of a repository. @throws TsbuildError ADD_GIT, ADD_CHECKSUM, ABORTED */
export async function openRepository(remote: RemoteSources, source: GitSource): Promise<FilesContext> {
  const { directory, commitTime } = await remote.checkout(source, await remote.resolve(source));
  return { ...openCheckout(directory), time: async () => commitTime };
}

/** A checkout lives for one build: the hashes of its files are not kept, so the time of a scan does not matter. */
export function openCheckout(root: string): FilesContext {
  const view = openDirectoryView({ root, statCache: openStatCache({ now: () => 0 }) });
  return { kind: 'files', view, whyAbsent: (path) => view.whyAbsent(fromUtf8(path)) };
}

/** What is behind a URL that was given as the main context: an archive is a context, anything else is a Dockerfile. */
export type HttpContext =
  | { readonly kind: 'tar'; readonly context: FilesContext }
  | { readonly kind: 'dockerfile'; readonly stream: AsyncIterable<Buffer> };

/** @throws TsbuildError ADD_REMOTE, LAYER_*, ABORTED */
export async function openHttpContext(
  remote: RemoteSources,
  url: string,
  { signal, limits }: { readonly signal: AbortSignal; readonly limits: LayerLimits },
): Promise<HttpContext> {
  const { path, lastModified } = await remote.download(url);
  const { sniffStdin } = await import('../sniff-stdin.js');
  const { kind, stream } = await sniffStdin(createReadStream(path, { highWaterMark: 1 << 18 }));
  if (kind === 'dockerfile') return { kind, stream };
  const { parseHttpDate } = await import('./url-file.js');
  const { openTarContext } = await import('../tar-context.js');
  const view = await openTarContext({ stream, spool: remote.temporaryPath(), signal, limits });
  const time = async () => parseHttpDate(lastModified) ?? newestFileTime(view);
  return { kind, context: { kind: 'files', view, time } };
}
