// A hard link to a file of a layer below becomes a copy: trees of layers share no inodes. Writers put both names into a
// layer, so this is for archives made by hand.
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { openBelow } from './lower-trees.js';
import { timestampOf } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../host/syscalls/open-flags.js';

/** @throws TsbuildError LAYER_INVALID when no layer below has a regular file at `target` */
export function copyFromLower(
  calls: SystemCalls,
  {
    lowers,
    target,
    parent,
    name,
  }: {
    readonly lowers: readonly string[];
    readonly target: ByteString;
    readonly parent: number;
    readonly name: ByteString;
  },
): void {
  const opened: number[] = [];
  const keep = (fd: number): number => {
    opened.push(fd);
    return fd;
  };
  try {
    const found = openBelow(calls, lowers, target);
    if (found === undefined || !fstatSync(keep(found)).isFile())
      throw new TsbuildError('LAYER_INVALID', `hard link to ${toUtf8(target)}, which does not exist`);
    // The descriptor is of a regular file: opening it again by its magic link leads nowhere else.
    const from = keep(openSync(`/proc/self/fd/${found}`, constants.O_RDONLY));
    const to = keep(calls.openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    const stat = fstatSync(from, { bigint: true });
    copyBytes(from, to);
    fchownSync(to, Number(stat.uid), Number(stat.gid));
    fchmodSync(to, Number(stat.mode) & 0o7777);
    for (const [key, value] of Object.entries(calls.listXattrs(from))) calls.setXattr(to, key, value);
    calls.utimensat(parent, name, { mtime: timestampOf(stat.mtimeNs) });
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function copyBytes(from: number, to: number): void {
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let length = readSync(from, buffer); length > 0; length = readSync(from, buffer)) {
    for (let done = 0; done < length;) done += writeSync(to, buffer, done, length - done);
  }
}
