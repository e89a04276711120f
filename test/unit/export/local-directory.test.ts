import test from 'ava';
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { writeLocalDirectory } from '../../../src/export/local-directory.js';
import { loadSpecialFiles } from '../../../src/export/make-special-file.js';
import type { LayerEntry, TreeNode } from '../../../src/layer/entry.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const common = { uid: 5, gid: 6, size: 0, mtime: 1234567890, mtimeNsec: 0 };
const node = (path: string, rest: Pick<TreeNode, 'type' | 'mode'> & Partial<TreeNode>): LayerEntry => ({
  kind: 'node',
  path: fromUtf8(path),
  node: { ...common, ...rest },
});

test('FIFOs are made with their mode and time, devices by root alone, and their further names with them', async (t) => {
  const dest = mkdtempSync(join(tmpdir(), 'tsbuild-local-'));
  t.teardown(() => rmSync(dest, { recursive: true }));
  const disk: LayerEntry = node('disk', { type: 'block', mode: 0o640, devMajor: 8, devMinor: 300 });
  const entries: LayerEntry[] = [
    disk,
    { kind: 'hardlink', path: fromUtf8('disk2'), target: fromUtf8('disk') },
    node('pipe', { type: 'fifo', mode: 0o622 }),
    { kind: 'hardlink', path: fromUtf8('pipe2'), target: fromUtf8('pipe') },
  ];
  const target = {
    dest,
    signal: new AbortController().signal,
    store: openStore(tempDir(t)),
    makeSpecialFile: loadSpecialFiles(),
  };
  const skipped = await writeLocalDirectory(entries, target);
  const pipe = lstatSync(join(dest, 'pipe'));
  t.true(pipe.isFIFO());
  t.deepEqual([pipe.mode & 0o7777, pipe.mtimeMs, pipe.nlink], [0o622, 1234567890_000, 2]);
  if (skipped.length > 0) return t.deepEqual(skipped, ['/disk', '/disk2']);
  const device = lstatSync(join(dest, 'disk'));
  t.true(device.isBlockDevice());
  t.deepEqual([device.rdev, device.mode & 0o7777, device.nlink], [(8 << 8) | 44 | (1 << 20), 0o640, 2]);
});
