// In what two objects of a name differ. Pure.
import { toUtf8 } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import type { Aspect, FileState } from './image-difference.js';

/** What has to be read before two files can be compared. */
export function isContentUnsure(before: TreeNode, after: TreeNode): boolean {
  if (before.type !== 'file' || after.type !== 'file') return false;
  if (before.size !== after.size || before.size === 0 || before.content === after.content) return false;
  return before.sha256 === undefined || after.sha256 === undefined;
}

/** @param isSameContent asked of regular files of one size */
export function aspectsOf(
  before: TreeNode,
  after: TreeNode,
  isSameContent: () => boolean,
): readonly Aspect[] {
  if (before.type !== after.type) return ['type'];
  const isFile = before.type === 'file';
  const hasMode = before.type !== 'symlink';
  const differing: readonly (readonly [Aspect, boolean])[] = [
    ['size', before.size !== after.size],
    ['content', isFile && before.size === after.size && before.size > 0 && !isSameContent()],
    ['mode', hasMode && before.mode !== after.mode],
    ['owner', before.uid !== after.uid || before.gid !== after.gid],
    ['link', before.link !== after.link],
    ['xattrs', textOf(before.xattrs) !== textOf(after.xattrs)],
    ['device', before.devMajor !== after.devMajor || before.devMinor !== after.devMinor],
  ];
  return differing.flatMap(([aspect, isDifferent]) => (isDifferent ? [aspect] : []));
}

export function isOtherTime(before: TreeNode, after: TreeNode): boolean {
  return before.mtime !== after.mtime || before.mtimeNsec !== after.mtimeNsec;
}

function textOf(xattrs: TreeNode['xattrs'] = {}): string {
  return JSON.stringify(Object.entries(xattrs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function stateOf({ type, size, mode, uid, gid, link, sha256 }: TreeNode): FileState {
  return {
    type,
    size,
    mode,
    uid,
    gid,
    ...(link !== undefined && { link: toUtf8(link) }),
    ...(sha256 !== undefined && { sha256 }),
  };
}
