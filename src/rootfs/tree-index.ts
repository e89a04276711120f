// What a directory tree looks like at one moment, as far as a change of it can be seen later: inode, change time, size,
// mode, owner, time. Nobody writes to the tree meanwhile, and every directory is seen to be one before it is entered.
import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { toBuffer, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { joinPath, ROOT } from '../core/tree-path.js';

/** Bytes of a path that the kernel takes, the final NUL included. */
const PATH_MAX = 4096;

export interface Mark {
  /** Device, inode and time of birth: another object never has the same, not even with a recycled inode number. */
  readonly identity: string;
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly size: number;
  /** With the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly nlink: number;
}

export interface TreeIndex {
  /** By path from the root, which itself is not in it. */
  readonly marks: Map<ByteString, Mark>;
  /** Sorted names of each directory. */
  readonly names: ReadonlyMap<ByteString, readonly ByteString[]>;
}

/** @throws TsbuildError LAYER_LIMIT when a path is too long to be named */
export function indexTree(root: string): TreeIndex {
  const marks = new Map<ByteString, Mark>();
  const names = new Map<ByteString, readonly ByteString[]>();
  const visit = (directory: Buffer, path: ByteString): void => {
    const children = (readdirSync(directory, { encoding: 'latin1' }) as ByteString[]).sort();
    names.set(path, children);
    for (const name of children) {
      const child = childPath(directory, name);
      const stat = lstatSync(child, { bigint: true });
      marks.set(joinPath(path, name), markOf(stat));
      if (stat.isDirectory()) visit(child, joinPath(path, name));
    }
  };
  visit(Buffer.from(root), ROOT);
  return { marks, names };
}

/** @throws TsbuildError LAYER_LIMIT */
export function childPath(directory: Buffer, name: ByteString): Buffer {
  const path = Buffer.concat([directory, Buffer.from('/'), toBuffer(name)]);
  if (path.length < PATH_MAX) return path;
  throw new TsbuildError(
    'LAYER_LIMIT',
    `a process made a path of ${path.length} bytes: ${path.toString('utf8', path.length - 80)}`,
  );
}

function markOf(stat: BigIntStats): Mark {
  return {
    identity: `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`,
    ctimeNs: stat.ctimeNs,
    mtimeNs: stat.mtimeNs,
    size: Number(stat.size),
    mode: Number(stat.mode),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    rdev: Number(stat.rdev),
    nlink: Number(stat.nlink),
  };
}

/** Whether the object is the same and nothing was done to it. */
export function isUntouched(before: Mark, now: Mark): boolean {
  return (
    before.identity === now.identity &&
    before.ctimeNs === now.ctimeNs &&
    before.mtimeNs === now.mtimeNs &&
    before.size === now.size &&
    before.mode === now.mode &&
    before.uid === now.uid &&
    before.gid === now.gid
  );
}
