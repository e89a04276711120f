// Sockets that processes leave: a layer cannot hold them, but the next process of the build finds them, as in a
// snapshot of BuildKit's.
import { constants, lstatSync, unlinkSync } from 'node:fs';
import { fromUtf8, toBuffer, type ByteString } from '../core/bytes.js';
import { joinPath, parentPath } from '../core/tree-path.js';
import { timestampOf } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import type { Mark, TreeIndex } from './tree-index.js';

export type Sockets = ReadonlyMap<ByteString, Mark>;

/** By path from the root: those that the process made. */
export function newSockets(before: TreeIndex, after: TreeIndex): Sockets {
  const made = [...after.marks].filter(
    ([path, { mode, identity }]) =>
      (mode & constants.S_IFMT) === constants.S_IFSOCK && before.marks.get(path)?.identity !== identity,
  );
  return new Map(made);
}

/** Makes them anew in a directory that shows the layers, and has no links to be followed where a socket was. */
export function makeSockets(calls: SystemCalls, root: string, sockets: Sockets): void {
  for (const [path, { mode, uid, gid, mtimeNs }] of sockets) {
    const place = joinPath(fromUtf8(root), path);
    const parent = parentPath(place);
    const was = lstatSync(toBuffer(parent), { bigint: true, throwIfNoEntry: false });
    // Whose directory a layer does not have, either: it has nothing but the socket.
    if (!was?.isDirectory()) continue;
    const there = lstatSync(toBuffer(place), { throwIfNoEntry: false });
    if (there?.isDirectory()) continue;
    if (there) unlinkSync(toBuffer(place));
    calls.mknodat(AT_FDCWD, place, mode, 0);
    calls.lchownat(AT_FDCWD, place, uid, gid);
    calls.utimensat(AT_FDCWD, place, { mtime: timestampOf(mtimeNs) });
    calls.utimensat(AT_FDCWD, parent, { mtime: timestampOf(was.mtimeNs) });
  }
}
