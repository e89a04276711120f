// Builds with `build()` itself, in the process of the test, and looks at the files that come out.
import type { ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from '../../src/build.js';
import type { BuildOptions } from '../../src/build-options.js';
import { TsbuildError } from '../../src/core/errors.js';
import type { BuildEvent } from '../../src/core/events.js';
import type { BuildRequest, BuildResult } from '../../src/plan/request.js';
import { tempDir } from './temp-store.js';

export interface Builder {
  /** An empty directory, the context unless the request has another one. */
  readonly context: string;
  readonly store: string;
  /** Everything that builds reported so far. */
  readonly events: BuildEvent[];
  write(files: Readonly<Record<string, string>>): void;
  /** The result, and the directory with the image's files. */
  build(
    request: Partial<BuildRequest>,
    options?: Pick<BuildOptions, 'signal' | 'env'>,
  ): Promise<BuildResult & { readonly files: string }>;
  /** The failure of a build that must fail. */
  fail(request: Partial<BuildRequest>, options?: Pick<BuildOptions, 'signal' | 'env'>): Promise<TsbuildError>;
  /** Names of what is in the store's tmp. */
  left(): string[];
}

export function builder(t: ExecutionContext): Builder {
  const root = tempDir(t);
  const [context, store] = [join(root, 'context'), join(root, 'store')];
  mkdirSync(context);
  const events: BuildEvent[] = [];
  let count = 0;
  const run: Builder['build'] = async (request, options = {}) => {
    const files = join(root, `out-${count++}`);
    const env = { PATH: process.env['PATH'], HOME: root, TSBUILD_ROOT: store, ...options.env };
    const full: BuildRequest = { context, outputs: [{ type: 'local', dest: files }], ...request };
    const result = await build(full, {
      ...options,
      env,
      cwd: root,
      onEvent: (event) => void events.push(event),
    });
    return { ...result, files };
  };
  return {
    context,
    store,
    events,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(context, name)), { recursive: true });
        writeFileSync(join(context, name), content);
      }
    },
    build: run,
    async fail(request, options) {
      const error = await t.throwsAsync(run(request, options));
      if (error instanceof TsbuildError) return error;
      throw new Error('not a failure that users are told of', { cause: error });
    },
    left: () => (existsSync(join(store, 'v1', 'tmp')) ? readdirSync(join(store, 'v1', 'tmp')) : []),
  };
}
