// System calls on the process whose call was trapped: its memory, its limits, its files in /proc. A negative result is
// an errno.
import type { ByteString } from '../../core/bytes.js';
import type { Binding } from './binding.js';

export interface TargetCalls {
  readMemory(pid: number, address: bigint, into: Buffer, length: number): number;
  writeMemory(pid: number, address: bigint, from: Buffer, length: number): number;
  /** The soft limit; undefined when it cannot be read. */
  getLimit(pid: number, resource: number): bigint | undefined;
  /** Sets the soft limit, not the hard one. */
  setSoftLimit(pid: number, resource: number, soft: bigint): number;
  /** Text of a link of the proc file system. */
  readLink(path: string): ByteString | number;
  /** Text of a symbolic link, by an O_PATH descriptor of it. */
  readLinkAt(link: number): ByteString | number;
  /** Text of a file of the process in the proc file system; empty when the process is gone. */
  readProcess(pid: number, name: 'status' | 'stat' | `fdinfo/${number}`): string;
}

export function targetCalls(binding: Binding): TargetCalls {
  const vector = ['int', 'void *', 'ulong', 'void *', 'ulong', 'ulong'];
  const readv = binding.attempt('process_vm_readv', { x64: 310, arm64: 270 }, vector);
  const writev = binding.attempt('process_vm_writev', { x64: 311, arm64: 271 }, vector);
  const prlimit = binding.attempt('prlimit64', { x64: 302, arm64: 261 }, ['int', 'int', 'void *', 'void *']);
  const readlinkat = binding.attempt('readlinkat', { x64: 267, arm64: 78 }, [
    'int',
    'const char *',
    'void *',
    'ulong',
  ]);
  const openat = binding.attempt('openat', { x64: 257, arm64: 56 }, ['int', 'const char *', 'int', 'uint']);
  const read = binding.attempt('read', { x64: 0, arm64: 63 }, ['int', 'void *', 'ulong']);
  const close = binding.attempt('close', { x64: 3, arm64: 57 }, ['int']);
  const local = Buffer.alloc(16);
  const remote = Buffer.alloc(16);
  const text = Buffer.alloc(8192);
  const limit = Buffer.alloc(16);
  const transfer = (
    call: typeof readv,
    pid: number,
    address: bigint,
    own: Buffer,
    length: number,
  ): number => {
    local.writeBigUInt64LE(binding.address(own));
    local.writeBigUInt64LE(BigInt(length), 8);
    remote.writeBigUInt64LE(address);
    remote.writeBigUInt64LE(BigInt(length), 8);
    return call(pid, local, 1, remote, 1, 0);
  };
  const readLinkAt = (dir: number, path: string): ByteString | number => {
    const length = readlinkat(dir, path, text, text.length);
    return length < 0 ? length : (text.toString('latin1', 0, length) as ByteString);
  };
  const getLimit = (pid: number, resource: number): bigint | undefined =>
    prlimit(pid, resource, null, limit) < 0 ? undefined : limit.readBigUInt64LE();
  return {
    readMemory: (pid, address, into, length) => transfer(readv, pid, address, into, length),
    writeMemory: (pid, address, from, length) => transfer(writev, pid, address, from, length),
    getLimit,
    setSoftLimit(pid, resource, soft) {
      if (getLimit(pid, resource) === undefined) return -1;
      limit.writeBigUInt64LE(soft);
      return prlimit(pid, resource, limit, null);
    },
    readLink: (path) => readLinkAt(-1, path),
    readLinkAt: (link) => readLinkAt(link, ''),
    readProcess(pid, name) {
      const fd = openat(-1, `/proc/${pid}/${name}`, 0, 0);
      if (fd < 0) return '';
      const length = read(fd, text, text.length);
      close(fd);
      return text.toString('latin1', 0, Math.max(length, 0));
    },
  };
}
