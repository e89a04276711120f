// Finding and making a path inside a rootfs by descriptors: every component is opened without following links, and a link's text is
// walked with the rootfs as `/`. So `/etc/resolv.conf -> /etc/shadow` or `/dev -> ../../host` never leave it (design.md section 1,
// promise 2). What is made on the way is recorded, so that it can be removed after the step.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { ownerWriter, type OwnerWriter } from './owner-writer.js';
import type { SystemCalls } from './syscalls.js';
import { isSystemCallError } from './syscalls/binding.js';
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_WRONLY,
  type Timestamp,
} from './syscalls/file-calls.js';

/** As the kernel limits it (path_resolution(7)). */
const MAX_LINKS = 40;

/** A mount point that did not exist. `path`: its components from the root, all real directories but the last. */
export interface Stub {
  readonly path: readonly ByteString[];
  readonly kind: 'dir' | 'file';
  /** Modification time of the parent before and after. */
  readonly parentBefore: Timestamp;
  readonly parentAfter: Timestamp;
}

export interface WalkOptions {
  /** What to make when the path does not exist; parents are made as directories, all 0755 (a file 0644) and owned by `owner`. */
  readonly create?: 'dir' | 'file';
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** How something gets its owner; by chown(2) when absent. */
  readonly writeOwner?: OwnerWriter;
  readonly onCreate?: (stub: Stub) => void;
  /** The last component must not be a link (what runc asks of /proc and /sys). */
  readonly isLinkRefused?: boolean;
  /** Device of a /proc that is mounted in the root: its links to what processes have open are refused. */
  readonly procDevice?: number | undefined;
}

/** O_PATH descriptor of a directory of the host. */
export function openDirectory(path: string): number {
  return openSync(path, O_PATH | O_DIRECTORY);
}

/** @returns an O_PATH descriptor, or undefined when the path does not exist and is not to be made. @throws TsbuildError LAYER_UNSAFE */
export function openInside(
  calls: SystemCalls,
  root: number,
  path: string,
  options: WalkOptions = {},
): number | undefined {
  const rootDevice = fstatSync(root).dev;
  const stack: { fd: number; name: ByteString }[] = [];
  const pending = componentsOf(fromUtf8(path)).reverse();
  const current = (): number => stack.at(-1)?.fd ?? root;
  const unwind = (depth: number): void => stack.splice(depth).forEach(({ fd }) => closeSync(fd));
  let links = 0;
  try {
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '..') {
        unwind(Math.max(0, stack.length - 1));
        continue;
      }
      const isLast = pending.length === 0;
      let fd = openChild(calls, current(), name);
      if (fd === undefined) {
        if (!options.create) return undefined;
        const kind = isLast ? options.create : 'dir';
        const times = makeChild(calls, current(), name, kind, options);
        const where = [...stack.map((entry) => entry.name), name];
        if (fstatSync(current()).dev === rootDevice) options.onCreate?.({ path: where, kind, ...times });
        fd = calls.openat(current(), name, O_PATH | O_NOFOLLOW);
      }
      const stat = fstatSync(fd);
      if (stat.isSymbolicLink()) {
        closeSync(fd);
        if (++links > MAX_LINKS)
          throw new TsbuildError('LAYER_UNSAFE', `${path}: too many levels of symbolic links in the image`);
        if (isLast && options.isLinkRefused)
          throw new TsbuildError(
            'LAYER_UNSAFE',
            `${path} of the image is a symbolic link, it must be a directory`,
          );
        const text = calls.readlinkat(current(), name) ?? ('' as ByteString);
        if (stat.dev === options.procDevice && isMagicLink(text))
          throw new TsbuildError('LAYER_UNSAFE', `${path} leads through ${name}, a link of the kernel's own`);
        if (text.startsWith('/')) unwind(0);
        pending.push(...componentsOf(text).reverse());
        continue;
      }
      stack.push({ fd, name });
      if (!isLast && !stat.isDirectory())
        throw new TsbuildError('LAYER_UNSAFE', `${path}: ${name} is not a directory in the image`);
    }
    return stack.pop()?.fd ?? calls.openat(root, '.', O_PATH | O_DIRECTORY);
  } finally {
    unwind(0);
  }
}

/** In /proc/<pid> (proc(5)) such a text is where a descriptor leads, as it is called outside of the image. */
function isMagicLink(text: ByteString): boolean {
  return /^\/|:/.test(text);
}

function componentsOf(path: ByteString): ByteString[] {
  return path.split('/').filter((name): name is ByteString => name !== '' && name !== '.');
}

function openChild(calls: SystemCalls, dir: number, name: ByteString): number | undefined {
  try {
    return calls.openat(dir, name, O_PATH | O_NOFOLLOW);
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function makeChild(
  calls: SystemCalls,
  dir: number,
  name: ByteString,
  kind: 'dir' | 'file',
  { owner, writeOwner = ownerWriter(calls, {}) }: WalkOptions,
): { readonly parentBefore: Timestamp; readonly parentAfter: Timestamp } {
  const parentBefore = modificationTime(dir);
  if (kind === 'dir') calls.mkdirat(dir, name, 0o755);
  else closeSync(calls.openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644));
  if (owner) writeOwner(dir, name, owner);
  return { parentBefore, parentAfter: modificationTime(dir) };
}

/** Of what the descriptor shows. */
export function modificationTime(fd: number): Timestamp {
  return timestampOf(fstatSync(fd, { bigint: true }).mtimeNs);
}

/** From nanoseconds since the epoch, which may be negative. */
export function timestampOf(nanoseconds: bigint): Timestamp {
  const seconds = Number(nanoseconds / 1_000_000_000n);
  const fraction = Number(nanoseconds % 1_000_000_000n);
  // Both were cut towards 0.
  return fraction < 0
    ? { seconds: seconds - 1, nanoseconds: fraction + 1_000_000_000 }
    : { seconds, nanoseconds: fraction };
}
