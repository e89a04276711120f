// Every kind of compression against the tools that make it; damage, bombs, and streams that end or break.
import test from 'ava';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createByteSource } from '../../../../src/layer/decompress/byte-source.js';
import { decompress } from '../../../../src/layer/decompress/decompress.js';
import { detectCompression, type Compression } from '../../../../src/layer/decompress/detect-compression.js';
import { unzstd } from '../../../../src/layer/decompress/zstd.js';
import { layerLimits, type LayerLimits } from '../../../../src/layer/limits.js';
import { collect, stream } from '../tar/support/parse.js';
import { run, testWith } from '../tar/support/tools.js';

const limits = layerLimits();
const bytesOf = (
  data: Buffer,
  options: { size?: number; limits?: Partial<LayerLimits>; kinds?: Compression[] } = {},
) =>
  collect(
    decompress(stream(data, options.size), {
      limits: options.limits ? layerLimits(options.limits) : limits,
      ...(options.kinds && { kinds: options.kinds }),
    }),
  );

/** Text that repeats, noise, runs, and zeros: something for every path of a decoder. */
const sample = Buffer.concat([
  Buffer.from(Array.from({ length: 20000 }, (_, i) => `${i * 7919} line ${i % 97}\n`).join('')),
  randomBytes(200_000),
  Buffer.alloc(300_000),
  Buffer.from('abcd'.repeat(5000)),
  ...Array.from({ length: 600 }, (_, i) => Buffer.alloc(i, i)),
]);

const TOOLS: readonly (readonly [string, Compression, readonly (readonly string[])[]])[] = [
  ['gzip', 'gzip', [['-1'], ['-9'], ['-n']]],
  ['zstd', 'zstd', [['-1'], ['-19'], ['--no-check'], ['--fast=5'], ['-B65536']]],
  ['bzip2', 'bzip2', [['-1'], ['-9']]],
  [
    'xz',
    'xz',
    [
      ['-0'],
      ['-9'],
      ['-6e'],
      ['--check=none'],
      ['--check=crc32'],
      ['--check=sha256'],
      ['--block-size=100000'],
      ['-T2', '--block-size=200000'],
      ['--lzma2=lc=0,lp=4,pb=0'],
      ['--lzma2=lc=1,lp=2,pb=4,dict=4096'],
      ['--delta=dist=256', '--lzma2'],
      ['--x86', '--delta=dist=4', '--arm64', '--lzma2'],
    ],
  ],
];

/** One byte changed must not pass: all but plain zstd frames have checksums. */
function damages(data: Buffer): Buffer[] {
  return [0.1, 0.4, 0.6, 0.9].map((place) => {
    const damaged = Buffer.from(data);
    const at = Math.floor(place * data.length);
    damaged[at] = damaged[at]! ^ 0x55;
    return damaged;
  });
}

for (const [tool, kind, variants] of TOOLS) {
  const pack = (data: Buffer, args: readonly string[] = []): Buffer =>
    run(tool, ['-c', ...args], { input: data });

  testWith(tool)(`${tool}: what the tool packs is unpacked`, async (t) => {
    for (const args of variants) {
      const packed = pack(sample, args);
      t.is(detectCompression(packed), kind);
      t.true((await bytesOf(packed)).equals(sample), args.join(' '));
    }
    const small = pack(Buffer.from('hello'));
    t.is((await bytesOf(small, { size: 1 })).toString(), 'hello');
    t.is((await bytesOf(pack(Buffer.alloc(0)))).length, 0);
    t.true((await bytesOf(pack(sample), { size: 777 })).equals(sample));
  });

  testWith(tool)(`${tool}: streams one after another are one`, async (t) => {
    const packed = Buffer.concat([pack(sample), pack(Buffer.alloc(0)), pack(Buffer.from('tail'))]);
    t.true((await bytesOf(packed)).equals(Buffer.concat([sample, Buffer.from('tail')])));
  });

  testWith(tool)(`${tool}: damaged and truncated streams fail`, async (t) => {
    const packed = pack(sample);
    for (const cut of [6, 20, Math.floor(packed.length / 2), packed.length - 1]) {
      await t.throwsAsync(bytesOf(packed.subarray(0, cut)), { code: 'LAYER_INVALID' }, `cut at ${cut}`);
    }
    if (kind === 'zstd') return;
    for (const damaged of damages(packed)) await t.throwsAsync(bytesOf(damaged), { code: 'LAYER_INVALID' });
  });
}

testWith('zstd')('zstd: portable frames, frames to skip, dictionaries and windows', async (t) => {
  const portable = (data: Buffer, size?: number) =>
    collect(unzstd(createByteSource(stream(data, size), 'zstd'), { portable: true }));
  const pack = (data: Buffer, args: readonly string[] = []): Buffer =>
    run('zstd', ['-c', ...args], { input: data });
  const packed = pack(sample);
  t.true((await portable(packed)).equals(sample));
  t.true((await portable(packed, 313)).equals(sample));
  t.true((await portable(pack(sample, ['-19', '--no-check']))).equals(sample));
  const skip = Buffer.from('502a4d1803000000616263', 'hex');
  t.true((await bytesOf(Buffer.concat([skip, packed, skip, skip]))).equals(sample));
  t.true(
    (await portable(Buffer.concat([skip, packed, skip, pack(Buffer.from('x'))]))).equals(
      Buffer.concat([sample, Buffer.from('x')]),
    ),
  );
  t.is((await portable(pack(Buffer.alloc(0)))).length, 0);
  for (const cut of [3, 5, 20, 1000, packed.length - 1]) {
    await t.throwsAsync(portable(packed.subarray(0, cut)), { code: 'LAYER_INVALID' });
  }
  await t.throwsAsync(portable(Buffer.concat([packed, Buffer.from('junk')])), { code: 'LAYER_INVALID' });
  // A frame that asks for a window of 2 GiB.
  await t.throwsAsync(portable(Buffer.from('28b52ffd00a8010000', 'hex')), { code: 'LAYER_LIMIT' });
  for (const damaged of damages(packed)) {
    const result = await portable(damaged).catch((error: { code?: string }) => error.code);
    t.true(Buffer.isBuffer(result) || result === 'LAYER_INVALID' || result === 'LAYER_LIMIT');
  }
});

test('what is not compressed passes as it is', async (t) => {
  for (const data of [Buffer.alloc(0), Buffer.from('x'), sample])
    t.true((await bytesOf(data, { size: 3000 })).equals(data));
  for (const hex of ['1f8b', '28b52f', 'fd377a58', '425a'])
    t.is(detectCompression(Buffer.from(hex, 'hex')), 'none');
});

test('only accepted kinds are unpacked', async (t) => {
  const packed = gzipSync('hello');
  await t.throwsAsync(bytesOf(packed, { kinds: ['none', 'zstd'] }), {
    code: 'LAYER_INVALID',
    message: /gzip; accepted here: none, zstd/,
  });
  t.is((await bytesOf(packed, { kinds: ['gzip'] })).toString(), 'hello');
});

test('a gzip bomb ends at the absolute limit and at the ratio', async (t) => {
  const bomb = gzipSync(Buffer.alloc(20_000_000));
  await t.throwsAsync(bytesOf(bomb, { limits: { maxUncompressedBytes: 1_000_000 } }), {
    code: 'LAYER_LIMIT',
    message: /maxUncompressedBytes/,
  });
  await t.throwsAsync(bytesOf(bomb, { limits: { maxRatio: 500, ratioGraceBytes: 1_000_000 } }), {
    code: 'LAYER_LIMIT',
    message: /maxRatio/,
  });
  t.is((await bytesOf(bomb)).length, 20_000_000);
});

testWith('bzip2')('a bomb of one to a million is refused by default', async (t) => {
  const bomb = run('bash', ['-c', 'head -c 140000000 /dev/zero | bzip2 -9']);
  t.true(bomb.length < 200);
  await t.throwsAsync(bytesOf(bomb), { code: 'LAYER_LIMIT', message: /maxRatio/ });
});

test('errors of the source pass as they are, and an early end lets go of it', async (t) => {
  const packed = gzipSync(randomBytes(1_000_000));
  const failure = new Error('connection lost');
  async function* broken(): AsyncGenerator<Buffer, void> {
    yield packed.subarray(0, 200_000);
    throw failure;
  }
  t.is(await t.throwsAsync(collect(decompress(broken(), { limits }))), failure);
  let isClosed = false;
  async function* watched(): AsyncGenerator<Buffer, void> {
    try {
      for (let i = 0; i < packed.length; i += 10_000) yield packed.subarray(i, i + 10_000);
    } finally {
      isClosed = true;
    }
  }
  for await (const chunk of decompress(watched(), { limits })) if (chunk.length > 0) break;
  t.true(isClosed);
});
