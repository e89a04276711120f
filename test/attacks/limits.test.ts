// Archives that exist to exhaust the machine, and numbers that no file has. Every bound is one of src/layer/limits.ts.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readLayer } from '../../src/layer/read-layer.js';
import { attack, type AttackWorld, type Defence } from '../support/attack.js';
import { evilEntry, evilTar, type EvilEntry } from '../support/evil-tars.js';

const ADD = 'FROM scratch\nADD evil.tar /dest/\n';
const SIZE: Defence = ['src/layer/decompress/decompress.ts', 'if (output > limits.maxUncompressedBytes)'];
const RATIO: Defence = ['src/layer/decompress/decompress.ts', 'output > input * limits.maxRatio'];
const ENTRIES: Defence = ['src/layer/tar/tar-parser.ts', 'if (entries > limits.maxEntries)'];
const CLAIMED: Defence = [
  'src/layer/tar/tar-parser.ts',
  'if (offset + zeros + size > limits.maxUncompressedBytes)',
];
const NUMBER: Defence = ['src/layer/tar/header-block.ts', 'if (value >= 0) return value;'];
const DEPTH: Defence = ['src/layer/tar/entry-path.ts', 'if (parts.length > limits.maxPathDepth)'];
const LENGTH: Defence = ['src/layer/tar/entry-path.ts', 'if (name.length > 2 * limits.maxPathBytes)'];
const PAX: Defence = ['src/layer/tar/tar-parser.ts', 'if (header.size > limits.maxPaxBytes)'];

/** Nothing of a refused archive is left in the store. */
function leftovers({ store }: AttackWorld): string[] {
  return ['tmp', 'oci/blobs/sha256']
    .map((name) => join(store, 'v1', name))
    .flatMap((path) => (existsSync(path) ? readdirSync(path) : []));
}

const MEBI = 1024 * 1024;
/** The zeros stand behind the end mark, where no entry claims them: only what comes out of the decoder tells. */
const zeros = (size: number): Buffer => Buffer.concat([evilTar([{ name: 'a' }]), Buffer.alloc(size)]);

const COMPRESSORS: readonly (readonly [string, (tar: Buffer) => Buffer])[] = [
  ['gzip', (tar) => gzipSync(tar, { level: 9 })],
  ...(['zstd', 'xz', 'bzip2'] as const).map(
    (tool) =>
      [tool, (tar: Buffer) => execFileSync(tool, ['-c', '-9'], { input: tar, maxBuffer: 1 << 28 })] as const,
  ),
];

for (const [kind, compress] of COMPRESSORS) {
  attack('CVE-2026-53655', `a ${kind} bomb is stopped at TSBUILD_MAX_LAYER_SIZE`, SIZE, async (t, world) => {
    world.write({ 'evil.tar': compress(zeros(8 * MEBI)) });
    const error = await world.refused({ dockerfileText: ADD }, ['LAYER_LIMIT'], {
      env: { TSBUILD_MAX_LAYER_SIZE: '4m' },
    });
    t.regex(error.hint ?? '', /TSBUILD_MAX_LAYER_SIZE/);
    t.deepEqual(leftovers(world), []);
  });

  attack('CVE-2026-59873', `a ${kind} bomb is stopped at TSBUILD_MAX_EXPANSION`, RATIO, async (t, world) => {
    world.write({ 'evil.tar': compress(zeros(40 * MEBI)) });
    const error = await world.refused({ dockerfileText: ADD }, ['LAYER_LIMIT'], {
      env: { TSBUILD_MAX_EXPANSION: '20' },
    });
    t.regex(error.hint ?? '', /TSBUILD_MAX_EXPANSION/);
    t.deepEqual(leftovers(world), []);
  });
}

attack('CVE-2026-53655', 'a bomb in a bomb: only one compression is undone', SIZE, async (_, world) => {
  world.write({ 'evil.tar': gzipSync(gzipSync(zeros(8 * MEBI))) });
  await world.build({ dockerfileText: ADD }, { env: { TSBUILD_MAX_LAYER_SIZE: '4m' } });
});

attack('CVE-2026-53655', 'a bomb as a layer of a base leaves no blob', SIZE, async (t, world) => {
  const evil = world.image('evil', { layers: [zeros(8 * MEBI)] });
  await world.refused({ dockerfileText: 'FROM evil\n', buildContexts: { evil } }, ['LAYER_LIMIT'], {
    env: { TSBUILD_MAX_LAYER_SIZE: '4m' },
  });
  t.deepEqual(
    leftovers(world).filter((name) => name.length > 0 && !/^[0-9a-f]{64}$/.test(name)),
    [],
  );
});

attack('CVE-2026-53655', 'a bomb as a build context', SIZE, async (t, world) => {
  await world.refused({ context: '-' }, ['LAYER_LIMIT'], {
    stdin: gzipSync(zeros(8 * MEBI)),
    env: { TSBUILD_MAX_LAYER_SIZE: '4m' },
  });
  t.deepEqual(leftovers(world), []);
});

attack('ggcr#2204', 'TSBUILD_MAX_LAYER_ENTRIES bounds the files of an archive', ENTRIES, async (t, world) => {
  const many = Array.from({ length: 1001 }, (_, i) => ({ name: `f${i}` }));
  world.write({ 'evil.tar': evilTar(many) });
  const env = { TSBUILD_MAX_LAYER_ENTRIES: '1000' };
  await world.refused({ dockerfileText: ADD }, ['LAYER_LIMIT'], { env });
  await world.refused({ context: '-' }, ['LAYER_LIMIT'], { env, stdin: evilTar(many) });
  const evil = world.image('evil', { layers: [many] });
  await world.refused({ dockerfileText: 'FROM evil\n', buildContexts: { evil } }, ['LAYER_LIMIT'], { env });
  await world.build({ dockerfileText: ADD }, { env: { TSBUILD_MAX_LAYER_ENTRIES: 'unlimited' } });
  t.pass();
});

attack(
  'ggcr#2204',
  'ten million entries end in an error after the millionth, in little memory',
  ENTRIES,
  async (t) => {
    const piece = Buffer.concat(Array.from({ length: 2000 }, () => evilEntry({ name: 'x' })));
    let sent = 0;
    async function* endless(): AsyncGenerator<Buffer, void> {
      for (; sent < 10_000_000; sent += 2000) yield piece;
    }
    await t.throwsAsync(readLayer(endless()), { code: 'LAYER_LIMIT' });
    t.true(sent <= 1_004_000, String(sent));
    t.true(process.memoryUsage().rss < 1024 * MEBI);
  },
);

for (const value of ['0', '-1', 'x', '1.5', '1e9', '64 g', 'Infinity']) {
  attack(
    'CVE-2026-59873',
    `a bound of ${JSON.stringify(value)} is refused, not taken for none`,
    ['src/layer/limits.ts', 'if (value > 0) return value;'],
    async (_, world) => {
      await world.refused({ dockerfileText: 'FROM scratch\n' }, ['OPTION_INVALID'], {
        env: { TSBUILD_MAX_LAYER_SIZE: value },
      });
    },
  );
}

const deep = (depth: number): string => 'a/'.repeat(depth);

const SPARSE_CLAIMED: Defence = ['src/layer/tar/tar-parser.ts', 'admitHoles(size - left);'];
/** Of a sparse file that has none. */
const NO_DATA = { 'GNU.sparse.major': '0', 'GNU.sparse.minor': '1', 'GNU.sparse.numblocks': '0' };

/**
 * Entries that no build gets past, as an ADDed archive and as a layer. An archive that is none from its first header on
 * is a plain file.
 */
const IMPOSSIBLE: readonly (readonly [id: string, string, Defence, EvilEntry])[] = [
  ['CVE-2024-28863', 'a path of 10000 directories', LENGTH, { name: deep(10_000), type: 'dir' }],
  ['CVE-2024-28863', 'a path of 2000 directories', DEPTH, { name: deep(2000), type: 'dir' }],
  ['CVE-2024-28863', 'a PAX path of 2000 directories', DEPTH, { name: 'x', pax: { path: deep(2000) } }],
  [
    'CVE-2024-28863',
    'a hard link to 2000 directories',
    DEPTH,
    { name: 'x', type: 'hardlink', link: deep(2000) },
  ],
  ['PATH_MAX', 'a name of 5000 bytes', LENGTH, { name: 'a'.repeat(9000) }],
  ['ggcr#2204', 'a file of 8 EB', CLAIMED, { name: 'x', size: 2n ** 63n - 1n }],
  ['ggcr#2204', 'a file of 4 PB', CLAIMED, { name: 'x', size: 2n ** 52n }],
  ['ggcr#2204', 'a PAX size of 8 EB', CLAIMED, { name: 'x', pax: { size: '9223372036854775807' } }],
  ['ggcr#2204', 'a PAX size of 4 PB', CLAIMED, { name: 'x', pax: { size: '4503599627370496' } }],
  ['CVE-2026-59874', 'a negative size', NUMBER, { name: 'x', size: -1n }],
  ['CVE-2026-59874', 'a very negative size', NUMBER, { name: 'x', size: -(2n ** 62n) }],
  ['CVE-2025-8194', 'a negative PAX size', NUMBER, { name: 'x', pax: { size: '-512' } }],
  ['POSIX pax', 'a PAX size that is no number', NUMBER, { name: 'x', pax: { size: '0x10' } }],
  ['POSIX pax', 'a PAX owner out of range', NUMBER, { name: 'x', pax: { uid: '4294967295' } }],
  [
    'GNU sparse',
    'a sparse file of GNU',
    ['src/layer/tar/layer-entry-of.ts', "if (raw.type === 'other') throw unhandled(raw);"],
    { name: 'x', type: 'sparse' },
  ],
  [
    'GNU sparse',
    'a sparse file of a terabyte of nothing',
    SPARSE_CLAIMED,
    { name: 'x', pax: { ...NO_DATA, 'GNU.sparse.realsize': '1099511627776' } },
  ],
  [
    'GNU sparse',
    'a sparse file of 8 EB',
    ['src/layer/tar/sparse-map.ts', 'if (Number.isSafeInteger(value)) return value;'],
    { name: 'x', pax: { ...NO_DATA, 'GNU.sparse.realsize': '9223372036854775807' } },
  ],
  [
    'GNU sparse',
    'a sparse file whose data overlaps',
    ['src/layer/tar/sparse-map.ts', 'if (length < 0 || start < end)'],
    {
      name: 'x',
      content: 'abcd',
      pax: {
        ...NO_DATA,
        'GNU.sparse.numblocks': '2',
        'GNU.sparse.map': '0,2,1,2',
        'GNU.sparse.realsize': '9',
      },
    },
  ],
  [
    'GNU sparse',
    'a sparse file with data beyond its end',
    ['src/layer/tar/sparse-map.ts', 'if (end > size)'],
    {
      name: 'x',
      content: 'abcd',
      pax: { ...NO_DATA, 'GNU.sparse.numblocks': '1', 'GNU.sparse.map': '6,4', 'GNU.sparse.realsize': '9' },
    },
  ],
  [
    'GNU sparse',
    'a sparse file with more data than its map',
    ['src/layer/tar/tar-parser.ts', 'if (bytesIn(runs) !== left)'],
    { name: 'x', content: 'abcd', pax: { ...NO_DATA, 'GNU.sparse.realsize': '9' } },
  ],
  [
    'CVE-2025-58183',
    'a sparse file with a map of a billion entries',
    ['src/layer/tar/sparse-map.ts', 'if (text.length > limits.maxPaxBytes)'],
    {
      name: 'x',
      content: '1000000000\n'.padEnd(2_000_000, '1\n'),
      pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' },
    },
  ],
  [
    'CVE-2026-42574',
    'a PAX path with dots over a harmless name',
    ['src/layer/tar/entry-path.ts', "parts.includes('..')"],
    { name: 'x', pax: { path: '../x' } },
  ],
  [
    'CVE-2026-42574',
    'a GNU long name with dots over a harmless name',
    ['src/layer/tar/entry-path.ts', "parts.includes('..')"],
    { name: 'x', longName: '../../x' },
  ],
  [
    'CVE-2026-42574',
    'a GNU long name with dots over a harmless PAX path',
    ['src/layer/tar/raw-entry-of.ts', 'const name = longName ||'],
    { name: 'x', longName: '../../x', pax: { path: 'x' } },
  ],
  [
    'CVE-2026-23745',
    'a PAX linkpath of a hard link with dots',
    ['src/layer/tar/entry-path.ts', "parts.includes('..')"],
    { name: 'x', type: 'hardlink', link: 'y', pax: { linkpath: '../y' } },
  ],
  [
    'CVE-2026-23745',
    'a GNU long link of a hard link with dots',
    ['src/layer/tar/entry-path.ts', "parts.includes('..')"],
    { name: 'x', type: 'hardlink', link: 'y', longLink: '../../y' },
  ],
  [
    'POSIX pax',
    'a PAX path with a NUL byte',
    ['src/layer/tar/pax-records.ts', 'a name with a NUL byte'],
    { name: 'x', pax: { path: 'x\0/../y' } },
  ],
  ['ggcr#2204', 'a PAX header of 2 MB', PAX, { name: 'x', pax: { comment: 'a'.repeat(2 * MEBI) } }],
  ['ggcr#2204', 'a GNU long name of 2 MB', PAX, { name: 'x', longName: 'a'.repeat(2 * MEBI) }],
];

for (const [id, title, defence, entry] of IMPOSSIBLE) {
  attack(id, `${title} is refused in archives and layers`, defence, async (t, world) => {
    const tar = evilTar([{ name: 'first', content: 'x' }, entry]);
    world.write({ 'evil.tar': tar });
    const codes = ['LAYER_INVALID', 'LAYER_UNSAFE', 'LAYER_LIMIT'] as const;
    await world.refused({ dockerfileText: ADD }, codes);
    await world.refused({ context: '-' }, codes, { stdin: tar });
    t.deepEqual(leftovers(world), []);
    const evil = world.image('evil', { layers: [tar] });
    await world.refused({ dockerfileText: 'FROM evil\n', buildContexts: { evil } }, codes);
  });
}

attack(
  'POSIX pax',
  'extended headers that end the archive, or have no entry, are a damaged archive',
  ['src/layer/tar/tar-parser.ts', 'if (isPartialHeader || isInsideContent || isDangling) throw truncated();'],
  async (_, world) => {
    const first = evilEntry({ name: 'first' });
    const long = evilEntry({ name: 'x', longName: 'y'.repeat(200) });
    for (const tar of [
      Buffer.concat([first, long.subarray(0, 1024)]),
      Buffer.concat([first, long.subarray(0, 700)]),
      Buffer.concat([first, evilEntry({ name: 'x', content: 'x'.repeat(5000) }).subarray(0, 2000)]),
    ]) {
      world.write({ 'evil.tar': tar });
      await world.refused({ dockerfileText: ADD }, ['LAYER_INVALID']);
    }
  },
);
