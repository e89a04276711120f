// `initProject`: a Dockerfile and a .dockerignore for a JavaScript project.
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { filledText, flag, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import { replaceFile } from '../export/replace-file.js';
import { readSmallFile } from '../host/read-small-file.js';
import { detectProject, type Manifest } from '../init/detect.js';
import type { Project } from '../init/project.js';
import { portOf, renderDockerfile } from '../init/render-dockerfile.js';
import { renderIgnore } from '../init/render-ignore.js';
import { workspaceFolders } from '../init/workspace-folders.js';
import { refuseAborted } from '../validate-arguments.js';

export interface InitRequest {
  /** Folder of the project; default the current directory. */
  readonly path?: string;
  /** Files that are there are written over. */
  readonly force?: boolean;
  /** Nothing is written. */
  readonly dryRun?: boolean;
}

export interface InitFile {
  /** Relative to the folder of the project. */
  readonly path: string;
  readonly content: string;
}

export interface InitResult {
  /** `npm`, `pnpm`, `yarn`, `bun` */
  readonly manager: string;
  /** `next`, `vite`, `nest`, `node` */
  readonly framework: string;
  /** That the container listens on. */
  readonly port: number;
  readonly files: readonly InitFile[];
}

const initRequest = object({ path: filledText, force: flag, dryRun: flag });
const MAX_BYTES = 4 << 20;

/**
 * Writes all files or none.
 * @throws TsbuildError CONTEXT_NOT_FOUND for a folder without package.json, OPTION_CONFLICT for files that are there,
 * CONTEXT_UNREADABLE, OPTION_INVALID, OUTPUT_FAILED, ABORTED
 */
export async function initProject(
  request: InitRequest = {},
  options: BuildOptions = {},
): Promise<InitResult> {
  initRequest(request, 'request');
  refuseAborted(options.signal);
  const { path = '.', force = false, dryRun = false } = request;
  const folder = resolve(options.cwd ?? process.cwd(), path);
  const project = readProject(folder, path);
  const files: readonly InitFile[] = [
    { path: 'Dockerfile', content: renderDockerfile(project) },
    { path: '.dockerignore', content: renderIgnore(project) },
  ];
  if (!dryRun) {
    if (!force) refuseExisting(folder, files);
    for (const file of files)
      await replaceFile(join(folder, file.path), (open) => open.writeFile(file.content));
  }
  return { manager: project.manager, framework: project.framework, port: portOf(project), files };
}

function refuseExisting(folder: string, files: readonly InitFile[]): void {
  const existing = files.filter(({ path }) => statSync(join(folder, path), { throwIfNoEntry: false }));
  if (existing.length === 0) return;
  throw new TsbuildError(
    'OPTION_CONFLICT',
    `${existing.map(({ path }) => path).join(' and ')} ${existing.length === 1 ? 'is' : 'are'} there already`,
    {
      hint: 'write over it with --force, or look at what would be written with --stdout',
    },
  );
}

/** @throws TsbuildError CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE, OPTION_INVALID */
function readProject(folder: string, shown: string): Project {
  const manifest = readManifest(folder, '');
  if (!manifest)
    throw new TsbuildError('CONTEXT_NOT_FOUND', `there is no package.json in ${shown}`, {
      hint: 'tsbuild init writes files for projects in JavaScript: go to the folder of one, or name it',
    });
  const names = new Set(readdirSync(folder));
  const read = (name: string): string | undefined => readText(join(folder, name), name);
  const folders = workspaceFolders(manifest, read('pnpm-workspace.yaml'), (parent) =>
    foldersIn(join(folder, parent)),
  );
  const workspaces = folders.flatMap((one): readonly (readonly [string, Manifest])[] => {
    const found = readManifest(folder, one);
    return found ? [[one, found]] : [];
  });
  const next = ['next.config.js', 'next.config.mjs', 'next.config.ts'].find((name) => names.has(name));
  const [nextConfig, tsconfig] = [next && read(next), read('tsconfig.json')];
  return detectProject({
    manifest,
    names,
    workspaces: new Map(workspaces),
    ...(nextConfig !== undefined && { nextConfig }),
    ...(tsconfig !== undefined && { tsconfig }),
  });
}

function readManifest(folder: string, workspace: string): Manifest | undefined {
  const name = join(workspace, 'package.json');
  const text = readText(join(folder, name), name);
  if (text === undefined) return undefined;
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest))
      return manifest as Manifest;
  } catch (error) {
    throw new TsbuildError('OPTION_INVALID', `${name} is no JSON: ${(error as Error).message}`);
  }
  throw new TsbuildError('OPTION_INVALID', `${name} holds no object`);
}

function readText(path: string, name: string): string | undefined {
  return readSmallFile({ path, name, maxBytes: MAX_BYTES })?.toString('utf8');
}

/** Names of folders, without those of tools. */
function foldersIn(path: string): readonly string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) =>
    entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.') ? [entry.name] : [],
  );
}
