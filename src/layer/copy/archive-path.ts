// Names in an ADDed archive to paths in the tree. The destination directory is the root, as it is for BuildKit, which
// unpacks in a chroot of it (solver/llbsolver/file/unpack.go): `/x` is `x` in it, and a link that leads above it leads
// to it. Names that do so are refused.
import { posix } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { toUtf8, type ByteString } from '../../core/bytes.js';
import { MAX_LINKS, type ResolveOptions } from '../resolve-path.js';
import { ROOT, joinPath, parentPath } from '../../core/tree-path.js';
import type { DraftTree } from './draft-tree.js';

/**
 * Clean and relative; '' for the root of the archive.
 * @throws TsbuildError LAYER_UNSAFE when it leads out of the root
 */
export function archiveName(written: ByteString): ByteString {
  const name = posix.normalize(written.replace(/^\/+/, '')).replace(/\/$/, '');
  if (name === '.' || name === '') return ROOT;
  if (name === '..' || name.startsWith('../')) throw outside(written);
  return name as ByteString;
}

/**
 * The path in the tree that `name` of the archive is written to, links on the way followed.
 * @param options.followLast follow a link in the last place too, when a directory is behind it: as for `tar -x` of a
 * directory
 * @throws TsbuildError LAYER_UNSAFE for links that go on for ever, COPY_CONFLICT for a file on the way
 */
export function archivePath(
  { tree, root }: { readonly tree: DraftTree; readonly root: ByteString },
  name: ByteString,
  { followLast }: ResolveOptions,
): ByteString {
  const pending = name.split('/').reverse();
  let current = ROOT;
  let links = 0;
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      current = parentPath(current);
      continue;
    }
    const candidate = joinPath(current, part as ByteString);
    const isLast = pending.length === 0;
    const node = isLast && !followLast ? undefined : tree.get(joinPath(root, candidate));
    if (node?.type !== 'symlink') {
      if (node && node.type !== 'dir' && !isLast) throw notDirectory(joinPath(root, candidate));
      current = candidate;
      continue;
    }
    if (++links > MAX_LINKS)
      throw new TsbuildError('LAYER_UNSAFE', `too many links on the way to ${toUtf8(name)}`);
    if (node.link?.startsWith('/')) current = ROOT;
    pending.push(...(node.link ?? '').split('/').reverse());
  }
  return joinPath(root, current);
}

function outside(name: ByteString): TsbuildError {
  return new TsbuildError('LAYER_UNSAFE', `archive path "${toUtf8(name)}" is outside extraction root`, {
    hint: 'use COPY to add the archive as a file, or repack it without names that lead out of it',
  });
}

function notDirectory(path: ByteString): TsbuildError {
  return new TsbuildError('COPY_CONFLICT', `mkdir /${toUtf8(path)}: not a directory`);
}
