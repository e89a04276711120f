// A build context on disk with a store beside it, both gone after the test.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OrdinaryUser } from './ordinary-user.js';
import { projectRoot } from './project-root.js';
import { tempDir } from './temp-store.js';
import { runTsbuild, type TsbuildOptions, type TsbuildRun } from './tsbuild-command.js';

export interface Workspace {
  /** Holds context/, store/ and whatever a test writes to out. */
  readonly root: string;
  readonly context: string;
  readonly store: string;
  /** `tsbuild build --progress plain <args> <context>`; with `context` in the options another last argument. */
  build(args: readonly string[], options?: BuildRunOptions): Promise<TsbuildRun>;
  write(path: string, content: string | Uint8Array): void;
}

export interface BuildRunOptions extends Partial<Omit<TsbuildOptions, 'store' | 'user'>> {
  readonly context?: string;
}

/** @param files Content by path in the context. */
export function workspace(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Uint8Array>>,
  options: { readonly user?: OrdinaryUser | undefined } = {},
): Workspace {
  const { user } = options;
  const root = tempDir(t, user ? { user } : {});
  const [context, store] = [join(root, 'context'), join(root, 'store')];
  const own = (path: string): void => {
    if (user && process.getuid?.() === 0) chownSync(path, user.uid, user.gid);
  };
  for (const directory of [context, store]) {
    mkdirSync(directory);
    own(directory);
  }
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  return {
    root,
    context,
    store,
    write,
    build: (args, { context: other, ...rest } = {}) =>
      runTsbuild(['build', '--progress', 'plain', ...args, other ?? context], { ...rest, store, user }),
  };
}

/** Fails the test with the output of the build when it did not succeed. */
export function assertBuilt(t: ExecutionContext, run: TsbuildRun): void {
  t.is(run.code, 0, run.stderr);
}

/**
 * A Dockerfile that goes on where fixtures/hello ends: with a shell and `sleep`, from the host, so that it can RUN.
 * Build it with `hostShell()`.
 */
export function dockerfileWithShell(text: string): string {
  const hello = readFileSync(join(projectRoot, 'fixtures', 'hello', 'Dockerfile'), 'utf8');
  return `${hello.slice(0, hello.indexOf('COPY greeting.txt'))}COPY --from=host /bin/sleep /bin/sleep\n${text}`;
}

/** The options that give a build the shell of this machine. */
export function hostShell(): readonly string[] {
  return execFileSync(process.execPath, ['scripts/host-shell.mjs'], { encoding: 'utf8' }).trim().split(' ');
}
