// How the worker of a container is started: in the user namespace of all containers, which the anchor keeps, and
// without a pid namespace, since the container outlives it.
import { findProgram } from '../../host/find-program.js';
import { TsbuildError } from '../../core/errors.js';
import { chrootRung } from './chroot-rung.js';
import { writeIdMaps, writeSingleIdMap } from './id-maps.js';
import type { Rung, RungName } from './rung.js';
import { findUnshare, namespaceError } from './unshare.js';

/**
 * `new`: there is none yet. `inside`: this process is in it. A number: of a process that is in it.
 */
export type ContainerNamespace = 'new' | 'inside' | { readonly pid: number };

export function containerRung(name: RungName, namespace: ContainerNamespace): Rung {
  if (name === 'chroot') return chrootRung;
  const writeMaps = name === 'userns' ? writeIdMaps : writeSingleIdMap;
  return {
    name,
    description: '',
    isCleanedByKernel: true,
    command: () => commandFor(namespace),
    prepare: namespace === 'new' ? writeMaps : async () => undefined,
    explain: namespaceError,
  };
}

function commandFor(namespace: ContainerNamespace): readonly string[] {
  const unshare = findUnshare();
  if (namespace === 'new') return [unshare, '--user', '--keep-caps', '--mount', '--'];
  const mount = [unshare, '--mount', '--'];
  return namespace === 'inside' ? mount : [...joining(namespace.pid), ...mount];
}

/**
 * A command that executes another as root of the user namespace of a process.
 * @throws TsbuildError SANDBOX_NO_UNSHARE
 */
export function joining(pid: number): readonly string[] {
  const nsenter = findProgram('nsenter');
  if (nsenter === undefined)
    throw new TsbuildError(
      'SANDBOX_NO_UNSHARE',
      'nsenter of util-linux is not installed, which containers need',
      {
        hint: 'sudo apt-get install util-linux',
      },
    );
  return [nsenter, '--preserve-credentials', `--user=/proc/${pid}/ns/user`, '--'];
}
