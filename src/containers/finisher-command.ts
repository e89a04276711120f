// The command that finishes a run, and starts the container again: what a monitor becomes.
import { dirname } from 'node:path';
import { tsbuildCommand } from './command-path.js';
import type { ContainerHost } from './container-host.js';

/** What a command of tsbuild's needs to find the same store again. */
const KEPT = /^(HOME|PATH|XDG_.*|TSBUILD_.*|LANG|TMPDIR)$/;

export function finisherCommand(
  { env, store }: Pick<ContainerHost, 'env' | 'store'>,
  id: string,
): { readonly argv: readonly string[]; readonly env: readonly string[] } {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && KEPT.test(name) && name !== 'TSBUILD_ROOT' ? [`${name}=${value}`] : [],
  );
  return {
    argv: tsbuildCommand('container-finish', id),
    env: [...kept, `TSBUILD_ROOT=${dirname(store.paths.root)}`],
  };
}
