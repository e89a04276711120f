// Trees written down in tests, and what is in a tree as lines of text.
import { fromUtf8, toUtf8, type ByteString } from '../../../../src/core/bytes.js';
import type { LayerEntry, TreeNode } from '../../../../src/layer/entry.js';
import type { TreeView } from '../../../../src/layer/tree-view.js';
import { extendTree, type LayeredTree } from '../../../../src/layer/layered-tree.js';
import { memoryTree } from '../../../../src/layer/memory-tree.js';
import { joinPath } from '../../../../src/core/tree-path.js';
import { selectSources, type SourceRequest } from '../../../../src/layer/copy/select-sources.js';
import { computeCopy, type CopyRequest } from '../../../../src/layer/copy/compute-copy.js';

export const b = fromUtf8;
export const NOW = { mtime: 1000, mtimeNsec: 0 };

type Extra = Partial<TreeNode>;
const base = { uid: 0, gid: 0, size: 0, mtime: 7, mtimeNsec: 5 };

export function file(text: string, extra: Extra = {}): TreeNode {
  const data = Buffer.from(text);
  return {
    ...base,
    type: 'file',
    mode: 0o644,
    size: data.length,
    content: { kind: 'bytes', data },
    ...extra,
  };
}

export function dir(mode = 0o755, extra: Extra = {}): TreeNode {
  return { ...base, type: 'dir', mode, ...extra };
}

export function symlink(target: string, extra: Extra = {}): TreeNode {
  return { ...base, type: 'symlink', mode: 0o777, link: fromUtf8(target), ...extra };
}

export function special(type: 'char' | 'block' | 'fifo', extra: Extra = {}): TreeNode {
  return { ...base, type, mode: 0o600, ...extra };
}

/** `=name` is a hard link to name. A string is a file with that text. */
export type Sketch = Readonly<Record<string, TreeNode | string>>;

export function entriesOf(sketch: Sketch): LayerEntry[] {
  return Object.entries(sketch).map(([path, value]): LayerEntry => {
    if (typeof value !== 'string') return { kind: 'node', path: b(path), node: value };
    if (value.startsWith('=')) return { kind: 'hardlink', path: b(path), target: b(value.slice(1)) };
    return { kind: 'node', path: b(path), node: file(value) };
  });
}

export function tree(sketch: Sketch): LayeredTree {
  return memoryTree(entriesOf(sketch));
}

/** A line for every object: `type mode uid:gid path` and content, link, device or group of hard links. */
export function show(view: TreeView): string[] {
  const lines: string[] = [];
  const groups = new Map<string, string>();
  const visit = (path: ByteString): void => {
    for (const name of view.children(path)) {
      const child = joinPath(path, name);
      lines.push(lineOf(view, child, groups));
      visit(child);
    }
  };
  visit(b(''));
  return lines;
}

function lineOf(view: TreeView, path: ByteString, groups: Map<string, string>): string {
  const node = view.get(path)!;
  const head = `${node.type} ${node.mode.toString(8)} ${node.uid}:${node.gid} /${toUtf8(path)}`;
  if (node.type === 'symlink') return `${head} -> ${toUtf8(node.link!)}`;
  if (node.type === 'char' || node.type === 'block') return `${head} ${node.devMajor}:${node.devMinor}`;
  if (node.type !== 'file') return head;
  const first = node.inode === undefined ? undefined : groups.get(node.inode);
  if (first !== undefined) return `${head} == ${first}`;
  if (node.inode !== undefined) groups.set(node.inode, `/${toUtf8(path)}`);
  return `${head} ${JSON.stringify(view.read(path, 1e6).toString())}`;
}

export interface CopyText {
  readonly from: LayeredTree;
  readonly to?: LayeredTree;
  /** Separated by spaces, the destination last. */
  readonly args: string;
  readonly workdir?: string;
  readonly select?: Partial<SourceRequest>;
  readonly copy?: Partial<CopyRequest>;
}

export function copyEntriesOf({
  from,
  to = tree({}),
  args,
  workdir = '/',
  select,
  copy,
}: CopyText): LayerEntry[] {
  const words = args.split(' ').map((word) => b(word));
  const request = { sources: words.slice(0, -1), wildcards: 'expand', origin: 'context', ...select } as const;
  const sources = selectSources(from, request).sources.map((source) => ({ kind: 'copy', source }) as const);
  return computeCopy({ dest: to, sources, destPath: words.at(-1)!, workdir: b(workdir), now: NOW, ...copy });
}

/** The tree after the copy. */
export function copied(text: CopyText): LayeredTree {
  return extendTree(text.to ?? tree({}), copyEntriesOf(text));
}

export function paths(entries: readonly LayerEntry[]): string[] {
  return entries.map(({ kind, path }) => (kind === 'node' ? toUtf8(path) : `${kind} ${toUtf8(path)}`));
}
