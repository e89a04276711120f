// A copy of a project of docs/examples with the library of this checkout, as installing it would leave it; its scripts
// are modules as they are written, or the same made CommonJS.
import { transformSync } from 'esbuild';
import type { ExecutionContext } from 'ava';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root.js';
import { pushToRegistry, startRealRegistry } from './real-registry.js';
import { tempDir } from './temp-store.js';
import { makeTinyImage } from './tiny-image.js';
import './tsbuild-command.js';

export interface ExampleProject {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  write(path: string, content: string): void;
  /** Starts a program in it, with pipes. */
  start(program: string, ...args: readonly string[]): ChildProcess;
  /** The same to its end. */
  run(program: string, ...args: readonly string[]): Promise<ExampleRun>;
}

export interface ExampleRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How its scripts are loaded. */
export type ModuleForm = 'mjs' | 'cjs';

/** `FROM busybox:1.36` finds the busybox of this machine. Needs docker-registry. */
export async function exampleProject(
  t: ExecutionContext,
  name: string,
  form: ModuleForm,
): Promise<ExampleProject> {
  const root = tempDir(t);
  const folder = join(root, 'project');
  cpSync(join(projectRoot, 'docs', 'examples', name), folder, { recursive: true });
  const packages = join(folder, 'node_modules');
  mkdirSync(join(packages, '.bin'), { recursive: true });
  symlinkSync(projectRoot, join(packages, 'tsbuild-oci'));
  symlinkSync(join(projectRoot, 'bin', 'tsbuild.js'), join(packages, '.bin', 'tsbuild'));
  if (form === 'cjs') makeCommonJs(folder);
  const { PATH, LANG, TMPDIR } = process.env;
  const env = {
    PATH,
    LANG,
    TMPDIR,
    HOME: root,
    TSBUILD_ROOT: join(root, 'store'),
    XDG_CACHE_HOME: '/dev/null',
    TSBUILD_REGISTRY_MIRRORS: `docker.io=${await serveBusybox(t)}`,
  };
  const start = (program: string, ...args: readonly string[]) => spawn(program, args, { cwd: folder, env });
  return {
    folder,
    env,
    write: (path, content) => writeFileSync(join(folder, path), content),
    start,
    run: (program, ...args) => endOf(start(program, ...args)),
  };
}

export function endOf(child: ChildProcess): Promise<ExampleRun> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => void child.on('close', (code) => resolve({ code, stdout, stderr })));
}

function makeCommonJs(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.mjs'))) {
    const { code } = transformSync(readFileSync(join(folder, name), 'utf8'), {
      format: 'cjs',
      target: 'node20',
    });
    writeFileSync(join(folder, name.replace(/mjs$/, 'cjs')), code);
    rmSync(join(folder, name));
  }
  const settings = readFileSync(join(folder, 'package.json'), 'utf8');
  writeFileSync(join(folder, 'package.json'), settings.replaceAll('.mjs', '.cjs'));
}

async function serveBusybox(t: ExecutionContext): Promise<string> {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  const { manifest, blobs } = makeTinyImage();
  await pushToRegistry(registry, {
    repository: 'library/busybox',
    name: '1.36',
    blobs: new Map([...blobs].filter(([digest]) => digest !== manifest.digest)),
    document: blobs.get(manifest.digest)!,
    type: manifest.mediaType,
  });
  return registry.origin;
}
