// Which Dockerfile is read: `-f`, else `Dockerfile`, else `dockerfile` (buildx's handleLowercaseDockerfile). It is read
// beside the context, not through it: ignore rules do not hide it from the builder. Links lead to files of the
// context.
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fromUtf8, toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { tracePath } from '../layer/resolve-path.js';
import type { TreeView } from '../layer/tree-view.js';
import { errnoOf } from '../core/errno.js';
import { definitionFile, readDefinitionFile } from './definition-root.js';
import { nearestName } from './why-absent.js';

export interface FoundDockerfile {
  /** Name as shown: what the user wrote, or `Dockerfile`. */
  readonly name: string;
  readonly text: string;
  /** Host path; absent when it came out of an archive or a repository. */
  readonly path?: string;
}

const DEFAULT_NAME = 'Dockerfile';
const MAX_BYTES = 16 * 1024 * 1024;
const NEAR_NAME = /dockerfile|containerfile/i;

export interface LocalDockerfileQuery {
  /** Host path of the context directory. */
  readonly context: string;
  /** `-f`, relative to `cwd`. */
  readonly file?: string | undefined;
  readonly cwd: string;
}

/** @throws TsbuildError DOCKERFILE_NOT_FOUND with near names as hint, CONTEXT_UNREADABLE */
export function findDockerfile({ context, file, cwd }: LocalDockerfileQuery): FoundDockerfile {
  const root = resolve(cwd, context);
  const path = file === undefined ? join(root, DEFAULT_NAME) : resolve(cwd, file);
  for (const { candidate, name } of spellings(path, file)) {
    const found = definitionFile(root, candidate);
    const data = found && readDefinitionFile(found, { name, maxBytes: MAX_BYTES });
    if (data) return { name, text: data.toString('utf8'), path: candidate };
  }
  throw notFound(basename(path), namesIn(dirname(path)));
}

/** `dockerfile` stands in for `Dockerfile`, whether that was asked for or is the default. */
function spellings(
  path: string,
  file: string | undefined,
): { readonly candidate: string; readonly name: string }[] {
  const asked = { candidate: path, name: file ?? DEFAULT_NAME };
  if (basename(path) !== DEFAULT_NAME) return [asked];
  return [asked, { candidate: join(dirname(path), lowerCase(DEFAULT_NAME)), name: lowerCase(asked.name) }];
}

function lowerCase(name: string): string {
  return name.replace(/Dockerfile$/, 'dockerfile');
}

/**
 * The Dockerfile of a context that is not a host directory. `file` is relative to its root; links are followed inside
 * it.
 * @throws TsbuildError DOCKERFILE_NOT_FOUND, CONTEXT_UNREADABLE
 */
export function findDockerfileIn(view: TreeView, file?: string): FoundDockerfile {
  const asked = file ?? DEFAULT_NAME;
  const names = basename(asked) === DEFAULT_NAME ? [asked, lowerCase(asked)] : [asked];
  for (const name of names) {
    const trace = tracePath(view, fromUtf8(name), { followLast: true });
    const node = trace.kind === 'path' ? view.get(trace.path) : undefined;
    if (trace.kind !== 'path' || !node) continue;
    if (node.type !== 'file') {
      const what = node.type === 'dir' ? 'is a directory' : 'not a regular file';
      throw new TsbuildError('CONTEXT_UNREADABLE', `cannot read ${name}: ${what}`, {
        hint: 'name a file in it',
      });
    }
    return { name, text: view.read(trace.path, MAX_BYTES).toString('utf8') };
  }
  const directory = tracePath(view, fromUtf8(dirname(asked)), { followLast: true });
  const known =
    directory.kind === 'path' ? view.children(directory.path).map((name: ByteString) => toUtf8(name)) : [];
  throw notFound(basename(asked), known);
}

function notFound(name: string, known: readonly string[]): TsbuildError {
  const near = known.filter((other) => NEAR_NAME.test(other) && !/\.dockerignore$/i.test(other));
  const nearest = nearestName(name, known);
  const listed = [...new Set([...(nearest === undefined ? [] : [nearest]), ...near])].slice(0, 5);
  return new TsbuildError(
    'DOCKERFILE_NOT_FOUND',
    `failed to read dockerfile: open ${name}: no such file or directory`,
    {
      hint:
        listed.length > 0
          ? `there is ${listed.map((other) => JSON.stringify(other)).join(', ')}: choose the file with -f`
          : 'write a Dockerfile, or choose one with -f',
    },
  );
}

/** For a hint only: a directory that cannot be listed has no near names. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}
