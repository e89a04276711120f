// Mounting by descriptor (the mount API of Linux 5.2 and later: fsopen(2), fsmount(2), open_tree(2), move_mount(2),
// mount_setattr(2)), so that no mount target or source is ever a path that could be swapped for a link.
import { fromUtf8, type Text } from '../../core/bytes.js';
import { cString, type Binding, type Name, type ResultOf, type SequenceCall } from './binding.js';
import { AT_EMPTY_PATH } from './file-calls.js';
import { O_CLOEXEC, O_NOFOLLOW, O_PATH } from './open-flags.js';

export const MOUNT_RDONLY = 0x1;
export const MOUNT_NOSUID = 0x2;
export const MOUNT_NODEV = 0x4;
export const MOUNT_NOEXEC = 0x8;

const FSOPEN_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_RECURSIVE = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MNT_DETACH = 2;
const MS_REC = 1 << 14;
const MS_PRIVATE = 1 << 18;

/** `true`: a flag. */
export type MountOption = readonly [string, Text | true];

export interface MountCalls {
  /**
   * A new, detached mount: a descriptor for `attach`. Options in order; a value of `true` is a flag. `attributes`:
   * MOUNT_*.
   */
  createMount(type: string, options: readonly MountOption[], attributes: number): number;
  /**
   * A detached copy of the mount and directory (or file) that the descriptor shows, with everything mounted below it.
   */
  cloneTree(fd: number, options: { readonly isRecursive: boolean }): number;
  /** Mounts what `mount` holds over what `target` shows. */
  attach(mount: number, target: number): void;
  /** `createMount` and `attachAndClose`; of a launcher, of which nothing is closed when it fails. */
  mountNew(type: string, options: readonly MountOption[], attributes: number, target: number): void;
  /** The same; both descriptors are closed when it has worked. */
  attachAndClose(mount: number, target: number): void;
  /** Mounts a copy of what `source` shows over what `target` shows, and closes the latter. */
  attachCopy(source: number, target: number): void;
  /** The same over an entry of a directory, which is not followed when it is a link. */
  attachCopyAt(source: number, dir: number, name: Name): void;
  /** Makes what `target` shows read-only, with everything mounted below it, and closes it. */
  attachReadOnlyCopy(target: number): void;
  /** Adds MOUNT_* attributes to a mount. */
  restrict(mount: number, attributes: number, options: { readonly isRecursive: boolean }): void;
  /** Mounts that appear here no longer spread, nor arrive. */
  makeAllPrivate(): void;
  /** mount(2) of a file system with an option text; the fall-back for kernels without `lowerdir+`. */
  mountClassic(type: string, target: Text, flags: number, data: Text): void;
  detach(path: Text): void;
  /** The current directory becomes `/`; the old root is detached (pivot_root(2), "." twice). */
  pivotToCurrentDirectory(): void;
}

export function mountCalls(binding: Binding): MountCalls {
  const mount = binding.define(
    'int mount(const char *source, const char *target, const char *type, ulong flags, const char *data)',
  );
  const umount2 = binding.define('int umount2(const char *target, int flags)');
  const pivotRoot = binding.raw('pivot_root', { x64: 155, arm64: 41 }, ['const char *', 'const char *']);
  return {
    ...detachedMountCalls(binding),
    makeAllPrivate: () => void mount(null, '/', null, MS_REC | MS_PRIVATE, null),
    mountClassic: (type, target, flags, data) => void mount(type, target, type, flags, data),
    detach: (path) => void umount2(path, MNT_DETACH),
    pivotToCurrentDirectory: () => {
      pivotRoot('.', '.');
      umount2('.', MNT_DETACH);
    },
  };
}

function detachedMountCalls(
  binding: Binding,
): Omit<MountCalls, 'makeAllPrivate' | 'mountClassic' | 'detach' | 'pivotToCurrentDirectory'> {
  const fsopen = binding.raw('fsopen', 430, ['const char *', 'uint']);
  const fsconfig = binding.raw('fsconfig', 431, ['int', 'uint', 'const char *', 'const char *', 'int']);
  const fsmount = binding.raw('fsmount', 432, ['int', 'uint', 'uint']);
  const openTree = binding.raw('open_tree', 428, ['int', 'const char *', 'uint']);
  const moveMount = binding.raw('move_mount', 429, ['int', 'const char *', 'int', 'const char *', 'uint']);
  const mountSetattr = binding.raw('mount_setattr', 442, [
    'int',
    'const char *',
    'uint',
    'const void *',
    'size_t',
  ]);
  const openat = binding.define('int openat(int dir, const char *name, int flags, uint mode)');
  const close = binding.define('int close(int fd)');

  /** The last call but one gives the mount. */
  function creation(type: string, options: readonly MountOption[], attributes: number): SequenceCall[] {
    const context = { resultOf: 0 };
    return [
      [fsopen, type, FSOPEN_CLOEXEC],
      ...options.map(([name, value]): SequenceCall =>
        value === true
          ? [fsconfig, context, FSCONFIG_SET_FLAG, name, null, 0]
          : [fsconfig, context, FSCONFIG_SET_STRING, name, cString(fromUtf8(value)), 0],
      ),
      [fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0],
      [fsmount, context, FSMOUNT_CLOEXEC, attributes],
      [close, context],
    ];
  }

  function attachment(mount: number | ResultOf, target: number | ResultOf): SequenceCall[] {
    return [
      [moveMount, mount, '', target, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH],
      [close, mount],
      [close, target],
    ];
  }

  function restriction(
    mount: number | ResultOf,
    attributes: number,
    { isRecursive }: { readonly isRecursive: boolean },
  ): SequenceCall {
    const change = new BigUint64Array([BigInt(attributes), 0n, 0n, 0n]);
    const flags = AT_EMPTY_PATH | (isRecursive ? AT_RECURSIVE : 0);
    return [mountSetattr, mount, '', flags, change, change.byteLength];
  }

  return {
    createMount(type, options, attributes) {
      const calls = creation(type, options, attributes);
      const results = binding.sequence(calls, ([opened]) => opened !== undefined && close(opened));
      return results.at(-2)!;
    },
    mountNew(type, options, attributes, target) {
      const calls = creation(type, options, attributes);
      binding.sequence([...calls, ...attachment({ resultOf: calls.length - 2 }, target)]);
    },
    cloneTree: (fd, { isRecursive }) =>
      openTree(
        fd,
        '',
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (isRecursive ? AT_RECURSIVE : 0),
      ),
    attach: (fd, target) =>
      void moveMount(fd, '', target, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
    attachCopy: (source, target) =>
      void binding.sequence([
        [openTree, source, '', OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH],
        ...attachment({ resultOf: 0 }, target),
      ]),
    attachReadOnlyCopy: (target) =>
      void binding.sequence([
        [openTree, target, '', OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE],
        restriction({ resultOf: 0 }, MOUNT_RDONLY, { isRecursive: true }),
        ...attachment({ resultOf: 0 }, target),
      ]),
    attachCopyAt: (source, dir, name) =>
      void binding.sequence([
        [openTree, source, '', OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH],
        [openat, dir, cString(name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0],
        ...attachment({ resultOf: 0 }, { resultOf: 1 }),
      ]),
    attachAndClose: (fd, target) => void binding.sequence(attachment(fd, target)),
    restrict: (fd, attributes, options) => void binding.sequence([restriction(fd, attributes, options)]),
  };
}
