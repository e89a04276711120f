// What the launcher of a container is to become where there are no namespaces.
import type { Confinement } from '../../sandbox/confinement.js';
import { commandOf, type CommonCommand, type LaunchOrder } from '../../sandbox/launch-order.js';
import { createProcessFilters } from '../../sandbox/process-filters.js';
import { defaultProfile, ownProcessOnly, WITHOUT_NAMESPACES } from '../../sandbox/seccomp/default-profile.js';
import type { ContainerProcess } from './container-process.js';

export type ChrootProcess = CommonCommand &
  Pick<ContainerProcess, 'hasInput' | 'capabilities' | 'hasNoNewPrivileges'>;

export interface ChrootPlace {
  readonly rootfs: string;
  readonly confinement: Confinement;
  readonly outlivesParent?: boolean;
}

/** @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function chrootOrder(
  { hasInput, capabilities, hasNoNewPrivileges, ...command }: ChrootProcess,
  { rootfs, confinement, outlivesParent = false }: ChrootPlace,
): LaunchOrder {
  const filters = createProcessFilters({
    profile: (machine) => ownProcessOnly(defaultProfile(machine, { without: WITHOUT_NAMESPACES })),
    isSupervised: false,
  });
  const filter = filters({ isInsecure: false, uid: command.uid });
  return {
    ...commandOf(command),
    network: 'host',
    isInsecure: false,
    rootfs,
    scratch: '/',
    mounts: [],
    entry: 'chroot',
    confinement,
    ...(filter && { filter }),
    ...(hasInput && { stdin: 'stream' }),
    container: {
      capabilities: BigInt(`0x${capabilities}`),
      hasNoNewPrivileges,
      isRootReadonly: false,
      outlivesParent,
      joined: {},
      sysctls: {},
    },
  };
}
