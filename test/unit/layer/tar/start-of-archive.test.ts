// What ADD unpacks: whatever begins as an archive, also when it then turns out to be none that can be unpacked.
import test from 'ava';
import { gzipSync } from 'node:zlib';
import { gunzipStart } from '../../../../src/layer/decompress/gunzip-start.js';
import { layerLimits } from '../../../../src/layer/limits.js';
import { startOfArchive } from '../../../../src/layer/tar/start-of-archive.js';
import { archive, END, entry, header, pax, record } from './support/hostile-tar.js';
import { stream } from './support/parse.js';
import { run, testWith } from './support/tools.js';

const startOf = (bytes: Buffer, size?: number) => startOfArchive(stream(bytes, size), layerLimits());

const plain = archive({ name: 'a', data: 'hello' });

test('an entry of any kind is the start of an archive', async (t) => {
  const archives = {
    'a file': plain,
    'a header alone': header({ name: 'a', data: 'x' }),
    'a volume label': archive({ name: 'label', type: 'V' }),
    'the rest of a file': archive({ name: 'a', type: 'M', data: 'x' }),
    'a sparse file of old GNU tar': archive({ name: 'a', type: 'S' }),
    'a type that nobody knows': archive({ name: 'a', type: '!' }),
    'a global header': pax([record('comment', 'x')], 'g'),
    'a PAX header and what it is about': Buffer.concat([pax([record('path', 'b')]), header({ name: 'a' })]),
    'a name that leads out': archive({ name: '../x', data: 'x' }),
    'damage behind the first entry': Buffer.concat([entry({ name: 'a', data: 'x' }), Buffer.alloc(512, 'x')]),
  };
  for (const [what, bytes] of Object.entries(archives)) {
    t.is(await startOf(bytes), 'archive', what);
    t.is(await startOf(bytes, 100), 'archive', what);
    t.is(await startOf(gzipSync(bytes)), 'archive', `${what}, compressed`);
  }
});

test('everything else is a file', async (t) => {
  const damaged = Buffer.from(plain);
  damaged[0]! ^= 1;
  const files = {
    nothing: Buffer.alloc(0),
    text: Buffer.from('BZ is not compressed'),
    'less than a header': plain.subarray(0, 511),
    'the mark of an end': END,
    'zeros and a header': Buffer.concat([Buffer.alloc(512), plain]),
    'a wrong checksum': damaged,
    'a PAX header alone': pax([record('path', 'b')]),
    'a damaged PAX header': archive(entry({ name: 'p', type: 'x', data: 'junk' }), { name: 'a' }),
    'a sparse map that cannot be': archive(
      pax([record('GNU.sparse.major', '0'), record('GNU.sparse.minor', '1')]),
      { name: 'a' },
    ),
  };
  for (const [what, bytes] of Object.entries(files)) {
    t.is(await startOf(bytes), 'none', what);
    t.is(await startOf(gzipSync(bytes)), 'none', `${what}, compressed`);
  }
});

test('a damaged stream is an archive as far as it can be read', async (t) => {
  const packed = gzipSync(archive({ name: 'a', data: 'x'.repeat(5000) }), { level: 0 });
  t.is(await startOf(packed.subarray(0, 2000)), 'archive');
  t.is(await startOf(packed.subarray(0, 300)), 'undecodable');
  const noise = Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * i * 31) >> 3));
  const damaged = gzipSync(archive({ name: 'a', data: noise }), { level: 1 });
  damaged.fill(0xff, damaged.length >> 1);
  t.is(await startOf(damaged), 'undecodable');
  t.is(await startOf(gunzipStart(damaged)), 'archive');
  t.is(gunzipStart(Buffer.from('no gzip')).length, 0);
});

testWith('xz')('a damaged chunk of xz is one too', async (t) => {
  const noise = Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * i * 31) >> 3));
  const packed = run('xz', ['-c', '-0'], { input: archive({ name: 'a', data: noise }) });
  packed.fill(0x55, packed.length >> 1, (packed.length >> 1) + 40);
  t.is(await startOf(packed), 'archive');
  t.is(await startOf(packed.subarray(0, packed.length >> 1)), 'archive');
});
