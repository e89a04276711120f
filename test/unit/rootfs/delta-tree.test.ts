// What is unpacked over the tree of a similar layer, out of the index of the layer.
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../../../src/core/bytes.js';
import type { DiffId } from '../../../src/core/digest.js';
import { differingEntries } from '../../../src/rootfs/delta-tree.js';
import type { LayerEntry } from '../../../src/layer/entry.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';
import { indexTextOf } from '../../support/index-text.js';

const diffId = `sha256:${'d'.repeat(64)}` as DiffId;
const base = { mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };

function dir(path: string): LayerEntry {
  return { kind: 'node', path: fromUtf8(path), node: { ...base, type: 'dir' } };
}

function file(path: string, offset: number, sha256?: string): LayerEntry {
  const node = { ...base, type: 'file', size: 3, content: { kind: 'layer', diffId, offset } } as const;
  return { kind: 'node', path: fromUtf8(path), node: sha256 === undefined ? node : { ...node, sha256 } };
}

test('what has changed and the way to it, unless its content could not be checked', (t) => {
  const path = join(tempDir(t), 'index');
  const entries = [dir('a'), dir('a/b'), file('a/b/known', 512, 'c'.repeat(64)), file('a/unknown', 1536)];
  writeFileSync(path, indexTextOf(entries));
  const differing = (...changed: string[]) =>
    differingEntries({ index: () => path }, diffId, { changed: changed.map(fromUtf8) });
  t.deepEqual(differing('a/b/known'), entries.slice(0, 3));
  t.is(differing('a/b/known', 'a/unknown'), undefined);
});
