// The mounts of a container, as its worker makes them.
import { MOUNT_NODEV, MOUNT_NOEXEC, MOUNT_NOSUID } from '../host/syscalls/mount-calls.js';
import type { HeldMount } from '../worker/containers/container-process.js';
import { requireContainer } from './container-files.js';
import type { ContainerPaths, ContainersPaths } from './container-paths.js';
import type { ContainerMount, ContainerRecord } from './container-record.js';
import { volumeData } from './volumes/volume-store.js';

/** Those of the user come last: they win where two have one target. */
export function heldMounts(
  { mounts, host }: ContainerRecord,
  paths: ContainersPaths,
  own: ContainerPaths,
): readonly HeldMount[] {
  const files = networkFilesOf(host.networkMode, paths) ?? own;
  const networkFiles = [
    { source: files.resolvConf, target: '/etc/resolv.conf' },
    { source: files.hostname, target: '/etc/hostname' },
    { source: files.hosts, target: '/etc/hosts' },
  ].map(({ source, target }) => bind(source, target, { isReadonly: host.isReadonlyRootfs }));
  const devices = host.devices.map((device) => bind(device.host, device.container, { isReadonly: false }));
  return [...networkFiles, ...devices, ...mounts.map((mount) => held(mount, paths))];
}

/** Of the container whose network is shared; undefined when none is. */
function networkFilesOf(mode: string, paths: ContainersPaths): ContainerPaths | undefined {
  const [, other] = /^container:(.+)$/.exec(mode) ?? [];
  return other === undefined ? undefined : paths.of(requireContainer(paths, other).id);
}

function bind(source: string, target: string, { isReadonly }: { readonly isReadonly: boolean }): HeldMount {
  return { type: 'bind', source, subpath: '', target, isReadonly, isRecursive: true };
}

const FLAGS = { exec: MOUNT_NOEXEC, suid: MOUNT_NOSUID, dev: MOUNT_NODEV } as const;

function held(mount: ContainerMount, paths: ContainersPaths): HeldMount {
  const { target, isReadonly } = mount;
  switch (mount.type) {
    case 'bind': {
      const { source, isShallow } = mount;
      const isRecursive = !isShallow;
      return { type: 'bind', source, subpath: '', target, isReadonly, isRecursive, isOfHost: true };
    }
    case 'volume': {
      const source = volumeData(paths, mount.name);
      return { type: 'bind', source, subpath: mount.subpath, target, isReadonly, isRecursive: true };
    }
    case 'tmpfs': {
      const { sizeBytes, mode, allowed } = mount;
      const attributes = Object.entries(FLAGS)
        .filter(([name]) => !allowed.includes(name))
        .reduce((bits, [, bit]) => bits | bit, 0);
      return {
        type: 'tmpfs',
        target,
        isReadonly,
        ...(sizeBytes !== undefined && { sizeBytes }),
        ...(mode !== undefined && { mode }),
        attributes,
      };
    }
  }
}
