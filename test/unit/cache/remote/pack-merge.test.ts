// What becomes of a pack when a build adds to it.
import test from 'ava';
import fc from 'fast-check';
import {
  bytesOf,
  isNews,
  layersOf,
  MAX_LAYERS,
  mergePacks,
  type MergeRules,
} from '../../../../src/cache/remote/pack-merge.js';
import type { Pack, PackMount, PackRecord } from '../../../../src/cache/remote/pack.js';
import { digestOf, hexOf } from '../../../../src/core/digest.js';
import { packOf, recordOf } from '../../../support/packs.js';

const TODAY = 20_000;
const RULES: MergeRules = { today: TODAY, maxBytes: 1000, mountsMaxBytes: 1000 };
const EMPTY = packOf([]);

function record(name: string, changes: Partial<PackRecord> & { readonly bytes?: number } = {}): PackRecord {
  const { bytes, ...rest } = changes;
  const plain = { ...recordOf(name), lastUsed: TODAY };
  return { ...plain, ...(bytes !== undefined && { blob: { ...plain.blob, size: bytes } }), ...rest };
}

function keysOf({ records }: Pack): readonly string[] {
  return records.map(({ key }) => key);
}

function mount(id: string, content: string, lastUsed = TODAY): PackMount {
  const { diffId, size, blob } = recordOf(content);
  return { id, platform: 'linux/amd64', diffId, size, blob, lastUsed };
}

const selection = (name: string, lastUsed = TODAY) => ({
  name: hexOf(digestOf(name)),
  digest: hexOf(digestOf('answer')),
  lastUsed,
});

test('that a layer was looked through is kept, and is news', (t) => {
  const plain = record('a');
  const inspected = { ...plain, isInspected: true as const };
  for (const pair of [
    [plain, inspected],
    [inspected, plain],
  ] as const)
    t.deepEqual(mergePacks(packOf([pair[0]]), packOf([pair[1]]), RULES).records, [inspected]);
  t.true(isNews(packOf([plain]), packOf([inspected]), RULES));
  t.false(isNews(packOf([inspected]), packOf([inspected]), RULES));
});

test('records of both are there, each once, with the day of the latest use', (t) => {
  const [a, b] = [record('a', { lastUsed: TODAY - 3 }), record('b')];
  const merged = mergePacks(packOf([a, b]), packOf([{ ...a, lastUsed: TODAY }]), RULES);
  t.deepEqual(keysOf(merged), [a.key, b.key].toSorted());
  t.true(merged.records.every(({ lastUsed }) => lastUsed === TODAY));
});

test('of two layers of one step the latest made counts, unless it is of a time to come', (t) => {
  const first = record('a', { created: '2024-10-01T00:00:00.000Z' });
  const second = { ...record('other'), key: first.key, created: '2024-10-01T01:00:00+00:30' };
  const wrong = { ...record('wrong'), key: first.key, created: '2034-10-01T00:00:00Z' };
  for (const [a, b, kept] of [
    [first, second, second],
    [second, first, second],
    [first, wrong, first],
    [wrong, first, first],
  ] as const)
    t.deepEqual(mergePacks(packOf([a]), packOf([b]), RULES).records, [kept]);
});

test('what nobody used for a fortnight is left out; a day to come is today', (t) => {
  const pack = {
    records: [
      record('old', { lastUsed: TODAY - 15 }),
      record('kept', { lastUsed: TODAY - 14 }),
      record('x', { lastUsed: TODAY + 9 }),
    ],
    selections: [selection('old', TODAY - 15), selection('kept', TODAY - 14)],
    mounts: [mount('old', 'm', TODAY - 15), mount('kept', 'm', TODAY - 14)],
  };
  const merged = mergePacks(pack, EMPTY, RULES);
  t.deepEqual(merged.records.map(({ lastUsed }) => lastUsed).toSorted(), [TODAY - 14, TODAY]);
  t.deepEqual(merged.selections, [selection('kept', TODAY - 14)]);
  t.deepEqual(
    merged.mounts.map(({ id }) => id),
    ['kept'],
  );
});

test('over the cap those used longest ago go first, of one day the largest', (t) => {
  const rules = { ...RULES, maxBytes: 100 };
  const [large, small] = [record('large', { bytes: 60 }), record('small', { bytes: 40 })];
  const yesterday = record('yesterday', { bytes: 40, lastUsed: TODAY - 1 });
  const all = packOf([large, small, yesterday]);
  t.deepEqual(keysOf(mergePacks(all, EMPTY, rules)), [small.key, large.key].toSorted());
  const less = mergePacks(all, EMPTY, { ...rules, maxBytes: 80 });
  t.deepEqual(keysOf(less), [small.key, yesterday.key].toSorted());
  // A layer that several steps gave takes its room once.
  const twin = { ...record('twin'), blob: large.blob, diffId: large.diffId };
  t.deepEqual(
    keysOf(mergePacks(packOf([large, twin]), packOf([small]), rules)),
    [large.key, twin.key, small.key].toSorted(),
  );
});

test('there are never more layers than a manifest may have', (t) => {
  const records = Array.from({ length: MAX_LAYERS + 20 }, (_, i) => record(`r${i}`, { bytes: 1 }));
  const merged = mergePacks(packOf(records), { ...EMPTY, mounts: [mount('m', 'content')] }, RULES);
  t.is(layersOf(merged).length, MAX_LAYERS);
  t.is(merged.mounts.length, 1);
});

test('of a mount the latest content counts, within a cap of its own', (t) => {
  const [old, own] = [mount('/npm', 'old'), mount('/npm', 'own')];
  const pack = (mounts: readonly PackMount[]): Pack => ({ ...EMPTY, mounts });
  t.deepEqual(mergePacks(pack([old, mount('/go', 'go')]), pack([own]), RULES).mounts, [
    mount('/go', 'go'),
    own,
  ]);
  t.deepEqual(mergePacks(pack([old]), pack([own]), { ...RULES, mountsMaxBytes: 4 }).mounts, []);
});

test('news: what is not there, a use that is nearly forgotten, a pack over its cap', (t) => {
  const old = { ...packOf([record('a')]), selections: [selection('s')] };
  const news = (own: Pack, rules: Partial<MergeRules> = {}, before: Pack = old): boolean => {
    const all = { ...RULES, ...rules };
    return isNews(before, mergePacks(before, own, all), all);
  };
  t.false(news(EMPTY));
  t.false(news(old));
  t.true(news(packOf([record('b')])));
  t.true(news({ ...EMPTY, selections: [selection('other')] }));
  t.true(news({ ...EMPTY, mounts: [mount('/m', 'm')] }));
  const later = (days: number): Pack => packOf([record('a', { lastUsed: TODAY + days })]);
  t.false(news(later(1), { today: TODAY + 1 }));
  t.true(news(later(2), { today: TODAY + 2 }));
  t.true(news(EMPTY, { maxBytes: 4 }));
  // What was left out alone is no reason to write.
  t.false(news(EMPTY, { today: TODAY + 20 }));
});

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const day = fc.integer({ min: TODAY - 20, max: TODAY + 3 });
const records = fc.array(
  fc
    .record({ step: names, layer: names, bytes: fc.integer({ min: 0, max: 60 }), lastUsed: day })
    .map(({ step, layer, bytes, lastUsed }) => {
      const { diffId, blob } = recordOf(layer);
      return record(step, { diffId, blob: { ...blob, size: bytes }, lastUsed });
    }),
  { maxLength: 12 },
);
const selections = fc.array(
  fc.tuple(names, names, day).map(([name, answer, lastUsed]) => ({
    ...selection(name, lastUsed),
    digest: hexOf(digestOf(answer)),
  })),
  { maxLength: 8 },
);
const packs = fc.record({ records, selections, mounts: fc.constant([]) });
const bounds = fc.integer({ min: 0, max: 200 }).map((maxBytes) => ({ ...RULES, maxBytes }));

test('merging is commutative and idempotent, within its bounds, and adds nothing', (t) => {
  fc.assert(
    fc.property(packs, packs, bounds, (a, b, rules) => {
      const merged = mergePacks(a, b, rules);
      t.deepEqual(mergePacks(b, a, rules), merged);
      t.deepEqual(mergePacks(merged, merged, rules), merged);
      t.deepEqual(mergePacks(merged, EMPTY, rules), merged);
      t.false(isNews(merged, merged, rules));
      t.true(bytesOf(merged) <= rules.maxBytes);
      const layers = new Set(layersOf(merged).map(({ blob }) => blob.digest));
      t.is(layers.size, layersOf(merged).length);
      t.true(merged.records.every(({ blob }) => layers.has(blob.digest)));
      const known = new Set([...keysOf(a), ...keysOf(b)]);
      t.true(keysOf(merged).every((key) => known.has(key)));
    }),
  );
});
