// Runs bin/tsbuild.js as a user would, with a store of its own. What is tested is the bundle in dist/, so the first act
// is to make sure that it was built from the sources as they are now.
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OrdinaryUser } from './ordinary-user.js';
import { projectRoot } from './project-root.js';

export interface TsbuildOptions {
  /** TSBUILD_ROOT. */
  readonly store: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** All of stdin. */
  readonly input?: string | Uint8Array;
  /** Runs as this user; only root may do so. */
  readonly user?: OrdinaryUser | undefined;
  /** Program and arguments put before `node bin/tsbuild.js`, e.g. strace. */
  readonly wrapper?: readonly string[];
}

export interface TsbuildRun {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const program = join(projectRoot, 'bin', 'tsbuild.js');

function newestOf(directory: string, extension: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(extension),
  );
  return Math.max(...files.map((name) => statSync(join(directory, name)).mtimeMs));
}

/** @throws Error when dist/ is older than a file of src/. */
export function assertFreshBundle(): void {
  const isFresh = newestOf(join(projectRoot, 'dist'), '.js') >= newestOf(join(projectRoot, 'src'), '.ts');
  if (!isFresh) throw new Error('dist/ is older than src/: run `npm run build` first');
}

assertFreshBundle();

function environmentOf(options: TsbuildOptions): NodeJS.ProcessEnv {
  const { PATH, LANG, TMPDIR } = process.env;
  return {
    PATH,
    LANG,
    TMPDIR,
    // Credentials and settings of whoever runs the tests stay out of them; what lands in HOME would be seen in the
    // store.
    HOME: options.store,
    TSBUILD_ROOT: options.store,
    ...options.env,
  };
}

/** Starts it with pipes for all three streams; the caller waits and cleans up. */
export function startTsbuild(args: readonly string[], options: TsbuildOptions): ChildProcess {
  const [command = process.execPath, ...rest] = [
    ...(options.wrapper ?? []),
    process.execPath,
    program,
    ...args,
  ];
  const needsSwitch = options.user !== undefined && process.getuid?.() === 0;
  return spawn(command, rest, {
    cwd: options.cwd ?? projectRoot,
    env: environmentOf(options),
    ...(needsSwitch && options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
  });
}

function collect(stream: NodeJS.ReadableStream | null): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream?.on('end', () => resolve(Buffer.concat(chunks)));
    stream?.on('error', reject);
  });
}

/** Runs to the end; a failing build is a result, not an error. */
export async function runTsbuild(args: readonly string[], options: TsbuildOptions): Promise<TsbuildRun> {
  const child = startTsbuild(args, options);
  const exit = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve([code, signal]));
  });
  // A command that fails early does not read its input.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  const [stdout, stderr, [code, signal]] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    exit,
  ]);
  return { code, signal, stdout, stderr: stderr.toString() };
}
