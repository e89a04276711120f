// Files of the host as a layer of the store: made once per content, and again when the store no longer has it whole.
import test from 'ava';
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { packFiles } from '../../../src/cache/pack-files.js';
import { openStepCache } from '../../../src/cache/step-cache.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { digestOf } from '../../../src/core/digest.js';
import { heredocTree } from '../../../src/layer/memory-tree.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const view = heredocTree(fromUtf8('file'), Buffer.from('content'), { mtime: 1, mtimeNsec: 0 });

for (const [words, damage] of [
  ['longer', (path: string) => appendFileSync(path, 'x')],
  ['shorter', (path: string) => truncateSync(path, 512)],
] as const)
  test(`a layer whose blob is ${words} than its record says is made again`, async (t) => {
    const store = openStore(tempDir(t));
    const build = () => {
      const cache = openStepCache({
        store,
        ground: { cwd: '/', context: '.', dockerfile: undefined },
        signal: new AbortController().signal,
        now: () => 1,
        note: t.fail,
        inspection: undefined,
        tally: { executed: 0, cached: 0 },
      });
      const place = { from: 'main', path: fromUtf8('.'), dest: fromUtf8('/'), areTimesSeen: false };
      return packFiles(cache, { view, ...place });
    };
    const { diffId } = await build();
    const path = store.paths.blob(diffId);
    damage(path);
    t.is((await build()).diffId, diffId);
    t.is(digestOf(readFileSync(path)), diffId);
  });
