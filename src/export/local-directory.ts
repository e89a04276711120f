// `type=local`: a merged tree written into a directory of the host, owned by the caller as buildx does it.
// Invariant: nothing outside `dest` is touched. Parents come first and are made sure to be real directories, so no link
// is followed.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  lutimesSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { toBuffer, toUtf8, type ByteString } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import type { LayerEntry, TreeNode } from '../layer/entry.js';
import { storedChunks } from '../layer/stored-content.js';
import type { Store } from '../store/store.js';
import { writeAll } from '../host/write-all.js';
import type { MakeSpecialFile } from './make-special-file.js';
import { outputError } from './output-error.js';

export interface LocalTarget {
  /** Absolute. */
  readonly dest: string;
  readonly signal: AbortSignal;
  readonly makeSpecialFile: MakeSpecialFile;
  /** The tars of the layers that have the contents lie there. */
  readonly store: Pick<Store, 'openTar'>;
}

/**
 * Returns the paths of what cannot be made: devices, by anybody but root.
 * @throws TsbuildError OUTPUT_FAILED, ABORTED
 */
export async function writeLocalDirectory(
  entries: Iterable<LayerEntry>,
  target: LocalTarget,
): Promise<string[]> {
  const skipped = new Set<ByteString>();
  const directories: [Buffer, TreeNode][] = [];
  try {
    mkdirSync(target.dest, { recursive: true });
    for (const entry of entries) {
      if (target.signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while writing the output');
      const path = hostPath(target.dest, entry.path);
      if (entry.kind === 'hardlink' && !skipped.has(entry.target))
        linkOver(hostPath(target.dest, entry.target), path);
      else if (entry.kind === 'hardlink') skipped.add(entry.path);
      if (entry.kind !== 'node') continue;
      if (!(await writeNode(path, entry.node, target))) skipped.add(entry.path);
      else if (entry.node.type === 'dir') directories.push([path, entry.node]);
    }
    // Modes and times of directories last: a read-only one must be filled first, and filling changes its time.
    for (const [path, node] of directories.reverse()) {
      chmodSync(path, node.mode);
      utimesSync(path, node.mtime, node.mtime);
    }
  } catch (error) {
    throw outputError(error, target.dest);
  }
  return [...skipped].map((path) => `/${toUtf8(path)}`);
}

function hostPath(dest: string, path: ByteString): Buffer {
  return Buffer.concat([Buffer.from(join(dest, '/')), toBuffer(path)]);
}

async function writeNode(path: Buffer, node: TreeNode, target: LocalTarget): Promise<boolean> {
  if (node.type === 'dir') {
    makeRealDirectory(path);
    return true;
  }
  rmSync(path, { recursive: true, force: true });
  if (node.type === 'symlink') {
    symlinkSync(toBuffer(node.link ?? ('' as ByteString)), path);
    lutimesSync(path, node.mtime, node.mtime);
  } else if (node.type === 'file') await writeFile(path, node, target);
  else if (!target.makeSpecialFile(path, node)) return false;
  else {
    chmodSync(path, node.mode);
    utimesSync(path, node.mtime, node.mtime);
  }
  return true;
}

function makeRealDirectory(path: Buffer): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return chmodSync(path, 0o755);
  if (stat) rmSync(path);
  mkdirSync(path, 0o755);
}

async function writeFile(path: Buffer, node: TreeNode, target: LocalTarget): Promise<void> {
  const { content, size } = node;
  const fd = openSync(path, 'wx', 0o600);
  try {
    if (content?.kind === 'bytes') writeAll(fd, content.data);
    else if (size > 0) {
      invariant(content?.kind === 'layer', 'the contents of an image are in its layers');
      const open = () => target.store.openTar(content.diffId);
      for await (const chunk of storedChunks(open, content, size)) writeAll(fd, chunk);
    }
    fchmodSync(fd, node.mode);
  } finally {
    closeSync(fd);
  }
  utimesSync(path, node.mtime, node.mtime);
}

function linkOver(target: Buffer, path: Buffer): void {
  rmSync(path, { recursive: true, force: true });
  linkSync(target, path);
}
