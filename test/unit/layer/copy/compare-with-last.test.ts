// A layer made with the help of an earlier one is the layer that would have been made without it, and its difference
// gives its tree.
import test from 'ava';
import fc from 'fast-check';
import { deepStrictEqual } from 'node:assert';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareBytes, type ByteString } from '../../../../src/core/bytes.js';
import { compareWithLast } from '../../../../src/layer/copy/compare-with-last.js';
import type { LayerEntry, TreeNode } from '../../../../src/layer/entry.js';
import { decodeIndex, decodeIndexRows } from '../../../../src/layer/index-codec.js';
import { extendTree } from '../../../../src/layer/layered-tree.js';
import { emptyTree } from '../../../../src/layer/memory-tree.js';
import { openContentFile } from '../../../../src/layer/stored-content.js';
import type { TarEntry } from '../../../../src/layer/tar/copied-entries.js';
import { writeLayer } from '../../../../src/layer/tar/layer-writer.js';
import type { WrittenLayer } from '../../../../src/layer/tar/tar-stream.js';
import { parentPath } from '../../../../src/core/tree-path.js';
import { layer as anyLayer, node as anyNode } from '../tar/support/arbitrary-layer.js';
import { tempDir } from '../tar/support/temp-dir.js';
import { b, show } from './tree-text.js';
import { indexTextOf, textOf } from '../../../support/index-text.js';

const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 5, mtimeNsec: 7 };

function file(path: string, text: string, more: Partial<TreeNode> = {}): LayerEntry {
  const data = Buffer.from(text);
  const sha256 = createHash('sha256').update(data).digest('hex');
  const node: TreeNode = {
    ...meta,
    type: 'file',
    size: data.length,
    content: { kind: 'bytes', data },
    sha256,
    ...more,
  };
  return { kind: 'node', path: b(path), node };
}

function directory(path: string, more: Partial<TreeNode> = {}): LayerEntry {
  return { kind: 'node', path: b(path), node: { ...meta, type: 'dir', mode: 0o755, size: 0, ...more } };
}

/** As the key of a copy has made them: every content with its digest. */
function hashed(entries: readonly LayerEntry[]): LayerEntry[] {
  return entries.map((entry) => {
    if (entry.kind !== 'node' || entry.node.content?.kind !== 'bytes') return entry;
    const sha256 = createHash('sha256').update(entry.node.content.data).digest('hex');
    return { ...entry, node: { ...entry.node, sha256 } };
  });
}

interface Made extends WrittenLayer {
  readonly tar: Buffer;
}

async function write(path: string, entries: Iterable<TarEntry>, blob = ''): Promise<Made> {
  const fd = openSync(path, 'w');
  try {
    const written = await writeLayer(entries, { fd, openTar: () => openContentFile(blob) });
    const index = decodeIndex(textOf(written.indexText), written.diffId);
    return { ...written, index, tar: readFileSync(path) };
  } finally {
    closeSync(fd);
  }
}

interface Both {
  readonly direct: Made;
  readonly compared: Made;
  readonly earlier: Made;
  readonly copied: number;
  readonly changes: readonly ByteString[] | undefined;
}

async function both(dir: string, before: LayerEntry[], after: LayerEntry[]): Promise<Both> {
  const blob = join(dir, 'earlier');
  const earlier = await write(blob, before);
  const rows = decodeIndexRows(Buffer.from(indexTextOf(earlier.index)), earlier.diffId);
  const comparison = compareWithLast(after, { diffId: earlier.diffId, rows });
  const entries: TarEntry[] = [...comparison.entries];
  return {
    earlier,
    direct: await write(join(dir, 'direct'), after),
    compared: await write(join(dir, 'compared'), entries, blob),
    copied: entries.reduce((sum, e) => sum + (e.kind === 'copied' ? e.entries.length : 0), 0),
    changes: comparison.changes(),
  };
}

/** The entries at the paths and on the way to them, as a worker unpacks them. */
function differenceOf({ index }: WrittenLayer, changes: readonly ByteString[]): LayerEntry[] {
  const wanted = new Set<string>(['']);
  for (const path of changes) for (let at = path; at !== ''; at = parentPath(at)) wanted.add(at);
  return index.filter(({ path }) => wanted.has(path));
}

/** The index, with the contents themselves. */
function withBytes(index: readonly LayerEntry[], { tar }: Made): LayerEntry[] {
  return index.map((entry) => {
    if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer') return entry;
    const { offset } = entry.node.content;
    const data = tar.subarray(offset, offset + entry.node.size);
    return { ...entry, node: { ...entry.node, content: { kind: 'bytes', data } } };
  });
}

/**
 * The layer with entries for all directories, and with files that stay as they are; links and marks only when they are
 * wanted.
 */
function completed(entries: readonly LayerEntry[], hasOthers: boolean): LayerEntry[] {
  const kept = hasOthers ? entries : entries.filter(({ kind }) => kind === 'node');
  const all = new Map<string, LayerEntry>(kept.map((entry) => [entry.path, entry]));
  for (const { path } of kept)
    for (let at = parentPath(path); at !== ''; at = parentPath(at))
      if (!all.has(at)) all.set(at, { ...directory('x'), path: at });
  for (let i = 0; i < 8; i++) all.set(`kept-${i}`, file(`kept-${i}`, `${i}`));
  return [...all.values()].sort((x, y) => compareBytes(x.path, y.path));
}

function shown(...layers: (readonly LayerEntry[])[]): string[] {
  return show(layers.reduce((view, index) => extendTree(view, index), emptyTree));
}

const app = [
  directory('app'),
  file('app/a', 'one'),
  file('app/b', 'x'.repeat(700)),
  directory('app/d'),
  file('app/d/e', ''),
  file('app/d/f', 'last'),
  directory('app/z'),
];

test('what has not changed is copied from the earlier tar, in whole runs', async (t) => {
  const after = app.map((entry) => (entry.path === 'app/a' ? file('app/a', 'another') : entry));
  const made = await both(tempDir(t), app, after);
  t.deepEqual(made.compared, made.direct);
  t.is(made.copied, 4);
  t.deepEqual(made.changes, [b('app/a')]);
});

test('a layer that is the same is the same', async (t) => {
  const made = await both(tempDir(t), app, app);
  t.deepEqual(made.compared, made.direct);
  t.is(made.compared.diffId, made.earlier.diffId);
  t.deepEqual(made.changes, []);
});

test('nothing is a difference when something is gone, linked, marked or without a directory', async (t) => {
  const dir = tempDir(t);
  const gone = await both(dir, app, app.slice(0, -1));
  t.is(gone.changes, undefined);
  const linked: LayerEntry = { kind: 'hardlink', path: b('app/zz'), target: b('app/a') };
  t.is((await both(dir, app, [...app, linked])).changes, undefined);
  t.is((await both(dir, app, [...app, { kind: 'whiteout', path: b('app/zz') }])).changes, undefined);
  t.is((await both(dir, app, [...app, file('other/f', '1')])).changes, undefined);
  t.is((await both(dir, [...app, { kind: 'whiteout', path: b('b') }], app)).changes, undefined);
});

test('a file in the place of a directory with something in it is no difference', async (t) => {
  const after = [...app.filter(({ path }) => !path.startsWith('app/d')), file('app/d', 'now')];
  after.sort((x, y) => (x.path < y.path ? -1 : 1));
  const made = await both(tempDir(t), app, after);
  t.is(made.changes, undefined);
  t.deepEqual(made.compared, made.direct);
});

test('a directory in the place of a file is no difference: the file hides what is below', async (t) => {
  const after = app.map((entry) => (entry.path === 'app/b' ? directory('app/b') : entry));
  const made = await both(tempDir(t), app, after);
  t.is(made.changes, undefined);
  t.deepEqual(made.compared, made.direct);
});

test('with most of it changed there is no difference that helps', async (t) => {
  const after = app.map((entry) =>
    entry.kind === 'node' ? { ...entry, node: { ...entry.node, mtime: 9 } } : entry,
  );
  const made = await both(tempDir(t), app, after);
  t.is(made.changes, undefined);
  t.deepEqual(made.compared, made.direct);
});

test('any two layers: the same bytes, the same index, and the difference gives the tree', async (t) => {
  const dir = tempDir(t);
  const edits = fc.array(fc.tuple(fc.nat(20), fc.option(anyNode, { nil: undefined })), { maxLength: 3 });
  let differences = 0;
  const property = fc.asyncProperty(
    anyLayer,
    edits,
    anyLayer,
    fc.boolean(),
    async (before, changed, below, hasOthers) => {
      const earlier = hashed(completed(before, hasOthers));
      const after = new Map(earlier.map((entry) => [entry.path, entry]));
      for (const [at, node] of changed) {
        if (at > 15 && node) after.set(b(`new-${at}`), { kind: 'node', path: b(`new-${at}`), node });
        const entry = earlier[at % earlier.length];
        if (entry?.kind !== 'node' || entry.node.type === 'dir') continue;
        if (node === undefined) after.delete(entry.path);
        else after.set(entry.path, { ...entry, node });
      }
      const isFile = (entry: LayerEntry) => entry.kind === 'node' && entry.node.type === 'file';
      const targets = new Set([...after.values()].filter(isFile).map(({ path }) => path));
      const left = [...after.values()].filter((e) => e.kind !== 'hardlink' || targets.has(e.target));
      const next = hashed(left.sort((x, y) => compareBytes(x.path, y.path)));
      const made = await both(dir, earlier, next);
      deepStrictEqual(made.compared, made.direct);
      if (!made.changes) return;
      differences++;
      const [whole, first] = [made.direct, made.earlier];
      const difference = withBytes(differenceOf(whole, made.changes), whole);
      deepStrictEqual(
        shown(below, withBytes(first.index, first), difference),
        shown(below, withBytes(whole.index, whole)),
      );
    },
  );
  // Not by the assertions of the test: one that has failed once fails for everything that is tried to make the example
  // smaller.
  await fc.assert(property, { numRuns: 300 });
  t.true(differences > 50);
});
