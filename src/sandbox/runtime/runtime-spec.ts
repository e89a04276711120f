// config.json of an OCI runtime bundle (runtime-spec config.md, config-linux.md) for the order that a launcher would
// get. Pure.
import { DEFAULT_CAPABILITY_NAMES, CAPABILITY_NAMES } from '../capabilities.js';
import type { IdRange } from '../../host/id-range.js';
import type { LaunchOrder } from '../launch-order.js';
import type { PlannedMount } from '../mount-plan.js';
import { limitValue } from '../resource-limits.js';
import { MOUNT_NODEV, MOUNT_NOEXEC, MOUNT_NOSUID, MOUNT_RDONLY } from '../../host/syscalls/mount-calls.js';
import { runtimeSeccomp } from './runtime-seccomp.js';

export interface SpecPlaces {
  readonly rootfs: string;
  /** Where the worker has attached the source of a mount of kind `tree` or `file`. */
  readonly sourceOf: (mount: PlannedMount) => string;
  /** That a tmpfs gets; undefined where the options of the mount say it, or the runtime. */
  readonly modeOf: (mount: PlannedMount) => number | undefined;
  readonly namespaces: SpecNamespaces;
  readonly machine: 'x64' | 'arm64';
}

export interface SpecNamespaces {
  /** From ids of the container to those of the worker. */
  readonly map: readonly IdRange[];
  /** Process whose user and network namespaces are joined; new ones without. */
  readonly joined?: number | undefined;
}

/** Numbers above 2^53 are bigint: see encodeSpec. */
export function runtimeSpec(order: LaunchOrder, places: SpecPlaces): Readonly<Record<string, unknown>> {
  return {
    ociVersion: '1.0.2',
    hostname: order.hostname,
    root: { path: places.rootfs, readonly: false },
    process: processOf(order),
    mounts: order.mounts.flatMap((mount) => mountOf(mount, places)),
    linux: {
      ...namespacesOf(order, places.namespaces),
      maskedPaths: order.mounts.flatMap((mount) => (mount.kind === 'mask' ? [mount.path] : [])),
      readonlyPaths: order.mounts.flatMap((mount) => (mount.kind === 'read-only' ? [mount.path] : [])),
      ...(order.filter && { seccomp: runtimeSeccomp(places.machine) }),
    },
  };
}

/** JSON with bigints as numbers, which JSON.stringify does not know. */
export function encodeSpec(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(encodeSpec).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${encodeSpec(member)}`).join(',')}}`;
}

function processOf(order: LaunchOrder): Readonly<Record<string, unknown>> {
  const { uid, gid, groups, isInsecure } = order;
  const bounding = (isInsecure ? CAPABILITY_NAMES : DEFAULT_CAPABILITY_NAMES).map((name) => `CAP_${name}`);
  // As the launcher: another user than root begins with none.
  const own = uid === 0 ? bounding : [];
  return {
    terminal: false,
    user: { uid, gid, additionalGids: groups, umask: 0o022 },
    args: order.argv,
    env: order.env,
    cwd: order.cwd,
    capabilities: { bounding, effective: own, permitted: own, inheritable: [], ambient: [] },
    rlimits: order.ulimits.map(({ name, soft, hard }) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft: limitValue(soft),
      hard: limitValue(hard),
    })),
    noNewPrivileges: false,
  };
}

function namespacesOf(
  order: LaunchOrder,
  { map, joined }: SpecNamespaces,
): Readonly<Record<string, unknown>> {
  const always = ['pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type }));
  const of = (type: string, file: string): object =>
    joined === undefined ? { type } : { type, path: `/proc/${joined}/ns/${file}` };
  const network = order.network === 'host' ? [] : [of('network', 'net')];
  // runc wants them also for a namespace that has them.
  const mapping = map.map(({ inside, outside, count }) => ({
    containerID: inside,
    hostID: outside,
    size: count,
  }));
  return {
    namespaces: [...always, of('user', 'user'), ...network],
    uidMappings: mapping,
    gidMappings: mapping,
  };
}

/** Devices and links of /dev every runtime makes itself; masked and read-only paths have lists of their own. */
function mountOf(mount: PlannedMount, { sourceOf, modeOf }: SpecPlaces): Readonly<Record<string, unknown>>[] {
  if (mount.kind === 'tree' || mount.kind === 'file') {
    const bind = mount.kind === 'tree' && mount.isRecursive ? 'rbind' : 'bind';
    const options = [bind, 'rprivate', ...attributesOf(mount.attributes)];
    return [{ destination: mount.target, type: 'bind', source: sourceOf(mount), options }];
  }
  // A runtime without control groups has none to show.
  if (mount.kind !== 'filesystem' || mount.type === 'cgroup2') return [];
  const mode = modeOf(mount);
  const options = mount.options.map(([name, value]) => (value === true ? name : `${name}=${value}`));
  return [
    {
      destination: mount.target,
      type: mount.type,
      source: mount.type,
      options: [
        ...attributesOf(mount.attributes),
        ...(mount.type === 'devpts' ? ['newinstance'] : []),
        ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
        ...options,
      ],
    },
  ];
}

function attributesOf(attributes: number): string[] {
  const names = [
    ['ro', MOUNT_RDONLY],
    ['nosuid', MOUNT_NOSUID],
    ['nodev', MOUNT_NODEV],
    ['noexec', MOUNT_NOEXEC],
  ] as const;
  return names.filter(([, bit]) => (attributes & bit) !== 0).map(([name]) => name);
}
