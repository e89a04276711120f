// Files of the store as damage or another program leaves them: a miss or STORE_CORRUPT, never a wrong value and never a crash.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { byteMutator } from '../mutate-bytes.mjs';
import { load } from '../load.mjs';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const URL_ASKED = 'https://files.example/a';
const mutate = byteMutator(
  ['tsbuild-layer-index/1', '["f"', '["h"', DIGEST, '"diffId":', '"digest":', '"sizeBytes":'].concat([
    '"manifests":',
    '"annotations":null',
    '"reference":"a"',
    '"platform":"linux/amd64"',
    '"manifest":',
    '"size":',
    '1Sst',
  ]),
);

async function readIndex() {
  const { decodeIndex, encodeIndex } = await load('layer/index-codec');
  return async (bytes) => {
    const text = bytes.toString('utf8');
    const entries = decodeIndex(text, DIGEST);
    assert.equal(
      Buffer.concat(encodeIndex(entries)).toString(),
      text,
      'accepted, but not what encodeIndex writes',
    );
    return entries;
  };
}

/** The checksum is made right, so that what is behind it is read too. */
function mutateStat(corpus, random) {
  const bytes = Buffer.from(mutate(corpus, random));
  if (bytes.length < 80 || random(4) === 0) return bytes;
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 80));
  if (random(2)) whole.writeUInt32LE(whole.length / 80 - 1, 4);
  createHash('sha256').update(whole.subarray(4, 16)).update(whole.subarray(48)).digest().copy(whole, 16);
  return whole;
}

async function readStat() {
  const [{ decodeStatRecords, encodeStatRecords }, { TsbuildError }] = await Promise.all(
    ['context/stat-records', 'core/errors'].map(load),
  );
  return async (bytes) => {
    const records = decodeStatRecords(new Uint8Array(bytes));
    if (!records) throw new TsbuildError('STORE_CORRUPT', 'no stat cache');
    const all = Array.from({ length: records.count }, (_, i) => records.at(i));
    for (const { stamp } of all) {
      const { stamp: found } = records.at(records.find(stamp));
      assert.deepEqual(found, stamp, 'another record is found');
    }
    assert.equal(records.find({ dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n }), undefined);
    return Buffer.from(encodeStatRecords(all, records.savedAtMs)).toString('hex');
  };
}

/** The same bytes in the place of every small file that is JSON. */
async function findRecords() {
  const [
    { openStore },
    { findRecord },
    downloads,
    { readResolvedReference },
    { findImage },
    { TsbuildError },
  ] = await Promise.all(
    [
      'store/store',
      'cache/step-records',
      'store/downloads',
      'store/resolved-references',
      'store/image-names',
      'core/errors',
    ].map(load),
  );
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-fuzz-store-'));
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  const store = openStore(root);
  const { paths } = store;
  const hashed = (text) => `${createHash('sha256').update(text).digest('hex')}.json`;
  const key = 'ab'.repeat(32);
  const files = [
    join(paths.cache, key.slice(0, 2), `${key}.json`),
    join(paths.downloads, hashed(URL_ASKED)),
    join(paths.refs, hashed(JSON.stringify(['a', 'linux/amd64']))),
    join(paths.oci, 'index.json'),
  ];
  for (const file of files) mkdirSync(dirname(file), { recursive: true });
  const readers = [
    () => findRecord(store, key),
    () => downloads.readDownload(paths, URL_ASKED),
    () => readResolvedReference(paths, 'a', 'linux/amd64'),
    () => findImage(paths, 'a'),
  ];
  return async (bytes) => {
    for (const file of files) writeFileSync(file, bytes);
    const results = readers.map((read) => {
      try {
        return read();
      } catch (error) {
        if (error instanceof TsbuildError) return error.code;
        throw error;
      }
    });
    return results;
  };
}

export const storeTargets = [
  { name: 'layer-index', mutate, reader: readIndex },
  { name: 'stat-cache', mutate: mutateStat, reader: readStat },
  { name: 'store-record', mutate, reader: findRecords },
];
