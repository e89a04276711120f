import test from 'ava';
import fc from 'fast-check';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodePack, encodePack } from '../../../../src/cache/remote/pack-format.js';
import { MAX_PACKED_BYTES } from '../../../../src/cache/remote/pack.js';
import type {
  Pack,
  PackLayer,
  PackMount,
  PackRecord,
  PackSelection,
} from '../../../../src/cache/remote/pack.js';
import type { StepKey } from '../../../../src/cache/step-key.js';
import { digestOf, hexOf, type DiffId } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { MEDIA } from '../../../../src/oci/types.js';
import { packFileOf, packOf, recordOf } from '../../../support/packs.js';

const EMPTY: Pack = { records: [], selections: [], mounts: [] };

const hex = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => hexOf(digestOf(bytes)));
const digest = hex.map((digits) => `sha256:${digits}` as DiffId);
const size = fc.maxSafeNat();
const day = fc.integer({ min: 0, max: 1_000_000 });
const platform = fc.constantFrom('linux/amd64', 'linux/arm/v7', 'windows/amd64');
const layer = fc.record<PackLayer>({
  diffId: digest,
  size,
  blob: fc.record({
    mediaType: fc.constantFrom(MEDIA.ociLayer, MEDIA.ociLayerGzip, MEDIA.ociLayerZstd, MEDIA.dockerLayerGzip),
    digest,
    size,
  }),
});
const record = fc
  .tuple(
    layer,
    fc.record({ key: hex, platform, lastUsed: day, writer: fc.constantFrom('a', 'b.c-d_e') }),
    fc.boolean(),
  )
  .map(([of, row, isInspected]): PackRecord => ({
    ...of,
    ...row,
    ...(isInspected && { isInspected }),
    key: row.key as StepKey,
    created: '2026-11-30T12:00:00.5Z',
  }));
const mount = fc
  .tuple(layer, fc.record({ id: fc.string({ unit: 'binary' }), platform, lastUsed: day }))
  .map(([of, row]): PackMount => ({ ...of, ...row }));
const selection = fc.record<PackSelection>({ name: hex, digest: hex, lastUsed: day });
const pack = fc.record<Pack>({
  records: fc.uniqueArray(record, { selector: ({ key }) => key }),
  selections: fc.uniqueArray(selection, { selector: ({ name }) => name }),
  mounts: fc.uniqueArray(mount, { selector: ({ id, platform: of }) => `${of} ${id}` }),
});

const byText = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

test('what is packed is unpacked, whatever it holds and in whatever order it was', (t) => {
  fc.assert(
    fc.property(pack, (given) => {
      const packed = encodePack(given);
      const { records, selections, mounts, dropped } = decodePack(packed.bytes);
      t.deepEqual(byText(records), byText(given.records));
      t.deepEqual(byText(selections), byText(given.selections));
      t.deepEqual(byText(mounts), byText(given.mounts));
      t.is(dropped, 0);
      const turned = encodePack({
        records: given.records.toReversed(),
        selections: given.selections.toReversed(),
        mounts: given.mounts.toReversed(),
      });
      t.is(turned.digest, packed.digest);
    }),
  );
});

test('digest and diff id are those of a gzip layer', (t) => {
  const { bytes, digest: packed, diffId } = encodePack(packOf([recordOf('one')]));
  t.is(packed, digestOf(bytes));
  t.is(diffId, digestOf(gunzipSync(bytes)) as DiffId);
  t.snapshot(JSON.parse(gunzipSync(bytes).subarray(512).toString().replace(/\0+$/, '')));
});

test('a pack that was changed anywhere is read or refused, and gives nothing that is not well formed', (t) => {
  const { bytes } = encodePack(packOf([recordOf('one'), recordOf('two')]));
  const tar = gunzipSync(bytes);
  const changed = (of: Uint8Array, at: number, byte: number): Buffer => {
    const copy = Buffer.from(of);
    copy[at % copy.length] = byte;
    return copy;
  };
  const at = fc.nat({ max: tar.length });
  const byte = fc.integer({ min: 0, max: 255 });
  const isWellFormed = (data: Buffer): boolean => {
    try {
      const { records } = decodePack(data);
      // What was read can be written and read again as it is.
      return decodePack(encodePack(packOf(records)).bytes).records.length === records.length;
    } catch (error) {
      return error instanceof TsbuildError && error.code === 'CACHE_INVALID';
    }
  };
  fc.assert(
    fc.property(at, byte, (where, value) => {
      t.true(isWellFormed(changed(bytes, where, value)));
      t.true(isWellFormed(gzipSync(changed(tar, where, value))));
      t.true(isWellFormed(bytes.subarray(0, where % bytes.length)));
      t.true(isWellFormed(gzipSync(tar.subarray(0, where % tar.length))));
    }),
  );
});

const row = JSON.parse(JSON.stringify(recordOf('one'))) as Record<string, unknown>;

test('a record that is none is left out, and the others count', (t) => {
  const { records, dropped } = decodePack(packFileOf({ records: [null, { ...row, key: '0' }, row] }));
  t.deepEqual(records, [recordOf('one')]);
  t.is(dropped, 2);
});

test('members that nobody knows are left out, and a blob has no addresses', (t) => {
  const blob = { ...(row['blob'] as object), urls: ['http://elsewhere'], annotations: { a: 'b' } };
  const more = { ...row, blob, inputs: { env: 'SECRET' }, remote: {}, ['__proto__']: { key: 1 } };
  const { records } = decodePack(packFileOf({ records: [more], more: 1 }));
  t.deepEqual(records, [recordOf('one')]);
});

test('the first of two records with one key counts', (t) => {
  const { records, dropped } = decodePack(packFileOf({ records: [row, { ...row, size: 99 }] }));
  t.deepEqual(records, [recordOf('one')]);
  t.is(dropped, 1);
});

const failure = (data: Uint8Array) => {
  try {
    decodePack(data);
  } catch (error) {
    if (error instanceof TsbuildError) return `${error.code} ${error.message}`;
  }
  return 'no failure';
};

test('what is no pack is refused with its reason', (t) => {
  t.is(
    failure(Buffer.from('no gzip')),
    'CACHE_INVALID this is no cache of tsbuild: its gzip data is damaged',
  );
  t.is(failure(gzipSync('')), 'CACHE_INVALID this is no cache of tsbuild: its tar is empty');
  t.is(
    failure(gzipSync(Buffer.alloc(1024, 1))),
    'CACHE_INVALID this is no cache of tsbuild: its tar is damaged',
  );
  t.is(failure(packFileOf('{')), 'CACHE_INVALID this is no cache of tsbuild: records.json is no JSON');
  t.is(
    failure(packFileOf('[]')),
    'CACHE_INVALID the cache is written in an unknown version of the format, and this tsbuild reads version 1',
  );
  t.is(failure(packFileOf('7')), 'CACHE_INVALID this is no cache of tsbuild: records.json is no object');
  t.is(
    failure(packFileOf('{"version":1}')),
    'CACHE_INVALID this is no cache of tsbuild: a list is missing in records.json',
  );
  t.is(
    failure(packFileOf(`${'['.repeat(100_000)}`)),
    'CACHE_INVALID this is no cache of tsbuild: records.json is no JSON',
  );
});

test('another version is told from damage', (t) => {
  const message = failure(packFileOf({ version: 2 }));
  t.is(
    message,
    'CACHE_INVALID the cache is written in version 2 of the format, and this tsbuild reads version 1',
  );
});

test('a byte more than is read, a bomb and a crowd of values are refused', (t) => {
  const large = 'CACHE_INVALID the records of the cache take more than 16 MiB, or more than 64 MiB unpacked';
  t.is(failure(Buffer.alloc(MAX_PACKED_BYTES + 1)), large);
  // 1:1000 in one gzip stream, again and again: as much as 16 MiB hold.
  const member = gzipSync(Buffer.alloc(8 << 20));
  const bomb = Buffer.concat(
    Array.from({ length: Math.floor(MAX_PACKED_BYTES / member.length) }, () => member),
  );
  t.is(failure(bomb), large);
  t.is(failure(packFileOf(`{"version":1,"records":[${'{},'.repeat(3_000_000)}{}]}`)), large);
});

test('three thousand records are read', (t) => {
  const records = Array.from({ length: 3000 }, (_, i) => recordOf(`step ${i}`));
  const { bytes } = encodePack(packOf(records));
  t.is(decodePack(bytes).records.length, 3000);
  t.true(bytes.length < 1 << 20);
});

test('a pack that no reader would take is not written', (t) => {
  const ids = Array.from({ length: 17_000 }, (_, i) => `${i}${'x'.repeat(4000)}`);
  const mounts = ids.map((id) => ({ ...recordOf('one'), id }));
  const { code } = t.throws(() => encodePack({ ...EMPTY, mounts }), { instanceOf: TsbuildError })!;
  t.is(code, 'CACHE_INVALID');
});
