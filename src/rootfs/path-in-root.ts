// Finding and making a path inside a rootfs by descriptors: every component is opened without following links, and a
// link's text is walked with the rootfs as `/`. So `/etc/resolv.conf -> /etc/shadow` or `/dev -> ../../host` never
// leave it (CVE-2026-41579). What is made on the way is recorded, so that it can be removed after the process.
import { fstatSync, openSync } from 'node:fs';
import { fromUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { ownerWriter, type OwnerWriter } from './owner-writer.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_PATH } from '../host/syscalls/open-flags.js';
import type { Timestamp } from '../host/syscalls/object-status.js';
import type { FoundObject, MadeEntry, ParentTimes } from '../host/syscalls/look-up-calls.js';

/** As the kernel limits it (path_resolution(7)). */
const MAX_LINKS = 40;

/** A mount point that did not exist. `path`: its components from the root, all real directories but the last. */
export interface Stub extends ParentTimes {
  readonly path: readonly ByteString[];
  readonly kind: 'dir' | 'file';
}

export interface WalkOptions {
  /**
   * What to make when the path does not exist; parents are made as directories, all 0755 (a file 0644) and owned by
   * `owner`.
   */
  readonly create?: 'dir' | 'file';
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** How something gets its owner; by chown(2) when absent. */
  readonly writeOwner?: OwnerWriter;
  readonly onCreate?: (stub: Stub) => void;
  /** The last component must not be a link (what runc asks of /proc and /sys). */
  readonly isLinkRefused?: boolean;
  /** Device of the root, when it is known. */
  readonly rootDevice?: bigint | undefined;
  /** Device of a /proc that is mounted in the root: its links to what processes have open are refused. */
  readonly procDevice?: bigint | undefined;
}

/** O_PATH descriptor of a directory of the host. */
export function openDirectory(path: string): number {
  return openSync(path, O_PATH | O_DIRECTORY);
}

/**
 * @returns an O_PATH descriptor, or undefined when the path does not exist and is not to be made.
 * @throws TsbuildError LAYER_UNSAFE
 */
export function openInside(
  calls: SystemCalls,
  root: number,
  path: string,
  options: WalkOptions = {},
): number | undefined {
  return findInside(calls, root, path, options)?.fd;
}

/** As `openInside`, with what the descriptor shows. */
export function findInside(
  calls: SystemCalls,
  root: number,
  path: string,
  options: WalkOptions = {},
): FoundObject | undefined {
  const found = calls.lookBeneath(root, fromUtf8(path));
  if (found === 'absent' && !options.create) return undefined;
  if (found === 'absent') return makeBeneath(calls, root, path, options) ?? walk(calls, root, path, options);
  return found === 'indirect' ? walk(calls, root, path, options) : found;
}

/** Undefined when the parent is not there, or not without following a link. */
function makeBeneath(
  calls: SystemCalls,
  root: number,
  path: string,
  options: WalkOptions,
): FoundObject | undefined {
  const names = componentsOf(fromUtf8(path));
  const name = names.at(-1);
  if (options.create === undefined || name === undefined || names.includes('..' as ByteString))
    return undefined;
  const parent = calls.lookBeneath(root, names.slice(0, -1).join('/') as ByteString);
  if (typeof parent === 'string' || parent.type !== 'directory') return undefined;
  const { found, times } = makeChild(calls, parent.fd, name, options.create, options);
  calls.later(() => calls.close(parent.fd));
  if (options.onCreate && parent.device === (options.rootDevice ?? calls.status(root).device))
    options.onCreate({ path: names, kind: options.create, ...times });
  return found;
}

function walk(calls: SystemCalls, root: number, path: string, options: WalkOptions): FoundObject | undefined {
  const rootDevice = options.rootDevice ?? calls.status(root).device;
  const stack: { found: FoundObject; name: ByteString }[] = [];
  const pending = componentsOf(fromUtf8(path)).reverse();
  const unwind = (depth: number): void => stack.splice(depth).forEach(({ found }) => calls.close(found.fd));
  let links = 0;
  try {
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '..') {
        unwind(Math.max(0, stack.length - 1));
        continue;
      }
      const isLast = pending.length === 0;
      const parent = stack.at(-1)?.found ?? { fd: root, device: rootDevice };
      let found = calls.lookAt(parent.fd, name);
      if (found === undefined) {
        if (!options.create) return undefined;
        const kind = isLast ? options.create : 'dir';
        const made = makeChild(calls, parent.fd, name, kind, options);
        const where = [...stack.map((entry) => entry.name), name];
        if (parent.device === rootDevice) options.onCreate?.({ path: where, kind, ...made.times });
        found = made.found;
      }
      if (found.type === 'symlink') {
        calls.close(found.fd);
        if (++links > MAX_LINKS)
          throw new TsbuildError('LAYER_UNSAFE', `${path}: too many levels of symbolic links in the image`);
        if (isLast && options.isLinkRefused)
          throw new TsbuildError(
            'LAYER_UNSAFE',
            `${path} of the image is a symbolic link, it must be a directory`,
          );
        const text = calls.readlinkat(parent.fd, name) ?? ('' as ByteString);
        if (found.device === options.procDevice && isMagicLink(text))
          throw new TsbuildError('LAYER_UNSAFE', `${path} leads through ${name}, a link of the kernel's own`);
        if (text.startsWith('/')) unwind(0);
        pending.push(...componentsOf(text).reverse());
        continue;
      }
      stack.push({ found, name });
      if (!isLast && found.type !== 'directory')
        throw new TsbuildError('LAYER_UNSAFE', `${path}: ${name} is not a directory in the image`);
    }
    return stack.pop()?.found ?? calls.lookAt(root, '.');
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

function makeChild(
  calls: SystemCalls,
  dir: number,
  name: ByteString,
  kind: 'dir' | 'file',
  { owner, writeOwner = ownerWriter(calls, {}) }: WalkOptions,
): MadeEntry {
  const made = calls.makeEntry(dir, name, kind);
  if (owner) writeOwner(dir, name, owner);
  return made;
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
