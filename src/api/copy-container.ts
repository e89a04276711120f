// Copies files into a container and out of one, by docker's rules (containers/rules/plan-copy.ts).
import { lstatSync, statSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { filledText, flag, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { parseCopyPlace, type CopyPlace } from '../containers/copy/copy-place.js';
import { readLocal, writeLocal } from '../containers/copy/local-files.js';
import { withContainerFiles } from '../containers/open-container-files.js';
import { planCopy } from '../containers/rules/plan-copy.js';
import { TsbuildError } from '../core/errors.js';
import { writeChunks } from '../export/write-chunks.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { inputOf, outputOf } from '../standard-streams.js';
import { onContainer, type OpenOnContainer } from './on-container.js';

export interface CopyRequest {
  /** `CONTAINER:PATH`, a path of this machine, or `-` for a tar on standard input. One of the two is a container. */
  readonly source: string;
  /** The same; `-`: a tar on standard output. */
  readonly target: string;
  /** Owners are those of the source. Else what is copied belongs to root of the container, or to this user. */
  readonly areOwnersKept?: boolean;
  /** A link at the end of the source stands for what it leads to. */
  readonly isLinkFollowed?: boolean;
}

const copyRequest = object(
  { source: filledText, target: filledText, areOwnersKept: flag, isLinkFollowed: flag },
  ['source', 'target'],
);

type InContainer = Extract<CopyPlace, { kind: 'container' }>;
type Outside = Exclude<CopyPlace, InContainer>;

interface CopyChoice {
  readonly areOwnersKept: boolean;
  readonly isLinkFollowed: boolean;
}

/**
 * @throws TsbuildError CONTAINER_NOT_FOUND, COPY_NOT_FOUND, COPY_CONFLICT, CONTEXT_UNREADABLE, OUTPUT_FAILED, LAYER_*
 * for an archive, OPTION_INVALID, SANDBOX_*, STORE_*, ABORTED
 */
export async function copyContainer(request: CopyRequest, options: BuildOptions = {}): Promise<void> {
  copyRequest(request, 'request');
  const { areOwnersKept = false, isLinkFollowed = false } = request;
  const choice = { areOwnersKept, isLinkFollowed };
  const [source, target] = [parseCopyPlace(request.source), parseCopyPlace(request.target)];
  if (source.kind === 'container' && target.kind === 'container')
    throw new TsbuildError('OPTION_INVALID', 'copying between containers is not supported', {
      hint: 'copy by way of this machine: tsbuild cp A:PATH - | tsbuild cp - B:DIRECTORY',
    });
  if (source.kind === 'container')
    return onContainer(source.container, options, (open) =>
      copyOut(open, source, target as Outside, choice, options),
    );
  if (target.kind === 'container')
    return onContainer(target.container, options, (open) =>
      copyIn(open, source as Outside, target, choice, options),
    );
  throw new TsbuildError('OPTION_INVALID', 'must specify at least one container source', {
    hint: 'write CONTAINER:PATH for the one in the container',
  });
}

async function copyOut(
  { host, record, signal, cwd }: OpenOnContainer,
  { container, path }: InContainer,
  target: Outside,
  { areOwnersKept, isLinkFollowed }: CopyChoice,
  options: BuildOptions,
): Promise<void> {
  const calls = await loadSyscalls();
  await withContainerFiles(host, record, async (files, tree) => {
    const status = await files.status(tree, path, { isLinkFollowed, signal });
    if (!status) throw notInContainer(path, container);
    const reading = { isLinkFollowed, signal } as const;
    if (target.kind === 'stream') {
      const { name } = planCopy(
        { path, isDirectory: status.type === 'dir' },
        { path: '/', found: 'directory' },
      );
      const chunks = files.read(tree, path, { ...reading, name });
      return writeChunks(chunks, { dest: '-', cwd, stdout: () => outputOf(options), signal });
    }
    const whole = resolveKeepingEnd(cwd, target.path);
    const plan = planCopy(
      { path, isDirectory: status.type === 'dir' },
      { path: whole, found: foundAt(statIfThere(whole)) },
    );
    requireDirectory(plan.directory);
    const chunks = files.read(tree, path, { ...reading, name: plan.name });
    await writeLocal(calls, plan.directory, chunks, { areOwnersKept, note: host.note });
  });
}

async function copyIn(
  { host, record, signal, cwd }: OpenOnContainer,
  source: Outside,
  { container, path }: InContainer,
  { areOwnersKept, isLinkFollowed }: CopyChoice,
  options: BuildOptions,
): Promise<void> {
  const calls = await loadSyscalls();
  const local = source.kind === 'local' ? resolveKeepingEnd(cwd, source.path) : undefined;
  const stat = local === undefined ? undefined : requireLocal(local, source, isLinkFollowed);
  await withContainerFiles(host, record, async (files, tree) => {
    const status = await files.status(tree, path, { isLinkFollowed: true, signal });
    const found = status && (status.type === 'dir' ? 'directory' : 'other');
    const writing = { ...(!areOwnersKept && { owner: { uid: 0, gid: 0 } }), signal };
    let devices: readonly string[];
    if (local === undefined) {
      if (found !== 'directory')
        throw new TsbuildError('COPY_CONFLICT', `destination "${container}:${path}" must be a directory`);
      devices = await files.write(tree, path, input(options), writing);
    } else {
      const plan = planCopy({ path: local, isDirectory: stat?.isDirectory() ?? false }, { path, found });
      const real = isLinkFollowed ? await realPath(local) : local;
      const chunks = readLocal(calls, real, { name: plan.name, signal });
      devices = await files.write(tree, plan.directory, chunks, writing);
    }
    for (const device of devices) host.note(`/${device} is a device, which cannot be made, and was left out`);
  });
}

async function realPath(path: string): Promise<string> {
  const { realpath } = await import('node:fs/promises');
  return /\/\.?$/.test(path) ? path : realpath(path);
}

async function* input(options: BuildOptions): AsyncGenerator<Buffer> {
  for await (const chunk of inputOf(options) ?? process.stdin) yield Buffer.from(chunk as Uint8Array);
}

/** A `/` or `/.` at the end says something. */
function resolveKeepingEnd(cwd: string, path: string): string {
  const [end = ''] = /\/\.?$/.exec(path) ?? (path === '.' ? ['/.'] : ['']);
  return resolve(cwd, path).replace(/\/$/, '') + end;
}

function notInContainer(path: string, container: string): TsbuildError {
  return new TsbuildError('COPY_NOT_FOUND', `Could not find the file ${path} in container ${container}`, {
    hint: `tsbuild exec ${container} ls shows what is there, when it runs`,
  });
}

function requireLocal(path: string, source: Outside, isLinkFollowed: boolean): Stats {
  const isFollowed = isLinkFollowed || /\/\.?$/.test(path);
  const found = isFollowed ? statIfThere(path) : lstatSync(path, { throwIfNoEntry: false });
  if (found) return found;
  const shown = source.kind === 'local' ? source.path : path;
  throw new TsbuildError('COPY_NOT_FOUND', `lstat ${shown}: no such file or directory`);
}

function statIfThere(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function foundAt(stat: Stats | undefined): 'directory' | 'other' | undefined {
  if (!stat) return undefined;
  return stat.isDirectory() ? 'directory' : 'other';
}

function requireDirectory(path: string): void {
  if (statIfThere(path)?.isDirectory()) return;
  throw new TsbuildError('OUTPUT_FAILED', `invalid output path: directory "${path}" does not exist`, {
    hint: `make it first: mkdir -p ${path}`,
  });
}
