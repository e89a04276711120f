// What a container sees besides its rootfs, in the order in which it is mounted. Pure.
import { MOUNT_RDONLY } from '../../host/syscalls/mount-calls.js';
import {
  hiddenPaths,
  kernelMounts,
  parentsFirst,
  type PlannedMount,
  type PreparedMount,
} from '../../sandbox/mount-plan.js';
import type { ContainerProcess, HeldMount } from './container-process.js';

type Mounting = Pick<
  ContainerProcess,
  'network' | 'isPrivileged' | 'shmSizeBytes' | 'isNothingMasked' | 'sysctls' | 'joined' | 'mounts'
>;

interface MountingHost {
  /** Hosts need not have a file system of message queues. */
  readonly isOnHost: (path: string) => boolean;
  readonly hasOneId: boolean;
}

export function containerMounts(process: Mounting, { isOnHost, hasOneId }: MountingHost): PlannedMount[] {
  const { isPrivileged, isNothingMasked, shmSizeBytes, sysctls, network, mounts } = process;
  const kernel = kernelMounts(
    // Only the owner of a network may mount a view of its devices.
    { network: network === 'host' ? 'host' : 'none', isInsecure: isPrivileged, shmSizeBytes },
    { hasOneId },
  );
  return [
    ...kernel.flatMap((mount) => withJoined(mount, process, isOnHost)),
    ...Object.entries(sysctls).map(([name, value]) => setting(name, value)),
    ...parentsFirst(mounts.map(prepared)),
    ...(isPrivileged || isNothingMasked ? [] : hiddenPaths()),
  ];
}

function setting(name: string, value: string): PlannedMount {
  return { kind: 'setting', path: `/proc/sys/${name.replaceAll('.', '/')}`, value };
}

/** Of namespaces that belong to somebody else the kernel lets nothing be mounted: the host's is shown, or nothing. */
function withJoined(
  mount: PlannedMount,
  { joined: { pid, ipc } }: Pick<Mounting, 'joined'>,
  isOnHost: (path: string) => boolean,
): PlannedMount[] {
  if (mount.kind !== 'filesystem') return [mount];
  // Who joins the IPC of a container has its users too.
  const isForeignIpc = ipc === 'host';
  if (mount.type === 'proc' && pid === 'host') return [hostTree('/proc', mount.attributes)];
  if (mount.type === 'mqueue' && isForeignIpc)
    return isOnHost('/dev/mqueue') ? [hostTree('/dev/mqueue', mount.attributes)] : [];
  if (mount.target === '/dev/shm' && ipc === 'host') return [hostTree('/dev/shm', mount.attributes)];
  return [mount];
}

function hostTree(path: string, attributes: number): PlannedMount {
  return { kind: 'tree', source: path, subpath: '', target: path, attributes, isRecursive: true };
}

function prepared(mount: HeldMount): PreparedMount {
  const { target } = mount;
  if (mount.type === 'bind') {
    const { source, subpath, isReadonly, isRecursive } = mount;
    return {
      kind: 'tree',
      source,
      subpath,
      target,
      attributes: isReadonly ? MOUNT_RDONLY : 0,
      isRecursive,
    };
  }
  const size = mount.sizeBytes === undefined ? [] : [['size', String(mount.sizeBytes)] as const];
  const mode = ['mode', (mount.mode ?? 0o1777).toString(8)] as const;
  return {
    kind: 'filesystem',
    type: 'tmpfs',
    target,
    options: [mode, ...size],
    attributes: mount.attributes | (mount.isReadonly ? MOUNT_RDONLY : 0),
  };
}
