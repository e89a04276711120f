// An image of busybox, `box:1`, and the command that runs containers of it.
import type { ExecutionContext } from 'ava';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OrdinaryUser } from './ordinary-user.js';
import { testNeeding } from './requirements.js';
import { runTsbuild, type TsbuildOptions } from './tsbuild-command.js';
import { assertBuilt, workspace, type Workspace } from './workspace.js';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const DOCKERFILE =
  'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\nCMD ["/bin/sh"]\n';

/** A test that runs containers of the image. */
export const testWithBusybox = testNeeding('sandbox', 'busybox');

export interface BusyboxSpace {
  readonly space: Workspace;
  run(...args: readonly string[]): ReturnType<typeof runTsbuild>;
  /** Standard output of a command that must succeed. */
  told(...args: readonly string[]): Promise<string>;
  /** The same, run by other commands and variables. */
  with(options: Pick<TsbuildOptions, 'env' | 'wrapper'>): BusyboxSpace;
}

/** All containers are removed when the test has ended. */
export async function busyboxSpace(
  t: ExecutionContext,
  {
    user,
    dockerfile = DOCKERFILE,
  }: { readonly user?: OrdinaryUser | undefined; readonly dockerfile?: string } = {},
): Promise<BusyboxSpace> {
  const space = workspace(t, { Dockerfile: dockerfile }, { user });
  copyFileSync(BUSYBOX!, join(space.context, 'busybox'));
  assertBuilt(t, await space.build(['-t', 'box:1']));
  const run = (...args: readonly string[]) => runTsbuild(args, { store: space.store, user });
  t.teardown(async () => {
    const ids = (await run('ps', '-aq')).stdout.toString().split('\n').filter(Boolean);
    if (ids.length > 0) await run('rm', '-f', ...ids);
  });
  const spaceWith = (options: Pick<TsbuildOptions, 'env' | 'wrapper'>): BusyboxSpace => {
    const runWith: BusyboxSpace['run'] = (...args) =>
      runTsbuild(args, { store: space.store, user, ...options });
    return {
      space,
      run: runWith,
      async told(...args) {
        const { code, stdout, stderr } = await runWith(...args);
        t.is(code, 0, `tsbuild ${args.join(' ')}: ${stderr}`);
        return stdout.toString();
      },
      with: spaceWith,
    };
  };
  return spaceWith({});
}
