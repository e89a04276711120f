// What a command sees besides its rootfs, as data: mounts, masked and read-only paths, devices.
// Spec: containerd's pkg/oci/spec.go and mounts.go, BuildKit's executor/oci/spec.go. Pure: the launcher executes the
// list in order.
import type { ByteString } from '../core/bytes.js';
import type { AnyProcess } from './process-spec.js';
import { HARMLESS_DEVICES } from '../host/harmless-devices.js';
import { MOUNT_NODEV, MOUNT_NOEXEC, MOUNT_NOSUID, MOUNT_RDONLY } from '../host/syscalls/mount-calls.js';

export type PlannedMount =
  /** A new file system on a directory. */
  | {
      readonly kind: 'filesystem';
      readonly type: 'proc' | 'sysfs' | 'tmpfs' | 'devpts' | 'mqueue' | 'cgroup2';
      readonly target: string;
      readonly options: readonly (readonly [string, string | true])[];
      readonly attributes: number;
      /**
       * It gets the mode of the directory that it covers, as runc gives it; one that is made for it has none to give.
       */
      readonly takesMode?: boolean;
      /** The kernel may refuse it. The command then sees what is below. */
      readonly isOptional?: boolean;
    }
  /** A directory, file or socket that the worker can see. `subpath` is resolved inside `source`. */
  | {
      readonly kind: 'tree';
      readonly source: string;
      readonly subpath: string;
      readonly target: string;
      readonly attributes: number;
      readonly isRecursive?: boolean;
    }
  /** A file on a tmpfs that only this command has. */
  | {
      readonly kind: 'file';
      readonly target: string;
      readonly content: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly attributes: number;
      /** Its content must not stay on a disk when the command has ended. */
      readonly isSecret?: true;
    }
  /** A character device of the host, checked to be the real one. */
  | { readonly kind: 'device'; readonly name: string; readonly major: number; readonly minor: number }
  | { readonly kind: 'link'; readonly name: string; readonly text: ByteString }
  /** A setting of the kernel below /proc/sys, for the namespaces of the command. */
  | { readonly kind: 'setting'; readonly path: string; readonly value: string }
  | { readonly kind: 'mask'; readonly path: string }
  | { readonly kind: 'read-only'; readonly path: string };

/** A mount that the command asked for, whose source is ready. */
export type PreparedMount = Extract<PlannedMount, { kind: 'tree' | 'file' | 'filesystem' }>;

const NO_PRIVILEGE = MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC;

const DEVICE_LINKS = [
  { name: 'fd', text: '/proc/self/fd' },
  { name: 'stdin', text: '/proc/self/fd/0' },
  { name: 'stdout', text: '/proc/self/fd/1' },
  { name: 'stderr', text: '/proc/self/fd/2' },
  { name: 'ptmx', text: 'pts/ptmx' },
  { name: 'core', text: '/proc/kcore' },
];

/** Hides a path: an empty read-only directory or /dev/null stands there. */
export const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

export const READ_ONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/**
 * All mounts of a command, in the order in which they are made. `prepared`: those that it asked for, in any order; of
 * equal targets the last wins. `hasOneId`: only id 0 exists.
 */
export function planMounts(
  spec: Pick<AnyProcess, 'network' | 'isInsecure' | 'shmSizeBytes' | 'resolvConf' | 'hosts' | 'files'>,
  prepared: readonly PreparedMount[],
  { hasOneId = false }: { readonly hasOneId?: boolean } = {},
): PlannedMount[] {
  const own = [...prepared, ...spec.files.map((file) => readOnlyFile(file.path, file.content, file.mode))];
  const guards = spec.isInsecure ? [] : hiddenPaths();
  return [
    ...kernelMounts(spec, { hasOneId }),
    readOnlyFile('/etc/resolv.conf', Buffer.from(spec.resolvConf), 0o644),
    readOnlyFile('/etc/hosts', Buffer.from(spec.hosts), 0o644),
    ...parentsFirst(own),
    ...guards,
  ];
}

/** A read-only file owned by root. */
function readOnlyFile(target: string, content: Uint8Array, mode: number): PreparedMount {
  return {
    kind: 'file',
    target,
    content,
    mode,
    uid: 0,
    gid: 0,
    attributes: MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV,
  };
}

/** Options of a secret: nothing may be executed unless it has an x bit (BuildKit executor/oci/mounts.go). */
export function secretAttributes(mode: number): number {
  return MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | ((mode & 0o111) === 0 ? MOUNT_NOEXEC : 0);
}

export function kernelMounts(
  spec: Pick<AnyProcess, 'network' | 'isInsecure' | 'shmSizeBytes'>,
  ids: { readonly hasOneId: boolean },
): PlannedMount[] {
  const sysAttributes = NO_PRIVILEGE | (spec.isInsecure ? 0 : MOUNT_RDONLY);
  return [
    { kind: 'filesystem', type: 'proc', target: '/proc', options: [], attributes: NO_PRIVILEGE },
    ...deviceMounts(spec.shmSizeBytes, ids),
    sysMount(spec.network, sysAttributes),
    // Refused by hosts with version 1 control groups only.
    {
      kind: 'filesystem',
      type: 'cgroup2',
      target: '/sys/fs/cgroup',
      options: [],
      attributes: sysAttributes,
      isOptional: true,
    },
  ];
}

function sysMount(network: AnyProcess['network'], attributes: number): PlannedMount {
  // A new sysfs shows the network devices of its namespace, and the kernel lets only the owner of that namespace mount
  // it.
  if (network === 'host')
    return { kind: 'tree', source: '/sys', subpath: '', target: '/sys', attributes, isRecursive: true };
  return { kind: 'filesystem', type: 'sysfs', target: '/sys', options: [], attributes };
}

function deviceMounts(shmSizeBytes: number, { hasOneId }: { readonly hasOneId: boolean }): PlannedMount[] {
  const group = hasOneId ? [] : [['gid', '5'] as const];
  const terminal = [['ptmxmode', '0666'] as const, ['mode', '0620'] as const, ...group];
  return [
    {
      kind: 'filesystem',
      type: 'tmpfs',
      target: '/dev',
      options: [
        ['mode', '755'],
        ['size', '65536k'],
      ],
      attributes: MOUNT_NOSUID,
    },
    ...HARMLESS_DEVICES.map((device) => ({ kind: 'device', ...device }) as const),
    ...DEVICE_LINKS.map(({ name, text }) => ({ kind: 'link', name, text: text as ByteString }) as const),
    {
      kind: 'filesystem',
      type: 'devpts',
      target: '/dev/pts',
      options: terminal,
      attributes: MOUNT_NOSUID | MOUNT_NOEXEC,
    },
    {
      kind: 'filesystem',
      type: 'tmpfs',
      target: '/dev/shm',
      options: [
        ['mode', '1777'],
        ['size', String(shmSizeBytes)],
      ],
      attributes: NO_PRIVILEGE,
    },
    { kind: 'filesystem', type: 'mqueue', target: '/dev/mqueue', options: [], attributes: NO_PRIVILEGE },
  ];
}

export function hiddenPaths(): PlannedMount[] {
  return [
    ...MASKED_PATHS.map((path) => ({ kind: 'mask', path }) as const),
    ...READ_ONLY_PATHS.map((path) => ({ kind: 'read-only', path }) as const),
  ];
}

/** Of equal targets the last counts. */
export function parentsFirst(mounts: readonly PreparedMount[]): PreparedMount[] {
  const byTarget = new Map(mounts.map((mount) => [mount.target, mount]));
  const depth = (target: string): number => target.split('/').length;
  return [...byTarget.values()].sort(
    (a, b) => depth(a.target) - depth(b.target) || (a.target < b.target ? -1 : 1),
  );
}
