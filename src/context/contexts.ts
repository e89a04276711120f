// The contexts of a build: the main one and the named ones, each opened at most once and only when something needs it.
import { resolve } from 'node:path';
import { fromUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { parseLayoutReference } from '../oci/layout-reference.js';
import { openDirectoryView, resolveRoot } from './directory-view.js';
import type { IgnoreRules } from './ignore-file.js';
import { readIgnoreFile } from './read-ignore-file.js';
import { openStatCache, statCacheFile, type StatCache } from './stat-cache.js';
import { parseGitSource } from './git/parse-git-ref.js';
import type { LayerLimits } from '../layer/limits.js';
import type { BuildRequest } from '../plan/request.js';
import type { FilesContext } from './files-context.js';
import { isHttpUrl, openRepository, withCommitTimes } from './remote/remote-context.js';
import type { RemoteSources } from './remote/remote-sources.js';

/** A context after a look at its value. An image is resolved by its user, since that needs a platform. */
export type OpenContext =
  | FilesContext
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'layout'; readonly path: string; readonly reference: string | undefined }
  /** The image of another target of the same bake. */
  | { readonly kind: 'target'; readonly target: string };

export interface ContextSet {
  main(): Promise<OpenContext>;
  named(name: string): Promise<OpenContext>;
  readonly names: ReadonlySet<string>;
  /** Whether a file that was looked at has very likely changed since the last build. */
  hasNews(): boolean;
  /** How much of files of this machine was read so far, to know whether they have changed. */
  bytesRead(): number;
  /** Writes the records of the files, for the next build. */
  save(): void;
}

export interface ContextOptions {
  readonly cwd: string;
  /** Opens the main context; the Dockerfile may come out of it, so the caller decides how. */
  openMain(open: DirectoryOpener): OpenContext;
  readonly named: Readonly<Record<string, string>>;
  readonly request: Pick<BuildRequest, 'buildArgs'>;
  readonly limits: LayerLimits;
  readonly signal: AbortSignal;
  readonly statDir: string;
  readonly remote: RemoteSources;
  /** Takes something that the user should know. */
  readonly note: (message: string) => void;
  now(): number;
}

export type DirectoryOpener = (root: string, ignore: IgnoreRules | undefined) => FilesContext;

/** @throws TsbuildError CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE of a named directory */
export function createContexts(options: ContextOptions): ContextSet {
  requireDirectories(options);
  const opened = new Map<string, Promise<OpenContext>>();
  const caches: StatCache[] = [];
  const openDirectory: DirectoryOpener = (root, ignore) => {
    const statCache = openStatCache({
      file: statCacheFile(options.statDir, root),
      now: () => options.now() * 1000,
    });
    caches.push(statCache);
    const open = () => openDirectoryView({ root, ignore, statCache });
    const view = open();
    return { kind: 'files', view, whyAbsent: (path) => view.whyAbsent(fromUtf8(path)), lookAgain: open };
  };
  const once = (name: string, open: () => Promise<OpenContext>) => {
    if (!opened.has(name)) opened.set(name, open());
    return opened.get(name)!;
  };
  return {
    names: new Set(Object.keys(options.named)),
    main: () => once('', async () => options.openMain(openDirectory)),
    named: (name) => once(`named ${name}`, async () => openNamed(name, options, openDirectory)),
    hasNews: () => caches.some((cache) => cache.hasNews()),
    bytesRead: () => caches.reduce((sum, cache) => sum + cache.bytesRead(), 0),
    save: () => caches.forEach((cache) => cache.save()),
  };
}

/** @throws TsbuildError CONTEXT_NOT_FOUND, ADD_GIT, ADD_REMOTE */
async function openNamed(
  name: string,
  options: ContextOptions,
  openDirectory: DirectoryOpener,
): Promise<OpenContext> {
  const value = options.named[name]!;
  const { remote } = options;
  if (value.startsWith('docker-image://'))
    return { kind: 'image', reference: value.slice('docker-image://'.length) };
  if (value.startsWith('target:')) return { kind: 'target', target: value.slice('target:'.length) };
  const layout = parseLayoutReference(value);
  if (layout) return { kind: 'layout', ...layout, path: resolve(options.cwd, layout.path) };
  const repository = parseGitSource(value);
  if (repository) return openRepository(remote, withCommitTimes(repository, options.request));
  if (isHttpUrl(value)) return openFile(value, options);
  const root = resolve(options.cwd, value);
  return openDirectory(root, readIgnoreFile({ context: root, onNote: options.note }));
}

/** Also of a context that nothing uses, as buildx does: its name may be the mistake. */
function requireDirectories({ named, cwd }: Pick<ContextOptions, 'named' | 'cwd'>): void {
  for (const [name, value] of Object.entries(named)) {
    if (!isDirectoryName(value)) continue;
    try {
      resolveRoot(resolve(cwd, value));
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      throw error.with({ message: `the named context ${name}: ${error.message}`, hint: NAME_CONTEXT });
    }
  }
}

const NAME_CONTEXT =
  'a named context is a directory, docker-image://NAME, oci-layout://PATH, or the URL of a repository or file';

function isDirectoryName(value: string): boolean {
  if (value.startsWith('docker-image://') || value.startsWith('target:')) return false;
  return !parseLayoutReference(value) && !parseGitSource(value) && !isHttpUrl(value);
}

/** BuildKit gives the file of the URL as it is, an archive too. */
async function openFile(url: string, { remote, limits, signal }: ContextOptions): Promise<FilesContext> {
  const { timeOfDownload, urlFile } = await import('./remote/url-file.js');
  const download = await remote.download(url);
  const time = () => timeOfDownload(download, { limits, signal });
  return { kind: 'files', view: urlFile(url, download).view, time };
}
