// Memory and paths of a process whose call waits. Invariant: a path is resolved inside the root of that process (openat2(2),
// RESOLVE_IN_ROOT) and through no magic link, so whatever the step changes meanwhile, nothing outside of its root is reached.
import type { ByteString } from '../../../core/bytes.js';
import { cString } from '../syscalls/binding.js';
import { AT_FDCWD } from '../syscalls/file-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../syscalls/open-flags.js';
import { EFAULT, ENAMETOOLONG, ENOENT } from './errno.js';
import type { WatchedCall } from './supervised-step.js';

const PATH_MAX = 4096;
const PAGE = 4096n;
const buffer = Buffer.alloc(PATH_MAX);

/** Text up to NUL at an address of the process; or a negative errno. */
export function readText({ step, pid }: WatchedCall, address: bigint): ByteString | number {
  let text = '';
  for (let at = address; text.length < PATH_MAX;) {
    // The next page need not be there.
    const wanted = Number(PAGE - (at % PAGE));
    const length = step.calls.readMemory(pid, at, buffer, wanted);
    if (length <= 0) return EFAULT;
    const end = buffer.subarray(0, length).indexOf(0);
    text += buffer.toString('latin1', 0, end === -1 ? length : end);
    if (end !== -1) return text as ByteString;
    at += BigInt(length);
  }
  return ENAMETOOLONG;
}

/** Bytes at an address of the process; undefined when it cannot be read. */
export function readBytes({ step, pid }: WatchedCall, address: bigint, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return length === 0 || step.calls.readMemory(pid, address, bytes, length) === length ? bytes : undefined;
}

/** 0 or a negative errno. */
export function writeBytes({ step, pid }: WatchedCall, address: bigint, bytes: Buffer): number {
  return bytes.length === 0 || step.calls.writeMemory(pid, address, bytes, bytes.length) === bytes.length
    ? 0
    : EFAULT;
}

/** The path of descriptor `fd` of the process in the proc file system; AT_FDCWD is its working directory. */
export function procPath(pid: number, fd: number): string {
  return fd === AT_FDCWD ? `/proc/${pid}/cwd` : `/proc/${pid}/fd/${fd}`;
}

export interface Followed {
  readonly isFollowed: boolean;
}

/** O_PATH descriptor of an object, or a negative errno. An empty path is `dir` itself. */
export function openObject(
  call: WatchedCall,
  dir: number,
  path: ByteString,
  { isFollowed }: Followed,
): number {
  if (path === '') return call.step.calls.open(-1, procPath(call.pid, dir), O_PATH, 0);
  return openPath(call, dir, path, O_PATH | (isFollowed ? 0 : O_NOFOLLOW));
}

/** O_PATH descriptor of the directory that holds the last component of the path, or a negative errno. */
export function openParent(call: WatchedCall, dir: number, path: ByteString): number {
  const slash = path.lastIndexOf('/');
  const parent = slash === -1 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
  return openPath(call, dir, parent as ByteString, O_PATH | O_DIRECTORY);
}

function openPath(call: WatchedCall, dir: number, path: ByteString, flags: number): number {
  const { calls } = call.step;
  const isAbsolute = path.startsWith('/');
  const base = isAbsolute ? '' : directoryText(call, dir);
  if (typeof base === 'number') return base;
  const root = call.step.mayHaveOtherRoots
    ? calls.open(-1, `/proc/${call.pid}/root`, O_PATH | O_DIRECTORY, 0)
    : call.step.root;
  if (root < 0) return root;
  const fd = calls.openInRoot(root, cString(isAbsolute ? path : `${base}/${path}`), flags);
  if (root !== call.step.root) calls.close(root);
  return fd;
}

/** The directory as a path from the root of the process, or a negative errno. */
function directoryText({ step, pid }: WatchedCall, dir: number): string | number {
  const text = step.calls.readLink(procPath(pid, dir));
  if (typeof text === 'number' || !step.mayHaveOtherRoots) return text;
  const root = step.calls.readLink(`/proc/${pid}/root`);
  if (typeof root === 'number' || root === '/') return typeof root === 'number' ? root : text;
  // A working directory outside of the root has no path in it.
  return text === root || text.startsWith(`${root}/`) ? text.slice(root.length) : ENOENT;
}

/** Kernel file systems and devices: nothing there is part of a layer, or belongs to a user of the image. */
export function isKernelPath(path: ByteString): boolean {
  return /^\/(proc|sys|dev)(\/|$)/.test(path) && !path.includes('/..');
}
