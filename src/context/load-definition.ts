// From the request to the Dockerfile's text and the way to open the main context.
// Spec: BuildKit's frontend/dockerui/context.go (initContext), which looks at the same kinds of contexts.
import { createReadStream } from 'node:fs';
import { posix, resolve } from 'node:path';
import { findDockerfile, findDockerfileIn } from './find-dockerfile.js';
import { resolveRoot } from './directory-view.js';
import type { GitSource } from './git/fetch-git.js';
import { readIgnoreFile } from './read-ignore-file.js';
import { TsbuildError } from '../core/errors.js';
import { parseGoBool } from '../core/go-bool.js';
import { redactUrl } from '../core/redact.js';
import type { LayerLimits } from '../layer/limits.js';
import { newestFileTime } from '../layer/newest-file.js';
import { emptyTree } from '../layer/memory-tree.js';
import type { BuildRequest } from '../plan/request.js';
import type { DirectoryOpener, OpenContext } from './contexts.js';
import type { FilesContext } from './files-context.js';
import {
  gitContext,
  isHttpUrl,
  openHttpContext,
  openRepository,
  withCommitTimes,
} from './remote/remote-context.js';
import type { RemoteSources } from './remote/remote-sources.js';

export interface Definition {
  readonly text: string;
  /** As shown in messages. */
  readonly file: string;
  openMain(open: DirectoryOpener): OpenContext;
}

export interface DefinitionSources {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream | undefined;
  /** A path for the tar that comes on stdin; it must outlive the build. */
  readonly spool: string;
  readonly signal: AbortSignal;
  /** For a context that is an archive. */
  readonly limits: LayerLimits;
  readonly remote: RemoteSources;
  /** Takes something that the user should know. */
  note?(message: string): void;
}

/** The Dockerfile alone. */
type DockerfileText = Pick<Definition, 'text' | 'file'>;

const MAX_DOCKERFILE_BYTES = 16 << 20;
const EMPTY_CONTEXT: FilesContext = { kind: 'files', view: emptyTree };

/**
 * @throws TsbuildError DOCKERFILE_NOT_FOUND, CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE, OPTION_CONFLICT, ADD_GIT,
 * ADD_REMOTE
 */
export async function loadDefinition(request: BuildRequest, sources: DefinitionSources): Promise<Definition> {
  if (request.context === '-') return fromStdin(request, sources);
  const repository = mainRepository(request, sources.cwd);
  if (repository) return fromRepository(request, repository, sources);
  if (isHttpUrl(request.context)) return fromUrl(request, sources);
  return fromDirectory(request, sources);
}

async function fromDirectory(request: BuildRequest, sources: DefinitionSources): Promise<Definition> {
  const context = resolve(sources.cwd, request.context);
  // When the context is missing, the error is about it and not about the Dockerfile in it.
  resolveRoot(context);
  const opener = (dockerfile?: string, name?: string) => (open: DirectoryOpener) => {
    const query = { context, dockerfile, dockerfileName: name, onNote: sources.note };
    return open(context, readIgnoreFile(query));
  };
  const given = await dockerfileApart(request, sources);
  if (given) return { ...given, openMain: opener() };
  const found = findDockerfile({ context, file: request.dockerfile, cwd: sources.cwd });
  return { text: found.text, file: found.name, openMain: opener(found.path, found.name) };
}

async function fromStdin(request: BuildRequest, sources: DefinitionSources): Promise<Definition> {
  if (request.dockerfile === '-')
    throw new TsbuildError(
      'OPTION_CONFLICT',
      "invalid argument: can't use stdin for both build context and dockerfile",
      {
        hint: 'give the context as a directory, or put the Dockerfile into the tar',
      },
    );
  const { spool, signal, limits } = sources;
  const { sniffStdin } = await import('./sniff-stdin.js');
  const { kind, stream } = await sniffStdin(requireStdin(sources));
  if (kind === 'dockerfile') return withEmptyContext(request, stream);
  const { openTarContext } = await import('./tar-context.js');
  const view = await openTarContext({ stream, spool, signal, limits });
  return withContext(request, sources, { kind: 'files', view, time: async () => newestFileTime(view) });
}

async function fromRepository(
  request: BuildRequest,
  repository: GitSource,
  sources: DefinitionSources,
): Promise<Definition> {
  return withContext(request, sources, await openRepository(sources.remote, repository));
}

/** The repository that the main context is, as it is asked for; undefined for a context of another kind. */
export function mainRepository(request: BuildRequest, cwd: string): GitSource | undefined {
  const repository = gitContext(request.context, cwd);
  if (!repository) return undefined;
  const keepGitDir =
    repository.keepGitDir ?? parseGoBool(request.buildArgs?.['BUILDKIT_CONTEXT_KEEP_GIT_DIR'] ?? '') ?? false;
  return { ...withCommitTimes(repository, request), keepGitDir };
}

async function fromUrl(request: BuildRequest, sources: DefinitionSources): Promise<Definition> {
  const { context } = request;
  const opened = await openHttpContext(sources.remote, context, sources);
  if (opened.kind === 'tar') return withContext(request, sources, opened.context);
  const definition = await withEmptyContext(request, opened.stream);
  if (!/^\s*<(!doctype|html)\b/i.test(definition.text)) return definition;
  throw new TsbuildError(
    'CONTEXT_UNREADABLE',
    `${redactUrl(context)} is a web page, not a Dockerfile or an archive`,
    {
      hint: 'the URL of a git repository ends in .git',
    },
  );
}

/** A context that holds the Dockerfile, unless that was given apart. */
async function withContext(
  request: BuildRequest,
  sources: DefinitionSources,
  context: FilesContext,
): Promise<Definition> {
  const openMain = () => context;
  const given = await dockerfileApart(request, sources);
  if (given) return { ...given, openMain };
  const found = findDockerfileIn(context.view, request.dockerfile);
  return { text: found.text, file: found.name, openMain };
}

async function withEmptyContext(request: BuildRequest, stream: AsyncIterable<Buffer>): Promise<Definition> {
  const text = request.dockerfileText ?? (await readText(stream));
  return { text, file: 'Dockerfile', openMain: () => EMPTY_CONTEXT };
}

/** The Dockerfile when it is not a file of the context or of this machine: given as text, on stdin, or as a URL. */
async function dockerfileApart(
  request: BuildRequest,
  sources: DefinitionSources,
): Promise<DockerfileText | undefined> {
  const { dockerfile, dockerfileText } = request;
  if (dockerfileText !== undefined) return { text: dockerfileText, file: 'Dockerfile' };
  if (dockerfile === '-') return { text: await readText(requireStdin(sources)), file: 'Dockerfile' };
  if (dockerfile === undefined || !isHttpUrl(dockerfile)) return undefined;
  const { path } = await sources.remote.download(dockerfile);
  return { text: await readText(createReadStream(path)), file: posix.basename(redactUrl(dockerfile)) };
}

/** Go's strconv.ParseBool, with anything else as false. */
function requireStdin(sources: DefinitionSources): AsyncIterable<Buffer> {
  if (sources.stdin) return sources.stdin as AsyncIterable<Buffer>;
  throw new TsbuildError('OPTION_INVALID', 'the request reads standard input but none was given');
}

async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_DOCKERFILE_BYTES)
      throw new TsbuildError(
        'DOCKERFILE_SYNTAX',
        `the Dockerfile is larger than ${MAX_DOCKERFILE_BYTES} bytes`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
