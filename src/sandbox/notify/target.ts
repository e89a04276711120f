// Memory and paths of a process whose trapped call waits. Invariant: a path is resolved inside the root of that process
// (openat2(2), RESOLVE_IN_ROOT; walk-path.ts), so whatever the process changes meanwhile, nothing outside of its root
// is reached.
import type { ByteString } from '../../core/bytes.js';
import { cString } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../host/syscalls/open-flags.js';
import { EFAULT, ELOOP, ENAMETOOLONG, ENOENT } from './errno.js';
import type { WatchedCall } from './watched-call.js';
import { walkPath } from './walk-path.js';

const PATH_MAX = 4096;
const PAGE = 4096n;
const buffer = Buffer.alloc(PATH_MAX);

/** Text up to NUL at an address of the process; or a negative errno. */
export function readText({ command, pid }: WatchedCall, address: bigint): ByteString | number {
  let text = '';
  for (let at = address; text.length < PATH_MAX;) {
    // The next page need not be there.
    const wanted = Number(PAGE - (at % PAGE));
    const length = command.calls.readMemory(pid, at, buffer, wanted);
    if (length <= 0) return EFAULT;
    const end = buffer.subarray(0, length).indexOf(0);
    text += buffer.toString('latin1', 0, end === -1 ? length : end);
    if (end !== -1) return text as ByteString;
    at += BigInt(length);
  }
  return ENAMETOOLONG;
}

/** Bytes at an address of the process; undefined when it cannot be read. */
export function readBytes(
  { command, pid }: WatchedCall,
  address: bigint,
  length: number,
): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return length === 0 || command.calls.readMemory(pid, address, bytes, length) === length ? bytes : undefined;
}

/** 0 or a negative errno. */
export function writeBytes({ command, pid }: WatchedCall, address: bigint, bytes: Buffer): number {
  return bytes.length === 0 || command.calls.writeMemory(pid, address, bytes, bytes.length) === bytes.length
    ? 0
    : EFAULT;
}

/** The path of descriptor `fd` of the process in the proc file system; AT_FDCWD is its working directory. */
export function procPath(pid: number, fd: number): string {
  return fd === AT_FDCWD ? `/proc/${pid}/cwd` : `/proc/${pid}/fd/${fd}`;
}

export interface Followed {
  readonly isFollowed: boolean;
  /**
   * False: what is not found is not looked for by `/proc/self` either. Most files that are asked for by stat(2) do not
   * exist.
   */
  readonly isLookedFor?: boolean;
}

/** O_PATH descriptor of an object, or a negative errno. An empty path is `dir` itself. */
export function openObject(
  call: WatchedCall,
  dir: number,
  path: ByteString,
  { isFollowed, isLookedFor = true }: Followed,
): number {
  if (path === '') return call.command.calls.open(-1, procPath(call.pid, dir), O_PATH, 0);
  return openPath(call, dir, path, O_PATH | (isFollowed ? 0 : O_NOFOLLOW), isLookedFor);
}

/** O_PATH descriptor of the directory that holds the last component of the path, or a negative errno. */
export function openParent(call: WatchedCall, dir: number, path: ByteString): number {
  const slash = path.lastIndexOf('/');
  const parent = slash === -1 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
  return openPath(call, dir, parent as ByteString, O_PATH | O_DIRECTORY);
}

function openPath(
  call: WatchedCall,
  dir: number,
  path: ByteString,
  flags: number,
  isLookedFor = true,
): number {
  const { calls } = call.command;
  const root = call.command.mayHaveOtherRoots
    ? calls.open(-1, `/proc/${call.pid}/root`, O_PATH | O_DIRECTORY, 0)
    : call.command.root;
  if (root < 0) return root;
  const isAbsolute = path.startsWith('/');
  const text = isAbsolute ? '' : directoryText(call, dir);
  const fast =
    typeof text === 'number'
      ? text
      : calls.openInRoot(root, cString(isAbsolute ? path : `${text}/${path}`), flags);
  const mayBeOwn = fast === ELOOP || (fast === ENOENT && isLookedFor);
  // openat2(2) finds no `/proc/self`, and refuses links that mean another object to each process.
  const fd = mayBeOwn ? walkFrom(call, root, dir, path, flags) : fast;
  if (root !== call.command.root) calls.close(root);
  return fd;
}

function walkFrom(call: WatchedCall, root: number, dir: number, path: ByteString, flags: number): number {
  const { calls } = call.command;
  if (path.startsWith('/')) return walkPath(call, { root, base: root }, path, flags);
  const base = calls.open(-1, procPath(call.pid, dir), O_PATH | O_DIRECTORY, 0);
  if (base < 0) return base;
  const fd = walkPath(call, { root, base }, path, flags);
  calls.close(base);
  return fd;
}

/** The directory as a path from the root of the process, or a negative errno. */
function directoryText({ command, pid }: WatchedCall, dir: number): string | number {
  const text = command.calls.readLink(procPath(pid, dir));
  if (typeof text === 'number' || !command.mayHaveOtherRoots) return text;
  const root = command.calls.readLink(`/proc/${pid}/root`);
  if (typeof root === 'number' || root === '/') return typeof root === 'number' ? root : text;
  // A working directory outside of the root has no path in it.
  return text === root || text.startsWith(`${root}/`) ? text.slice(root.length) : ENOENT;
}
