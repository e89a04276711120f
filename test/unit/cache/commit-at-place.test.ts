// A layer made at a place takes from the layer before it what has not changed, as long as that is whole.
import test, { type ExecutionContext } from 'ava';
import { readFileSync, rmSync } from 'node:fs';
import { commitAtPlace } from '../../../src/cache/commit-at-place.js';
import { placeOf, rememberStep } from '../../../src/cache/last-steps.js';
import { keyOf } from '../../../src/cache/step-key.js';
import { putRecord } from '../../../src/cache/step-records.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { digestOf } from '../../../src/core/digest.js';
import { computeCopy } from '../../../src/layer/copy/compute-copy.js';
import { selectSources } from '../../../src/layer/copy/select-sources.js';
import { emptyTree, heredocTree } from '../../../src/layer/memory-tree.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const PLACE = placeOf({ cwd: '/', context: '.', dockerfile: undefined }, 'here');

function entriesOf(text: string) {
  const now = { mtime: 1, mtimeNsec: 0 };
  const view = heredocTree(fromUtf8('file'), Buffer.from(text), now);
  const { sources } = selectSources(view, {
    sources: [fromUtf8('file')],
    wildcards: 'literal',
    origin: 'context',
  });
  const copied = sources.map((source) => ({ kind: 'copy', source }) as const);
  return computeCopy({
    dest: emptyTree,
    sources: copied,
    destPath: fromUtf8('/d/'),
    workdir: fromUtf8('/'),
    now,
  });
}

function world(t: ExecutionContext) {
  const store = openStore(tempDir(t));
  const cache = { store, signal: new AbortController().signal };
  const commit = async (text: string, isCacheIgnored = false) => {
    const made = await commitAtPlace(cache, { place: PLACE, isCacheIgnored }, entriesOf(text));
    const key = keyOf({ op: 'files', text });
    putRecord(store, key, {
      diffId: made.diffId,
      size: made.size,
      created: '2026-01-01T00:00:00Z',
      inputs: {},
    });
    rememberStep(store, PLACE, { key, isRefused: false });
    t.is(digestOf(readFileSync(store.paths.blob(made.diffId))), made.diffId);
    return made;
  };
  return { store, commit };
}

test('the next layer at the place says what it differs in from the one before', async (t) => {
  const { commit } = world(t);
  const first = await commit('one');
  t.is(first.similar, undefined);
  const second = await commit('two');
  t.deepEqual(second.similar, { diffId: first.diffId, changed: [fromUtf8('d/file')] });
});

test('the same layer again is not similar to itself', async (t) => {
  const { commit } = world(t);
  const first = await commit('one');
  t.deepEqual(await commit('one'), first);
});

test('the layer before is not looked at when the cache is ignored, or when it is not whole', async (t) => {
  const { commit, store } = world(t);
  const first = await commit('one');
  t.is((await commit('two', true)).similar, undefined);
  rmSync(store.paths.blob((await commit('one')).diffId));
  t.is((await commit('three')).similar, undefined);
  t.not(first.diffId, (await commit('four')).diffId);
});
