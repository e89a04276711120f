import test from 'ava';
import { createPackFaults } from '../../../../src/cache/remote/pack-faults.js';
import {
  openPack,
  packMounts,
  packRecords,
  packSelections,
} from '../../../../src/cache/remote/pack-source.js';
import type { Pack, PackRecord } from '../../../../src/cache/remote/pack.js';
import { digestOf, hexOf } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { layerLimits } from '../../../../src/layer/limits.js';
import { parseReference } from '../../../../src/oci/reference.js';
import { packOf, recordOf } from '../../../support/packs.js';

const repository = parseReference('registry.example/cache');
const gone = () => new TsbuildError('REGISTRY_NOT_FOUND', 'gone');

function opened(pack: Partial<Pack>, limits = layerLimits()) {
  const faults = createPackFaults('place', () => undefined);
  const store = {
    name: 'place',
    repository,
    async *openBlob() {
      yield Buffer.from('bytes');
    },
  };
  const open = openPack({ ...packOf([]), ...pack }, store, { faults, limits });
  return { faults, coming: Promise.resolve(open) };
}

test('a record is a layer that its place has, by the key alone', async (t) => {
  const record = recordOf('one');
  const { coming } = opened({ records: [record, recordOf('two')] });
  const source = packRecords('place', coming);
  const found = await source.find(record.key);
  t.like(found?.record, { diffId: record.diffId, created: record.created, inputs: {} });
  t.deepEqual(found?.record.remote?.descriptor, record.blob);
  t.like(found?.record.remote?.source, { name: 'cache place', repository });
  t.is(await source.find(recordOf('three').key), undefined);
});

test('a record whose layer was refused is none, and neither is any of a pack that was', async (t) => {
  const [one, two] = [recordOf('one'), recordOf('two')];
  const { coming, faults } = opened({ records: [one, two] });
  const source = packRecords('place', coming);
  const found = await source.find(one.key);
  found?.record.remote?.source.refuse?.(one.blob, gone());
  t.is(await source.find(one.key), undefined);
  t.truthy(await source.find(two.key));
  faults.giveUp();
  t.is(await source.find(two.key), undefined);
});

test('a pack that could not be read knows nothing', async (t) => {
  const coming = Promise.resolve(undefined);
  t.is(await packRecords('place', coming).find(recordOf('one').key), undefined);
  t.is(await packSelections([coming]).find('name'), undefined);
  t.is(await packMounts([coming]).find('id', 'linux/amd64'), undefined);
});

const LIMITS = layerLimits({ maxUncompressedBytes: 1000, maxRatio: 10, ratioGraceBytes: 100 });
for (const [what, change] of Object.entries<(record: PackRecord) => Partial<PackRecord>>({
  'is too large': () => ({ size: 1001 }),
  'is too large as it is sent': ({ blob }) => ({ blob: { ...blob, size: 1001 } }),
  'expands too much': ({ blob }) => ({ size: 101, blob: { ...blob, size: 10 } }),
}))
  test(`a layer that ${what} is no hit`, async (t) => {
    const record = recordOf('one');
    const { coming } = opened({ records: [{ ...record, ...change(record) }, recordOf('two')] }, LIMITS);
    t.is(await packRecords('place', coming).find(record.key), undefined);
    t.truthy(await packRecords('place', coming).find(recordOf('two').key));
  });

test('where layers are brought in at once, one that cannot be is no hit', async (t) => {
  const [one, two] = [recordOf('one'), recordOf('two')];
  const { coming } = opened({ records: [one, two] });
  const source = packRecords('place', coming, async ({ source: of, descriptor }) => {
    if (descriptor.digest === one.blob.digest) throw of?.refuse?.(descriptor, gone());
  });
  t.is(await source.find(one.key), undefined);
  t.truthy(await source.find(two.key));
});

test('where layers are brought in at once, a failure of this machine ends the build', async (t) => {
  const { coming } = opened({ records: [recordOf('one')] });
  const source = packRecords('place', coming, async ({ source: of, descriptor }) => {
    throw of?.refuse?.(descriptor, new TsbuildError('STORE_FULL', 'full'));
  });
  await t.throwsAsync(async () => source.find(recordOf('one').key), { message: 'full' });
});

test('the first pack that knows a selection answers, and is the one that is refused', async (t) => {
  const name = hexOf(digestOf('question'));
  const [first, second, third] = [
    opened({}),
    opened({ selections: [{ name, digest: 'a', lastUsed: 1 }] }),
    opened({ selections: [{ name, digest: 'b', lastUsed: 1 }] }),
  ];
  const selections = packSelections([first.coming, second.coming, third.coming]);
  t.is(await selections.find(name), 'a');
  t.like(await selections.refuse(name, new TsbuildError('CACHE_INVALID', 'wrong')), {
    code: 'CACHE_UNAVAILABLE',
  });
  t.is(await selections.find(name), 'b');
  t.is(await selections.find('other'), undefined);
});

test("a cache mount is a layer whose failure is nobody else's", async (t) => {
  const { key: _, created: __, writer: ___, ...layer } = recordOf('one');
  const { coming } = opened({ mounts: [{ ...layer, id: 'npm', platform: 'linux/amd64' }] });
  const found = await packMounts([coming]).find('npm', 'linux/amd64');
  t.deepEqual(found?.descriptor, layer.blob);
  t.is(found?.source?.refuse, undefined);
  t.is(await packMounts([coming]).find('npm', 'linux/arm64'), undefined);
});
