// Reading whole layers: promises about the bytes, what a sink sees, and archives made to do harm.
import test from 'ava';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { digestOf, type Digest, type DiffId } from '../../../src/core/digest.js';
import { layerLimits } from '../../../src/layer/limits.js';
import { readLayer, type LayerSink } from '../../../src/layer/read-layer.js';
import { archive, END, entry, header, pax, record, type HostileEntry } from './tar/support/hostile-tar.js';
import { stream } from './tar/support/parse.js';

const tar = archive(
  { name: 'd/', type: '5' },
  { name: 'd/f', data: 'hello' },
  { name: 'd/.wh.x', data: 'ignored' },
  { name: 'l', type: '2', linkname: 'd' },
);
const packed = gzipSync(tar);
const diffId = digestOf(tar) as DiffId;
const promised = { digest: digestOf(packed), size: packed.length, diffId };
const other = digestOf('other');

test('a layer that is what was promised', async (t) => {
  const layer = await readLayer(stream(packed, 100), { expect: promised });
  t.is(layer.diffId, diffId);
  t.is(layer.size, tar.length);
  t.deepEqual(
    layer.index.map(({ kind, path }) => `${kind} ${path}`),
    ['node d', 'node d/f', 'whiteout d/x', 'node l'],
  );
  t.deepEqual(await readLayer(stream(packed)), layer);
  t.deepEqual(await readLayer(stream(tar)), layer);
});

test('bytes that are not the promised ones', async (t) => {
  const wrong = { code: 'REGISTRY_DIGEST_MISMATCH' };
  await t.throwsAsync(readLayer(stream(packed), { expect: { ...promised, digest: other } }), wrong);
  await t.throwsAsync(readLayer(stream(packed), { expect: { ...promised, size: packed.length + 1 } }), wrong);
  await t.throwsAsync(readLayer(stream(packed), { expect: { ...promised, size: packed.length - 1 } }), wrong);
  await t.throwsAsync(readLayer(stream(packed.subarray(0, -5)), { expect: promised }), wrong);
  await t.throwsAsync(
    readLayer(stream(Buffer.concat([packed, Buffer.from('x')])), { expect: promised }),
    wrong,
  );
  const damaged = Buffer.from(packed);
  damaged[40] = damaged[40]! ^ 1;
  await t.throwsAsync(readLayer(stream(damaged, 10), { expect: promised }), wrong);
  await t.throwsAsync(readLayer(stream(packed), { expect: { ...promised, diffId: other as DiffId } }), {
    code: 'LAYER_INVALID',
    message: /image config/,
  });
});

test('a layer that was damaged before its digest was taken', async (t) => {
  const bad = packed.subarray(0, -20);
  const expect = { digest: digestOf(bad), size: bad.length };
  await t.throwsAsync(readLayer(stream(bad), { expect }), { code: 'LAYER_INVALID' });
});

test('no more than the promised size is read', async (t) => {
  let read = 0;
  async function* endless(): AsyncGenerator<Buffer, void> {
    yield packed;
    for (;;) {
      read++;
      yield Buffer.alloc(1000);
    }
  }
  t.is((await readLayer(endless(), { expect: promised })).diffId, diffId);
  t.is(read, 0);
});

test('the source is let go of when reading fails', async (t) => {
  let isClosed = false;
  async function* watched(): AsyncGenerator<Buffer, void> {
    try {
      yield archive({ name: '../x' });
      yield Buffer.alloc(10);
    } finally {
      isClosed = true;
    }
  }
  await t.throwsAsync(readLayer(watched()), { code: 'LAYER_UNSAFE' });
  t.true(isClosed);
  const signal = AbortSignal.abort();
  await t.throwsAsync(readLayer(stream(tar), { signal }), { code: 'ABORTED' });
});

test('a sink sees entries and content in order, and the archive as it is', async (t) => {
  const seen: string[] = [];
  const raw: Buffer[] = [];
  let drained = 0;
  const sink: LayerSink = {
    onEntry: ({ kind, path }) => void seen.push(`${kind} ${path}`),
    onData: (data) => void seen.push(`data ${data.toString()}`),
    onEntryEnd: () => void seen.push('end'),
    onArchive: (chunk) => void raw.push(Buffer.from(chunk)),
    drain: () => Promise.resolve(void drained++),
  };
  await readLayer(stream(packed), { sink });
  t.deepEqual(seen, [
    'node d',
    'end',
    'node d/f',
    'data hello',
    'end',
    'whiteout d/x',
    'end',
    'node l',
    'end',
  ]);
  t.true(Buffer.concat(raw).equals(tar));
  t.true(drained > 0);
});

const REFUSED: Readonly<Record<string, readonly [string, ...(HostileEntry | Buffer)[]]>> = {
  'a name above the root': ['LAYER_UNSAFE', { name: '../../outside.txt', data: 'x' }],
  'a name above the root, in a PAX record': [
    'LAYER_UNSAFE',
    pax([record('path', 'a/../../x')]),
    { name: 'a' },
  ],
  'a name above the root, in a GNU long name': [
    'LAYER_UNSAFE',
    entry({ name: 'L', type: 'L', data: '../x\0' }),
    { name: 'a' },
  ],
  'a name above the root, in a prefix': ['LAYER_UNSAFE', { name: 'x', prefix: '..' }],
  'a hard link above the root': ['LAYER_UNSAFE', { name: 'a', type: '1', linkname: '../etc/passwd' }],
  'a hard link above the root, in a PAX record': [
    'LAYER_UNSAFE',
    pax([record('linkpath', '/../x')]),
    { name: 'a', type: '1' },
  ],
  'a hard link to a drive and up': ['LAYER_UNSAFE', { name: 'a', type: '1', linkname: 'C:/../../x' }],
  'a hard link to a whiteout': ['LAYER_UNSAFE', { name: 'a', type: '1', linkname: '.wh.x' }],
  'a whiteout of the directory above': ['LAYER_UNSAFE', { name: 'd/.wh...' }],
  'a whiteout of its own directory': ['LAYER_UNSAFE', { name: 'd/.wh..' }],
  'the root as a link': ['LAYER_UNSAFE', { name: './', type: '2', linkname: '/tmp' }],
  'a path of ten thousand directories': [
    'LAYER_LIMIT',
    pax([record('path', 'a/'.repeat(10_000))]),
    { name: 'a' },
  ],
  'a name of a megabyte': ['LAYER_LIMIT', pax([record('path', 'a'.repeat(1_000_000))]), { name: 'a' }],
  'a claimed file of eight exabytes': [
    'LAYER_INVALID',
    header({ name: 'a', sizeField: Buffer.from('800000007fffffffffffffff', 'hex') }),
  ],
  'a claimed file of a petabyte': [
    'LAYER_LIMIT',
    header({ name: 'a', sizeField: Buffer.from('800000000004000000000000', 'hex') }),
  ],
  'a sparse file of a terabyte': [
    'LAYER_LIMIT',
    pax([
      record('GNU.sparse.major', '0'),
      record('GNU.sparse.minor', '1'),
      record('GNU.sparse.numblocks', '0'),
      record('GNU.sparse.realsize', '1000000000000'),
    ]),
    { name: 'a' },
  ],
  'a label of a volume': ['LAYER_INVALID', { name: 'label', type: 'V' }],
  'the rest of a file of another volume': ['LAYER_INVALID', { name: 'a', type: 'M', data: 'x' }],
  'a sparse file of old GNU tar': ['LAYER_INVALID', { name: 'a', type: 'S' }],
  'a hard link to something that AUFS did not keep': [
    'LAYER_INVALID',
    { name: 'a', type: '1', linkname: '.wh..wh.plnk/1' },
  ],
  'a NUL in a name': ['LAYER_INVALID', pax([record('path', 'a\0/../../b')]), { name: 'a' }],
};

for (const [what, [code, ...parts]] of Object.entries(REFUSED)) {
  test(`refused: ${what}`, async (t) => {
    await t.throwsAsync(readLayer(stream(archive(...parts))), { code });
  });
}

test('links that point out are data: nothing is followed', async (t) => {
  const hostile = archive(
    { name: 'd', type: '2', linkname: '/tmp/out' },
    { name: 'up', type: '2', linkname: '..' },
    { name: 'chain', type: '2', linkname: 'c/up/../..' },
    { name: 'drive', type: '2', linkname: 'C:../../x' },
    { name: 'suid', mode: '0006755\0' },
    { name: 'null', type: '3', devMajor: '0000001\0', devMinor: '0000003\0' },
    { name: '/abs', type: '1', linkname: '/suid' },
  );
  const { index } = await readLayer(stream(hostile));
  t.deepEqual(
    index.map(({ path }) => path as string),
    ['abs', 'chain', 'd', 'drive', 'null', 'suid', 'up'],
  );
  t.deepEqual(
    index.find(({ path }) => (path as string) === 'suid'),
    { kind: 'hardlink', path: 'suid', target: 'abs' } as (typeof index)[0],
  );
});

test('too many entries', async (t) => {
  const limits = layerLimits({ maxEntries: 3 });
  const parts = Array.from({ length: 4 }, (_, i) => ({ name: `f${i}` }));
  await t.throwsAsync(readLayer(stream(archive(...parts)), { limits }), {
    code: 'LAYER_LIMIT',
  });
});

test('an empty layer is a layer', async (t) => {
  t.deepEqual((await readLayer(stream(END))).index, []);
  t.is(
    (await readLayer(stream(END))).diffId,
    `sha256:${'5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef'}` as Digest as DiffId,
  );
});

const PLINK = '.wh..wh.plnk/12.34';

test('hard links to what AUFS kept for them are links to each other', async (t) => {
  const { index } = await readLayer(
    stream(
      archive(
        { name: '.wh..wh.plnk/', type: '5' },
        { name: PLINK, data: 'linked', mode: '0000640\0' },
        { name: '.wh..wh.aufs' },
        { name: 'd/', type: '5' },
        { name: 'd/k', type: '1', linkname: PLINK },
        { name: 'd/j', type: '1', linkname: `./${PLINK}` },
      ),
    ),
  );
  t.deepEqual(
    index.map(({ kind, path }) => `${kind} ${path}`),
    ['node d', 'node d/j', 'hardlink d/k'],
  );
  t.like(index[1], {
    node: { size: 6, mode: 0o640, sha256: createHash('sha256').update('linked').digest('hex') },
  });
});

test('the last header of a file wins for all its names', async (t) => {
  const layer = archive(
    { name: 'a', data: 'x', mode: '0000600\0', uid: '0000003\0', mtime: '5\0' },
    pax([record('mtime', '7.5'), record('SCHILY.xattr.user.k', 'v')]),
    { name: 'b', type: '1', linkname: 'a', mode: '0004755\0', uid: '0000011\0' },
    { name: 's', type: '2', linkname: 'a', mode: '0000777\0' },
    { name: 't', type: '1', linkname: 's', mode: '0000600\0', uid: '0000007\0' },
  );
  const { index } = await readLayer(stream(layer));
  t.like(index[0], {
    path: 'a',
    node: {
      type: 'file',
      size: 1,
      mode: 0o4755,
      uid: 9,
      mtime: 7,
      mtimeNsec: 500000000,
      xattrs: { 'user.k': 'v' },
    },
  });
  t.like(index[2], { path: 's', node: { type: 'symlink', mode: 0o777, uid: 7 } });
});
