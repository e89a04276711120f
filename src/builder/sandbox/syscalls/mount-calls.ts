// Mounting by descriptor (the mount API of Linux 5.2 and later: fsopen(2), fsmount(2), open_tree(2), move_mount(2), mount_setattr(2)),
// so that no mount target or source is ever a path that could be swapped for a link.
import { cString, type Binding, type Name } from './binding.js';
import { AT_EMPTY_PATH } from './file-calls.js';

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

export interface MountCalls {
  /** A new, detached mount: a descriptor for `attach`. Options in order; a value of `true` is a flag. `attributes`: MOUNT_*. */
  createMount(type: string, options: readonly (readonly [string, Name | true])[], attributes: number): number;
  /** A detached copy of the mount and directory (or file) that the descriptor shows, with everything mounted below it. */
  cloneTree(fd: number, options: { readonly isRecursive: boolean }): number;
  /** Mounts what `mount` holds over what `target` shows. */
  attach(mount: number, target: number): void;
  /** Adds MOUNT_* attributes to a mount. */
  restrict(mount: number, attributes: number, options: { readonly isRecursive: boolean }): void;
  /** Mounts that appear here no longer spread, nor arrive. */
  makeAllPrivate(): void;
  /** mount(2) of a file system with an option text; the fall-back for kernels without `lowerdir+`. */
  mountClassic(type: string, target: string, flags: number, data: Name): void;
  detach(path: string): void;
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
    mountClassic: (type, target, flags, data) => void mount(type, target, type, flags, cString(data)),
    detach: (path) => void umount2(path, MNT_DETACH),
    pivotToCurrentDirectory: () => {
      pivotRoot('.', '.');
      umount2('.', MNT_DETACH);
    },
  };
}

function detachedMountCalls(
  binding: Binding,
): Pick<MountCalls, 'createMount' | 'cloneTree' | 'attach' | 'restrict'> {
  const fsopen = binding.raw('fsopen', 430, ['const char *', 'uint']);
  const fsconfig = binding.raw('fsconfig', 431, ['int', 'uint', 'const char *', 'const char *', 'int']);
  const fsmount = binding.raw('fsmount', 432, ['int', 'uint', 'uint']);
  const openTree = binding.raw('open_tree', 428, ['int', 'const char *', 'uint']);
  const moveMount = binding.raw('move_mount', 429, ['int', 'const char *', 'int', 'const char *', 'uint']);
  const mountSetattr = binding.raw('mount_setattr', 442, ['int', 'const char *', 'uint', 'void *', 'size_t']);
  const close = binding.define('int close(int fd)');
  return {
    createMount(type, options, attributes) {
      const context = fsopen(type, FSOPEN_CLOEXEC);
      try {
        for (const [name, value] of options) {
          if (value === true) fsconfig(context, FSCONFIG_SET_FLAG, name, null, 0);
          else fsconfig(context, FSCONFIG_SET_STRING, name, cString(value), 0);
        }
        fsconfig(context, FSCONFIG_CMD_CREATE, null, null, 0);
        return fsmount(context, FSMOUNT_CLOEXEC, attributes);
      } finally {
        close(context);
      }
    },
    cloneTree: (fd, { isRecursive }) =>
      openTree(
        fd,
        '',
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (isRecursive ? AT_RECURSIVE : 0),
      ),
    attach: (fd, target) =>
      void moveMount(fd, '', target, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
    restrict(fd, attributes, { isRecursive }) {
      const change = new BigUint64Array([BigInt(attributes), 0n, 0n, 0n]);
      mountSetattr(fd, '', AT_EMPTY_PATH | (isRecursive ? AT_RECURSIVE : 0), change, change.byteLength);
    },
  };
}
