// The one extended attribute of context files that reaches a layer: security.capability. `user.*` and the rest are
// dropped, as BuildKit drops them. The kernel looks at it only when it executes a file, so that files without an
// execute bit are not asked.
import { constants } from 'node:os';
import { fromBuffer, type ByteString } from '../core/bytes.js';
import { loadBinary, type Koffi } from '../host/load-koffi.js';
import { cString, systemCallError } from '../host/syscalls/binding.js';

const NAME = 'security.capability';
/** More than struct vfs_ns_cap_data has (linux/capability.h). */
const MAX_BYTES = 64;

/** The xattrs of an executable at an absolute path, undefined when it has none. @throws SystemCallError */
export type ReadCapability = (path: ByteString) => Readonly<Record<string, ByteString>> | undefined;

/**
 * Binds getxattr(2) on the first call. Where there are no file capabilities, or no binary of koffi to ask for them,
 * nothing is ever read.
 */
export function createCapabilityReader(): ReadCapability {
  if (process.platform !== 'linux') return () => undefined;
  let read: ReadCapability | undefined;
  return (path) => {
    read ??= bindReader(loadBinary());
    return read(path);
  };
}

function bindReader(koffi: Koffi | undefined): ReadCapability {
  if (!koffi) return () => undefined;
  const getxattr: (
    path: string | Uint8Array,
    name: string,
    value: Uint8Array,
    size: number,
  ) => number | bigint = koffi
    .load(null)
    .func('getxattr', 'long', ['const char *', 'const char *', 'void *', 'ulong']);
  const value = Buffer.alloc(MAX_BYTES);
  const { ENODATA, EOPNOTSUPP } = constants.errno;
  return (path) => {
    const size = Number(getxattr(cString(path), NAME, value, value.length));
    if (size >= 0) return { [NAME]: fromBuffer(value.subarray(0, size)) };
    const errno = koffi.errno();
    if (errno === ENODATA || errno === EOPNOTSUPP) return undefined;
    throw systemCallError('getxattr', errno);
  };
}
