// From the request to the Dockerfile's text and the way to open the main context.
import { resolve } from 'node:path';
import { findDockerfile, findDockerfileIn } from '../context/find-dockerfile.js';
import { readIgnoreFile } from '../context/ignore-file.js';
import { sniffStdin } from '../context/sniff-stdin.js';
import { openTarContext } from '../context/tar-context.js';
import { TsbuildError } from '../core/errors.js';
import { emptyTree } from '../layer/memory-tree.js';
import type { TreeView } from '../layer/tree-view.js';
import type { BuildRequest } from '../plan/request.js';
import type { DirectoryOpener, OpenContext } from './contexts.js';

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
}

const MAX_DOCKERFILE_BYTES = 16 << 20;
const URL_LIKE = /^(https?|git|ssh):\/\/|^git@|^github\.com\//;

/** @throws TsbuildError DOCKERFILE_NOT_FOUND, CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE, OPTION_CONFLICT, OPTION_UNSUPPORTED */
export async function loadDefinition(request: BuildRequest, sources: DefinitionSources): Promise<Definition> {
  if (request.context === '-') return fromStdin(request, sources);
  if (URL_LIKE.test(request.context))
    throw new TsbuildError('OPTION_UNSUPPORTED', `${request.context}: remote contexts cannot be used yet`, { hint: 'fetch it first and give the directory' });
  return fromDirectory(request, sources);
}

async function fromDirectory(request: BuildRequest, sources: DefinitionSources): Promise<Definition> {
  const context = resolve(sources.cwd, request.context);
  const opener = (dockerfile?: string, name?: string) => (open: DirectoryOpener) => {
    const names = { ...(dockerfile === undefined ? {} : { dockerfile }), ...(name === undefined ? {} : { dockerfileName: name }) };
    return open(context, readIgnoreFile({ context, ...names }));
  };
  if (request.dockerfileText !== undefined) return { text: request.dockerfileText, file: 'Dockerfile', openMain: opener() };
  if (request.dockerfile === '-') return { text: await readText(requireStdin(sources)), file: 'Dockerfile', openMain: opener() };
  const found = findDockerfile({ context, file: request.dockerfile, cwd: sources.cwd });
  return { text: found.text, file: found.name, openMain: opener(found.path, found.name) };
}

async function fromStdin(request: BuildRequest, sources: DefinitionSources): Promise<Definition> {
  if (request.dockerfile === '-')
    throw new TsbuildError('OPTION_CONFLICT', "invalid argument: can't use stdin for both build context and dockerfile", {
      hint: 'give the context as a directory, or put the Dockerfile into the tar',
    });
  const { kind, stream } = await sniffStdin(requireStdin(sources));
  if (kind === 'dockerfile') {
    const text = request.dockerfileText ?? (await readText(stream));
    return { text, file: 'Dockerfile', openMain: () => ({ kind: 'files', view: emptyTree }) };
  }
  const view = await openTarContext({ stream, spool: sources.spool, signal: sources.signal });
  return { ...dockerfileIn(view, request), openMain: () => ({ kind: 'files', view }) };
}

function dockerfileIn(view: TreeView, request: BuildRequest): { text: string; file: string } {
  if (request.dockerfileText !== undefined) return { text: request.dockerfileText, file: 'Dockerfile' };
  const found = findDockerfileIn(view, request.dockerfile);
  return { text: found.text, file: found.name };
}

function requireStdin(sources: DefinitionSources): AsyncIterable<Buffer> {
  if (sources.stdin) return sources.stdin as AsyncIterable<Buffer>;
  throw new TsbuildError('OPTION_INVALID', 'the request reads standard input but none was given');
}

async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_DOCKERFILE_BYTES) throw new TsbuildError('DOCKERFILE_SYNTAX', `the Dockerfile is larger than ${MAX_DOCKERFILE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
