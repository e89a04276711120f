// Resolves a path as the kernel does for a process (path_resolution(7)), one component after the other, for what
// openat2(2) cannot do for another process: `/proc/self`, and the links of the proc file system that lead to an open
// object instead of to a text.
// Invariant: it leads nowhere that the process could not get to by itself, since its proc file system shows only the
// processes of its command.
import type { ByteString } from '../../core/bytes.js';
import { S_IFDIR, S_IFLNK, S_IFMT, STAT_LAYOUT } from '../../host/stat-layout.js';
import { cString } from '../../host/syscalls/binding.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../host/syscalls/open-flags.js';
import { ELOOP, ENOENT, ENOTDIR } from './errno.js';
import { isProcObject } from './kernel-object.js';
import type { WatchedCall } from './watched-call.js';

/** Links that the kernel follows in one path. */
const MAX_LINKS = 40;

export interface Start {
  /** Descriptors of the root of the process, and of where a relative path begins. */
  readonly root: number;
  readonly base: number;
}

/** O_PATH descriptor, or a negative errno. `flags`: O_NOFOLLOW and O_DIRECTORY count. */
export function walkPath(call: WatchedCall, start: Start, path: ByteString, flags: number): number {
  const { calls } = call.command;
  const isDirectory = (flags & O_DIRECTORY) !== 0 || path.endsWith('/');
  const isFollowed = (flags & O_NOFOLLOW) === 0 || path.endsWith('/');
  let links = 0;
  let at = duplicate(call, path.startsWith('/') ? start.root : start.base);
  const todo = componentsOf(path);
  for (let name = todo.shift(); name !== undefined && at >= 0; name = todo.shift()) {
    const next = openComponent(call, at, name, start.root);
    const isLink = next >= 0 && typeOf(call, next) === S_IFLNK && (isFollowed || todo.length > 0);
    const target = isLink ? readTarget(call, { at, link: next, name }) : next;
    if (isLink) calls.close(next);
    if (typeof target === 'number') {
      calls.close(at);
      at = target;
      continue;
    }
    if (++links > MAX_LINKS) {
      calls.close(at);
      return ELOOP;
    }
    todo.unshift(...componentsOf(target));
    if (target.startsWith('/')) {
      calls.close(at);
      at = duplicate(call, start.root);
    }
  }
  if (at < 0 || !isDirectory || typeOf(call, at) === S_IFDIR) return at;
  calls.close(at);
  return ENOTDIR;
}

function componentsOf(path: string): ByteString[] {
  return path.split('/').filter((name) => name !== '' && name !== '.') as ByteString[];
}

function duplicate({ command: { calls } }: WatchedCall, dir: number): number {
  return calls.open(dir, '.', O_PATH | O_DIRECTORY, 0);
}

function openComponent(call: WatchedCall, at: number, name: ByteString, root: number): number {
  if (name === '..' && isSame(call, at, root)) return duplicate(call, at);
  return call.command.calls.open(at, cString(name), O_PATH | O_NOFOLLOW, 0);
}

interface Link {
  /** Descriptors of the directory and of the link. */
  readonly at: number;
  readonly link: number;
  readonly name: ByteString;
}

/**
 * The text of a link; of one of the proc file system that has none, the descriptor that it leads to; or a negative
 * errno.
 */
function readTarget(call: WatchedCall, { at, link, name }: Link): ByteString | number {
  const { calls } = call.command;
  if (!isProcObject(calls, link)) return calls.readLinkAt(link);
  const own = ownName(call, name);
  if (own !== undefined) return own;
  return calls.openInRoot(at, cString(name), O_PATH) === ELOOP
    ? calls.open(at, cString(name), O_PATH, 0)
    : calls.readLinkAt(link);
}

/**
 * Where `self` and `thread-self` lead the process: its own numbers in its pid namespace are the last ones
 * (proc_pid_status(5)).
 */
function ownName(
  { command: { calls }, pid }: WatchedCall,
  name: ByteString,
): ByteString | number | undefined {
  if (name !== 'self' && name !== 'thread-self') return undefined;
  const status = calls.readProcess(pid, 'status');
  const [, group] = /^NStgid:.*\t(\d+)$/m.exec(status) ?? [];
  const [, thread] = /^NSpid:.*\t(\d+)$/m.exec(status) ?? [];
  if (group === undefined || thread === undefined) return ENOENT;
  return (name === 'self' ? group : `${group}/task/${thread}`) as ByteString;
}

const one = Buffer.alloc(STAT_LAYOUT.bytes);
const other = Buffer.alloc(STAT_LAYOUT.bytes);
/** Behind device and inode, which stand first on every machine. */
const IDENTITY_BYTES = 16;

function isSame({ command: { calls } }: WatchedCall, a: number, b: number): boolean {
  if (calls.stat(a, one) < 0 || calls.stat(b, other) < 0) return false;
  return one.compare(other, 0, IDENTITY_BYTES, 0, IDENTITY_BYTES) === 0;
}

function typeOf({ command: { calls } }: WatchedCall, fd: number): number {
  return calls.stat(fd, one) < 0 ? 0 : one.readUInt32LE(STAT_LAYOUT.mode) & S_IFMT;
}
