// Executes a mount plan on a rootfs. Every target and source is a descriptor found inside its root (path-in-root.ts) and every mount
// is made detached and then attached to that descriptor: nothing in an image can redirect one.
import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { PlannedMount } from './mount-plan.js';
import type { OwnerWriter } from './owner-writer.js';
import { openInside, type Stub, type WalkOptions } from './path-in-root.js';
import type { SystemCalls } from './syscalls.js';
import { isSystemCallError } from './syscalls/binding.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH, O_WRONLY } from './syscalls/file-calls.js';
import { MOUNT_RDONLY } from './syscalls/mount-calls.js';

export interface MountContext {
  readonly calls: SystemCalls;
  readonly writeOwner: OwnerWriter;
  /** O_PATH descriptor of the mounted rootfs. */
  readonly root: number;
  /** Descriptor of an attached tmpfs that only this step has; files shown to the step lie there. */
  readonly scratch: number;
  /** Called for every mount point that had to be made in the rootfs. */
  readonly onStub: (stub: Stub) => void;
  /** The descriptor of a source, by its path; not to be closed. */
  readonly openSource: (path: string) => number;
}

/** @throws TsbuildError SANDBOX_FAILED when the kernel refuses a mount, LAYER_UNSAFE when the image has no place for it */
export function executeMount(context: MountContext, mount: PlannedMount): void {
  try {
    execute(context, mount);
  } catch (error) {
    if (!isSystemCallError(error)) throw error;
    const what = 'target' in mount ? mount.target : 'path' in mount ? mount.path : `/dev/${mount.name}`;
    if (error.code === 'ENOTDIR' || error.code === 'EROFS')
      throw new TsbuildError('LAYER_UNSAFE', `cannot mount on ${what}: ${reason(error.code)}`, {
        cause: error,
      });
    throw new TsbuildError('SANDBOX_FAILED', `cannot mount ${what} for a RUN step: ${error.message}`, {
      cause: error,
    });
  }
}

function reason(code: string): string {
  return code === 'EROFS'
    ? 'it does not exist, and the mount around it is read-only'
    : 'a file would have to lie on a directory, or the other way round';
}

function execute(context: MountContext, mount: PlannedMount): void {
  switch (mount.kind) {
    case 'filesystem':
      return mountFilesystem(context, mount);
    case 'tree':
      return mountTree(context, mount);
    case 'file':
      return mountFile(context, mount);
    case 'device':
      return mountDevice(context, mount);
    case 'link':
      return makeDeviceLink(context, mount);
    case 'mask':
      return maskPath(context, mount.path);
    case 'read-only':
      return restrictPath(context, mount.path);
  }
}

function mountFilesystem(context: MountContext, mount: Extract<PlannedMount, { kind: 'filesystem' }>): void {
  const isKernelView = mount.type === 'proc' || mount.type === 'sysfs';
  const target = targetOf(context, mount.target, { create: 'dir', isLinkRefused: isKernelView });
  try {
    if (!fstatSync(target).isDirectory())
      throw new TsbuildError('LAYER_UNSAFE', `${mount.target} of the image is not a directory`);
    attachAndClose(
      context,
      context.calls.createMount(
        mount.type,
        mount.options.map(([name, value]) => [name, value]),
        mount.attributes,
      ),
      target,
    );
  } catch (error) {
    if (!mount.isOptional || !isSystemCallError(error, 'EPERM', 'EBUSY', 'ENODEV', 'EINVAL')) throw error;
  } finally {
    closeSync(target);
  }
}

function mountTree(context: MountContext, mount: Extract<PlannedMount, { kind: 'tree' }>): void {
  const top = context.openSource(mount.source);
  const isWhole = mount.subpath === '' || mount.subpath === '/';
  const source = isWhole ? top : openInside(context.calls, top, mount.subpath);
  // BuildKit's wording for a missing source of a bind mount.
  if (source === undefined)
    throw new TsbuildError(
      'COPY_NOT_FOUND',
      `failed to calculate checksum of ref: "${mount.subpath}": not found`,
    );
  try {
    const isRecursive = mount.isRecursive ?? false;
    const clone = context.calls.cloneTree(source, { isRecursive });
    if (mount.attributes !== 0) context.calls.restrict(clone, mount.attributes, { isRecursive });
    attachTo(context, clone, mount.target, { create: fstatSync(source).isDirectory() ? 'dir' : 'file' });
  } finally {
    if (!isWhole) closeSync(source);
  }
}

function mountFile(context: MountContext, mount: Extract<PlannedMount, { kind: 'file' }>): void {
  const name = `file-${fromUtf8(mount.target).replaceAll('/', '|').slice(-200)}`;
  const fd = context.calls.openat(context.scratch, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for (let done = 0; done < mount.content.length;) done += writeSync(fd, mount.content, done);
    context.writeOwner(context.scratch, name, mount);
    fchmodSync(fd, mount.mode);
    const clone = context.calls.cloneTree(fd, { isRecursive: false });
    context.calls.restrict(clone, mount.attributes, { isRecursive: false });
    attachTo(context, clone, mount.target, { create: 'file' });
  } finally {
    closeSync(fd);
  }
}

function mountDevice(context: MountContext, device: Extract<PlannedMount, { kind: 'device' }>): void {
  const source = openSync(`/dev/${device.name}`, O_PATH | O_NOFOLLOW);
  try {
    const stat = fstatSync(source);
    const number = (device.major << 8) | device.minor;
    if (!stat.isCharacterDevice() || stat.rdev !== number)
      throw new TsbuildError(
        'SANDBOX_FAILED',
        `/dev/${device.name} of this host is not the device of that name`,
      );
    attachTo(context, context.calls.cloneTree(source, { isRecursive: false }), `/dev/${device.name}`, {
      create: 'file',
    });
  } finally {
    closeSync(source);
  }
}

function makeDeviceLink(context: MountContext, link: Extract<PlannedMount, { kind: 'link' }>): void {
  const dev = targetOf(context, '/dev', {});
  context.calls.symlinkat(link.text, dev, link.name);
  closeSync(dev);
}

function maskPath(context: MountContext, path: string): void {
  const target = openInside(context.calls, context.root, path);
  if (target === undefined) return;
  const cover = fstatSync(target).isDirectory() ? emptyDirectory(context.calls) : nullDevice(context);
  attachAndClose(context, cover, target);
  closeSync(target);
}

function emptyDirectory(calls: SystemCalls): number {
  return calls.createMount(
    'tmpfs',
    [
      ['size', '0'],
      ['nr_inodes', '1'],
      ['mode', '755'],
    ],
    MOUNT_RDONLY,
  );
}

function nullDevice(context: MountContext): number {
  const source = targetOf(context, '/dev/null', {});
  const clone = context.calls.cloneTree(source, { isRecursive: false });
  closeSync(source);
  return clone;
}

function restrictPath(context: MountContext, path: string): void {
  const target = openInside(context.calls, context.root, path);
  if (target === undefined) return;
  const clone = context.calls.cloneTree(target, { isRecursive: true });
  context.calls.restrict(clone, MOUNT_RDONLY, { isRecursive: true });
  attachAndClose(context, clone, target);
  closeSync(target);
}

function attachTo(context: MountContext, mount: number, path: string, options: WalkOptions): void {
  const target = targetOf(context, path, options);
  attachAndClose(context, mount, target);
  closeSync(target);
}

/** What the runtime itself mounts on stays in the rootfs as an empty directory, as runc leaves it. */
const LASTING: ReadonlySet<string> = new Set(['/proc', '/sys', '/dev']);

function targetOf(context: MountContext, path: string, options: WalkOptions): number {
  const onCreate = LASTING.has(path) ? {} : { onCreate: context.onStub };
  const target = openInside(context.calls, context.root, path, { ...options, ...onCreate });
  if (target === undefined)
    throw new TsbuildError('SANDBOX_FAILED', `${path} is missing in the rootfs of a RUN step`);
  return target;
}

function attachAndClose(context: MountContext, mount: number, target: number): void {
  try {
    context.calls.attach(mount, target);
  } finally {
    closeSync(mount);
  }
}
