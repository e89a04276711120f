// What the header of a further name says of the object that it names: unpackers apply it, so the last header wins for
// all names.
import type { TreeNode } from './entry.js';

/**
 * The object with the owner, mode, time and attributes of a hard link's header. A symbolic link keeps its mode, which
 * says nothing.
 * Matches createTarFile of containerd's pkg/archive and of moby/go-archive.
 */
export function withLinkMetadata(object: TreeNode, header: TreeNode): TreeNode {
  const { uid, gid, mtime, mtimeNsec, xattrs } = header;
  const mode = object.type === 'symlink' ? object.mode : header.mode;
  return {
    ...object,
    mode,
    uid,
    gid,
    mtime,
    mtimeNsec,
    ...(xattrs && { xattrs: { ...object.xattrs, ...xattrs } }),
  };
}
