// What the launcher of a container is to become. Pure.
import { commandOf, type LaunchOrder } from '../../sandbox/launch-order.js';
import type { ContainerProcess } from './container-process.js';
import { containerMounts } from './container-mounts.js';

export interface OrderPlace {
  /** Paths in this worker's mount namespace. */
  readonly rootfs: string;
  readonly scratch: string;
  /** Encoded; absent for one without a filter. */
  readonly filter: Uint8Array | undefined;
  /** The launcher's descriptors of namespaces that are entered. */
  readonly entered: { readonly ipc?: number };
  readonly isOnHost: (path: string) => boolean;
  readonly hasOneId: boolean;
  readonly isSupervised: boolean;
}

export function containerOrder(process: ContainerProcess, place: OrderPlace): LaunchOrder {
  const { hasInput } = process;
  const { rootfs, scratch, filter, entered, hasOneId, isSupervised } = place;
  const ipc = process.joined.ipc === 'host' ? 'kept' : entered.ipc;
  return {
    ...commandOf(process),
    network: process.network === 'own' ? 'none' : 'host',
    isInsecure: process.isPrivileged,
    rootfs,
    scratch,
    mounts: containerMounts(process, { isOnHost: place.isOnHost, hasOneId }),
    ...(hasInput && { stdin: 'stream' }),
    ...(filter && { filter }),
    isSupervised,
    container: {
      capabilities: BigInt(`0x${process.capabilities}`),
      hasNoNewPrivileges: process.hasNoNewPrivileges,
      isRootReadonly: process.isRootReadonly,
      hasOneId,
      joined: {
        ...(ipc !== undefined && { ipc }),
        ...(process.joined.uts === 'host' && { uts: 'kept' }),
      },
      sysctls: process.sysctls,
    },
  };
}
