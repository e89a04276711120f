// Which repository and commit a directory of this machine lies in, for a provenance (buildx's build/git.go). The files
// of git are read, git is not started: the configuration of a directory that is built could make it start others.
// Spec: gitrepository-layout(5), git-config(1).
import { dirname, join, relative, resolve } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import { readSmallFile } from '../../host/read-small-file.js';
import { isCommitSha } from './resolve-git-ref.js';

export interface LocalRepository {
  /** Host path of the work tree. */
  readonly root: string;
  /** The commit that is checked out; absent before the first one. */
  readonly revision?: string;
  /** URL of the remote, without user info. */
  readonly source?: string;
}

/** Undefined when the directory lies in no repository. What cannot be read is not known. */
export function findLocalRepository(directory: string): LocalRepository | undefined {
  for (let root = resolve(directory); ; root = dirname(root)) {
    const gitDir = gitDirOf(root);
    const head = gitDir === undefined ? undefined : read(gitDir, 'HEAD')?.trim();
    if (gitDir !== undefined && head !== undefined) return describe(root, gitDir, head);
    if (root === dirname(root)) return undefined;
  }
}

/** Where that directory lies in its repository, `.` for the root; undefined outside of it. */
export function placeIn({ root }: LocalRepository, directory: string): string | undefined {
  const place = relative(root, directory);
  return place.startsWith('..') ? undefined : place || '.';
}

/** A worktree and a submodule have a file that tells where it is. */
function gitDirOf(root: string): string | undefined {
  const path = join(root, '.git');
  if (read(path, 'HEAD') !== undefined) return path;
  const [, elsewhere] = /^gitdir: (.+)$/m.exec(read(root, '.git') ?? '') ?? [];
  return elsewhere === undefined ? undefined : resolve(root, elsewhere);
}

function describe(root: string, gitDir: string, head: string): LocalRepository {
  const common = resolve(gitDir, read(gitDir, 'commondir')?.trim() ?? '.');
  const [, name] = /^ref: (\S+)$/.exec(head) ?? [];
  const revision = name === undefined ? head : commitOf(gitDir, common, name);
  const source = remoteUrl(read(common, 'config') ?? '', name);
  return {
    root,
    ...(revision !== undefined && isCommitSha(revision) && { revision }),
    ...(source !== undefined && { source: redactUrl(source) }),
  };
}

function commitOf(gitDir: string, common: string, name: string): string | undefined {
  if (name.split('/').includes('..')) return undefined;
  const loose = read(gitDir, name) ?? read(common, name);
  if (loose !== undefined) return loose.trim();
  const lines = (read(common, 'packed-refs') ?? '').split('\n').map((line) => line.split(' '));
  return lines.find(([, packed]) => packed === name)?.[0];
}

/** That of the branch, else `origin`, else `upstream`, as buildx looks for it. */
function remoteUrl(config: string, head: string | undefined): string | undefined {
  const values = parseConfig(config);
  const ofBranch = values.get(`branch "${head?.replace('refs/heads/', '')}" remote`);
  const names = [...(ofBranch === undefined ? [] : [ofBranch]), 'origin', 'upstream'];
  return names.map((name) => values.get(`remote "${name}" url`)).find((url) => url !== undefined);
}

/** `section "sub" key` to its first value. */
function parseConfig(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    const [, header] = /^\s*\[(.*)\]\s*$/.exec(line) ?? [];
    if (header !== undefined) section = header;
    const [, key, value] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const name = `${section} ${key?.toLowerCase()}`;
    if (key !== undefined && !values.has(name)) values.set(name, value!.replace(/^"(.*)"$/, '$1'));
  }
  return values;
}

/** Larger ones are no files of git that are read here. */
const MAX_BYTES = 16 << 20;

function read(directory: string, name: string): string | undefined {
  try {
    return readSmallFile({ path: join(directory, name), name, maxBytes: MAX_BYTES })?.toString('utf8');
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}
