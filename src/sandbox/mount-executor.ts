// Executes a mount plan on a rootfs. Every target and source is a descriptor found inside its root (path-in-root.ts)
// and every mount is made detached and then attached to that descriptor: nothing in an image can redirect one. Calls
// that need no look between them are made together, since a launcher is asked over its channel.
import { existsSync } from 'node:fs';
import { fromUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import type { PlannedMount } from './mount-plan.js';
import type { OwnerWriter } from '../rootfs/owner-writer.js';
import { findInside, type Stub, type WalkOptions } from '../rootfs/path-in-root.js';
import { isRootOwner } from '../rootfs/owner-record.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError, type SystemCallError } from '../host/syscalls/binding.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../host/syscalls/open-flags.js';
import type { FoundObject } from '../host/syscalls/look-up-calls.js';
import { MOUNT_RDONLY } from '../host/syscalls/mount-calls.js';
import { S_IFREG } from '../host/stat-layout.js';

export interface MountContext {
  /** Of a launcher: what stays open when a mount fails ends with it. */
  readonly calls: SystemCalls;
  readonly writeOwner: OwnerWriter;
  /** O_PATH descriptor of the mounted rootfs, and its device. */
  readonly root: number;
  readonly rootDevice: bigint;
  /** Descriptor of an attached tmpfs that only this command has. Files that it is shown lie there. */
  readonly scratch: number;
  /** Called for every mount point that had to be made in the rootfs. */
  readonly onStub: (stub: Stub) => void;
  /** The descriptor of a source, by its path; not to be closed. */
  readonly openSource: (path: string) => number;
}

/**
 * In order.
 * @throws TsbuildError SANDBOX_FAILED when the kernel refuses a mount, LAYER_UNSAFE when the image has no place for it
 */
export function executeMounts(context: MountContext, mounts: readonly PlannedMount[]): void {
  for (const group of runsOf(mounts)) {
    try {
      execute(context, group);
    } catch (error) {
      throw isSystemCallError(error) ? mountError(group.mounts[0]!, error) : error;
    }
  }
}

/** Mounts of one kind that follow each other; those that may be made together. */
type Group = {
  readonly [K in PlannedMount['kind']]: {
    readonly kind: K;
    readonly mounts: readonly Extract<PlannedMount, { kind: K }>[];
  };
}[PlannedMount['kind']];

const TOGETHER: ReadonlySet<PlannedMount['kind']> = new Set(['device', 'link', 'mask', 'read-only']);

function runsOf(mounts: readonly PlannedMount[]): Group[] {
  const groups: { kind: PlannedMount['kind']; mounts: PlannedMount[] }[] = [];
  for (const mount of mounts) {
    const last = groups.at(-1);
    if (last?.kind === mount.kind && TOGETHER.has(mount.kind)) last.mounts.push(mount);
    else groups.push({ kind: mount.kind, mounts: [mount] });
  }
  return groups as Group[];
}

function mountError(mount: PlannedMount, error: SystemCallError): TsbuildError {
  const what = 'target' in mount ? mount.target : 'path' in mount ? mount.path : `/dev/${mount.name}`;
  if (mount.kind === 'setting')
    return new TsbuildError('SANDBOX_FAILED', `cannot set ${settingName(what)}: ${error.message}`, {
      cause: error,
    });
  if (error.code === 'ENOTDIR' || error.code === 'EROFS')
    return new TsbuildError('LAYER_UNSAFE', `cannot mount on ${what}: ${reason(error.code)}`, {
      cause: error,
    });
  return new TsbuildError('SANDBOX_FAILED', `cannot mount ${what} for a process: ${error.message}`, {
    cause: error,
  });
}

function reason(code: string): string {
  return code === 'EROFS'
    ? 'it does not exist, and the mount around it is read-only'
    : 'a file would have to lie on a directory, or the other way round';
}

function execute(context: MountContext, group: Group): void {
  switch (group.kind) {
    case 'filesystem':
      return group.mounts.forEach((mount) => mountFilesystem(context, mount));
    case 'tree':
      return group.mounts.forEach((mount) => mountTree(context, mount));
    case 'file':
      return group.mounts.forEach((mount) => mountFile(context, mount));
    case 'device':
      return mountDevices(context, group.mounts);
    case 'link':
      return makeDeviceLinks(context, group.mounts);
    case 'setting':
      return group.mounts.forEach((setting) => writeSetting(context, setting));
    case 'mask':
      return maskPaths(context, group.mounts);
    case 'read-only':
      return restrictPaths(context, group.mounts);
  }
}

type MountOf<Kind extends PlannedMount['kind']> = Extract<PlannedMount, { kind: Kind }>;

function mountFilesystem(context: MountContext, mount: MountOf<'filesystem'>): void {
  const { type, attributes } = mount;
  const isKernelView = type === 'proc' || type === 'sysfs';
  // The first word of its line in /proc/mounts, which would be `none`.
  const source = ['source', type] as const;
  const options = [source, ...mount.options, ...modeBelow(context, mount)];
  const target = targetOf(context, mount.target, { create: 'dir', isLinkRefused: isKernelView });
  if (target.type !== 'directory')
    throw new TsbuildError('LAYER_UNSAFE', `${mount.target} of the image is not a directory`);
  refuseInsideProc(context, mount.target, target);
  try {
    context.calls.mountNew(type, options, attributes, target.fd);
  } catch (error) {
    if (!mount.isOptional || !isSystemCallError(error, 'EPERM', 'EBUSY', 'ENODEV', 'EINVAL')) throw error;
  }
}

/** As an option of the mount. */
function modeBelow(context: MountContext, mount: MountOf<'filesystem'>): (readonly [string, string])[] {
  if (!mount.takesMode) return [];
  const { calls, root, rootDevice } = context;
  const found = findInside(calls, root, mount.target, { rootDevice });
  if (found === undefined) return [];
  calls.later(() => calls.close(found.fd));
  return [['mode', found.mode.toString(8)]];
}

function mountTree(context: MountContext, mount: MountOf<'tree'>): void {
  const { calls } = context;
  const top = context.openSource(mount.source);
  const isWhole = mount.subpath === '' || mount.subpath === '/';
  const source = isWhole ? { fd: top, ...calls.status(top) } : findInside(calls, top, mount.subpath);
  // BuildKit's wording for a missing source of a bind mount.
  if (source === undefined)
    throw new TsbuildError(
      'COPY_NOT_FOUND',
      `failed to calculate checksum of ref: "${mount.subpath}": not found`,
    );
  const isRecursive = mount.isRecursive ?? false;
  const clone = calls.cloneTree(source.fd, { isRecursive });
  const create = source.type === 'directory' ? 'dir' : 'file';
  const target = fittingTarget(context, mount.target, create);
  calls.together(() => {
    if (!isWhole) calls.close(source.fd);
    if (mount.attributes !== 0) calls.restrict(clone, mount.attributes, { isRecursive });
    calls.attachAndClose(clone, target);
  });
}

function mountFile(context: MountContext, mount: MountOf<'file'>): void {
  const name = `file-${fromUtf8(mount.target).replaceAll('/', '|').slice(-200)}` as ByteString;
  const { calls, scratch } = context;
  const fd = calls.openat(scratch, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  calls.write(fd, mount.content);
  if (!isRootOwner(mount)) context.writeOwner(scratch, name, mount);
  calls.later(() => calls.fchmod(fd, mount.mode));
  const clone = calls.cloneTree(fd, { isRecursive: false });
  const target = fittingTarget(context, mount.target, 'file');
  calls.together(() => {
    calls.close(fd);
    calls.restrict(clone, mount.attributes, { isRecursive: false });
    calls.attachAndClose(clone, target);
  });
}

/** A descriptor of where a directory, or something else, can be mounted. */
function fittingTarget(context: MountContext, path: string, create: 'dir' | 'file'): number {
  const target = targetOf(context, path, { create });
  refuseInsideProc(context, path, target);
  if ((target.type === 'directory') === (create === 'dir')) return target.fd;
  throw new TsbuildError('LAYER_UNSAFE', `cannot mount on ${path}: ${reason('ENOTDIR')}`);
}

/** What shows the resources of a container instead of the machine's (runc's rootfs_linux.go, checkProcMount). */
const IN_PROC: ReadonlySet<string> = new Set(
  ['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'net/dev', 'slabinfo', 'stat', 'swaps', 'uptime'].map(
    (name) => `/proc/${name}`,
  ),
);

/**
 * What lies over the kernel's files would hide them from the masks that follow, and from programs that trust them
 * (CVE-2019-19921). A link of the image may lead there too.
 */
function refuseInsideProc(
  { calls, root, rootDevice }: MountContext,
  path: string,
  target: FoundObject,
): void {
  if (target.device === rootDevice || IN_PROC.has(path)) return;
  const proc = findInside(calls, root, '/proc', { rootDevice });
  if (proc === undefined) return;
  calls.later(() => calls.close(proc.fd));
  // Before it is mounted, /proc is a directory of the rootfs.
  if (proc.device !== target.device) return;
  throw new TsbuildError('LAYER_UNSAFE', `"${path}" cannot be mounted because it is inside /proc`, {
    hint: 'choose a target outside of /proc, to which no link of the image leads',
  });
}

/** On the empty /dev that was mounted before. */
function mountDevices(context: MountContext, devices: readonly MountOf<'device'>[]): void {
  const { calls } = context;
  const found = calls.lookAtAll(
    AT_FDCWD,
    devices.map(({ name }) => fromUtf8(`/dev/${name}`)),
  );
  const dev = targetOf(context, '/dev', {}).fd;
  devices.forEach((device, i) => assertDevice(device, found[i]));
  calls.together(() => {
    devices.forEach(({ name }, i) => {
      calls.mknodat(dev, fromUtf8(name), S_IFREG | 0o644, 0);
      calls.attachCopyAt(found[i]!.fd, dev, fromUtf8(name));
      calls.close(found[i]!.fd);
    });
    calls.close(dev);
  });
}

function assertDevice({ name, major, minor }: MountOf<'device'>, found: FoundObject | undefined): void {
  if (found?.type === 'character' && found.rdev === BigInt((major << 8) | minor)) return;
  throw new TsbuildError('SANDBOX_FAILED', `/dev/${name} of this host is not the device of that name`);
}

function settingName(path: string): string {
  return path.replace('/proc/sys/', '').replaceAll('/', '.');
}

/** By a path below the root: nothing of an image lies in the file system of processes. */
function writeSetting({ calls, root }: MountContext, { path, value }: MountOf<'setting'>): void {
  const name = fromUtf8(path.slice(1));
  if (calls.lookBeneath(root, name) === 'absent')
    throw new TsbuildError('OPTION_INVALID', `the kernel has no setting ${settingName(path)}`);
  const fd = calls.openat(root, name, O_WRONLY | O_NOFOLLOW);
  calls.write(fd, Buffer.from(value));
  calls.close(fd);
}

/** What is mounted in /dev later on. */
const MOUNT_POINTS = ['pts', 'shm', 'mqueue'];

function makeDeviceLinks(context: MountContext, links: readonly MountOf<'link'>[]): void {
  const { calls } = context;
  const dev = targetOf(context, '/dev', {}).fd;
  calls.together(() => {
    for (const { name, text } of links)
      // Some kernels have no /proc/kcore; runc leaves out the link then.
      if (name !== 'core' || existsSync(text)) calls.symlinkat(text, dev, fromUtf8(name));
    // One by one, each would be looked for, and made when it is not there.
    for (const name of MOUNT_POINTS) calls.mkdirat(dev, fromUtf8(name), 0o755);
    calls.close(dev);
  });
}

function maskPaths(context: MountContext, masks: readonly MountOf<'mask'>[]): void {
  const { calls } = context;
  const targets = targetsOf(context, masks);
  const nullDevice = targetOf(context, '/dev/null', {}).fd;
  calls.together(() => {
    for (const { fd, type } of targets) {
      if (type === 'directory') calls.mountNew('tmpfs', EMPTY, MOUNT_RDONLY, fd);
      else calls.attachCopy(nullDevice, fd);
    }
    calls.close(nullDevice);
  });
}

/**
 * The paths that exist. The worker and the command see the same files of the kernel, so the launcher is not asked for
 * most of those that are missing.
 */
function targetsOf(
  { calls, root }: MountContext,
  mounts: readonly MountOf<'mask' | 'read-only'>[],
): readonly FoundObject[] {
  const paths = mounts.filter(({ path }) => existsSync(path)).map(({ path }) => path);
  const found = calls.lookBeneathAll(root, paths.map(fromUtf8));
  return found ?? paths.map((path) => findInside(calls, root, path)).filter((target) => target !== undefined);
}

/** Options of a tmpfs that nothing can be put into. */
const EMPTY = [
  ['size', '0'],
  ['nr_inodes', '1'],
  ['mode', '755'],
] as const;

function restrictPaths(context: MountContext, paths: readonly MountOf<'read-only'>[]): void {
  const { calls } = context;
  const targets = targetsOf(context, paths);
  calls.together(() => {
    for (const { fd } of targets) calls.attachReadOnlyCopy(fd);
  });
}

/** What the runtime itself mounts on stays in the rootfs as an empty directory, as runc leaves it. */
const LASTING: ReadonlySet<string> = new Set(['/proc', '/sys', '/dev']);

function targetOf(context: MountContext, path: string, options: WalkOptions): FoundObject {
  const onCreate = LASTING.has(path) ? {} : { onCreate: context.onStub };
  const { calls, root, rootDevice } = context;
  const target = findInside(calls, root, path, { ...options, ...onCreate, rootDevice });
  if (target === undefined) throw new TsbuildError('SANDBOX_FAILED', `${path} is missing in the rootfs`);
  return target;
}
