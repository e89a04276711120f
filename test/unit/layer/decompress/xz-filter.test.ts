// The filters that may stand before LZMA2, against the program that writes them.
import test from 'ava';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { decompress } from '../../../../src/layer/decompress/decompress.js';
import { createXzFilter } from '../../../../src/layer/decompress/xz-filter.js';
import { layerLimits } from '../../../../src/layer/limits.js';
import { collect, pieces, stream } from '../tar/support/parse.js';
import { run, testWith } from '../tar/support/tools.js';

const unpack = (data: Buffer, size?: number) =>
  collect(decompress(stream(data, size), { limits: layerLimits() }));
const pack = (data: Buffer, args: readonly string[]) => run('xz', ['-c', ...args], { input: data });

/**
 * Words that the filters act on, at any place: opcodes of calls with addresses near and far, and the templates of ia64.
 */
const OPCODES = [
  'e800000000',
  'e9ffffffff',
  'e8e8e8e800',
  '48000001',
  '4bfffffd',
  'fefffeeb',
  'f000f800',
  '00f000f8',
  'fff7fffe',
  '40000000',
  '7fffffff',
  '01000094',
  'ffffff97',
  '00000090',
  '100000b0',
  '1000000000000000000000000000a000',
  '11000000000000a00000a00000000050',
];
const code = fc
  .array(
    fc.oneof(
      fc.constantFrom(...OPCODES).map((hex) => Buffer.from(hex, 'hex')),
      fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
      fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from([0x10 | (bytes[0]! & 0x0f), ...bytes.slice(1)])),
    ),
    { maxLength: 400 },
  )
  .map((parts) => Buffer.concat(parts));

const ALIGNMENT = { x86: 1, powerpc: 4, ia64: 16, arm: 4, armthumb: 2, arm64: 4, sparc: 4 } as const;

for (const [name, alignment] of Object.entries(ALIGNMENT)) {
  testWith('xz')(`${name}: what the program filters is unfiltered, however it comes`, async (t) => {
    await fc.assert(
      fc.asyncProperty(code, fc.nat({ max: 0xffffffff }), async (data, start) => {
        const offset = start - (start % alignment);
        const packed = pack(data, [`--${name}=start=${offset}`, '--lzma2=preset=0']);
        t.true((await unpack(packed)).equals(data), `start ${offset}: ${data.toString('hex')}`);
      }),
      { numRuns: 25 },
    );
  });
}

testWith('xz')('real code, in several chunks of LZMA2', async (t) => {
  const data = readFileSync(process.execPath).subarray(0, 6_000_000);
  for (const name of Object.keys(ALIGNMENT))
    t.true((await unpack(pack(data, [`--${name}`, '--lzma2=preset=0']))).equals(data), name);
});

testWith('xz')('delta at every distance, and chains of four', async (t) => {
  const data = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i) >> 3));
  for (const distance of [1, 2, 3, 4, 255, 256])
    t.true((await unpack(pack(data, [`--delta=dist=${distance}`, '--lzma2=preset=0']), 100)).equals(data));
  const code = readFileSync(process.execPath).subarray(0, 300_000);
  for (const chain of [
    ['--x86', '--arm64', '--delta=dist=4'],
    ['--delta=dist=4', '--x86'],
    ['--ia64', '--ia64', '--ia64'],
  ])
    t.true((await unpack(pack(code, [...chain, '--block-size=70000', '--lzma2=preset=0']))).equals(code));
});

test('the bytes are the same however they are cut', (t) => {
  fc.assert(
    fc.property(code, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 4, max: 11 }), (data, size, id) => {
      const whole = createXzFilter(id, Buffer.alloc(0));
      const cut = createXzFilter(id, Buffer.alloc(0));
      const expected = Buffer.concat([whole.push(Buffer.from(data)), whole.end()]);
      const parts = pieces(data, size).map((piece) => Buffer.from(cut.push(Buffer.from(piece))));
      return Buffer.concat([...parts, cut.end()]).equals(expected);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

const u32 = (value: number): number => value >>> 0;

/** The filter for RISC-V forwards, as liblzma applies it. */
function filterRiscv(code: Buffer, start: number): Buffer {
  const data = Buffer.from(code);
  let at = 0;
  const call = (): number => {
    const word = data.readUInt32LE(at);
    if ((word & 0xd00) !== 0) return 2;
    const parts = [
      ((word >>> 21) & 0x3ff) << 1,
      ((word >>> 20) & 1) << 11,
      word & 0xff000,
      (word >>> 31) << 20,
    ];
    const target = parts.reduce((sum, part) => sum + part, start + at);
    data[at + 1] = ((word >>> 8) & 0x0f) | ((target >>> 13) & 0xf0);
    data[at + 2] = target >>> 9;
    data[at + 3] = target >>> 1;
    return 4;
  };
  const pair = (): number => {
    const [first, second] = [data.readUInt32LE(at), data.readUInt32LE(at + 4)];
    const register = (first >>> 7) & 0x1f;
    if (register !== 0 && register !== 2) {
      if (((second >>> 15) & 0x1f) !== register || (second & 3) !== 3) return 6;
      data.writeUInt32LE(u32(0x117 | (second << 12)), at);
      data.writeUInt32BE(u32((first & 0xfffff000) + (second >> 20) + start + at), at + 4);
      return 8;
    }
    const used = first >>> 27;
    if (register === 0 || ((first >>> 12) & 3) !== 3 || used === 0 || used === 2) return 4;
    data.writeUInt32LE(u32(0x17 | (used << 7) | (second & 0xfffff000)), at);
    data.writeUInt32LE(u32((first >>> 12) | (second << 20)), at + 4);
    return 8;
  };
  while (at + 8 <= data.length) at += data[at] === 0xef ? call() : (data[at]! & 0x7f) === 0x17 ? pair() : 2;
  return data;
}

function unfilterRiscv(data: Buffer, start: number): Buffer {
  const properties = Buffer.alloc(4);
  properties.writeUInt32LE(start);
  const filter = createXzFilter(0x0b, properties);
  return Buffer.concat([filter.push(Buffer.from(data)), filter.end()]);
}

test('riscv: calls and pairs of instructions', (t) => {
  const undo = (hex: string, start: number) => unfilterRiscv(Buffer.from(hex, 'hex'), start).toString('hex');
  // jal ra, to 0x20 behind: at 0x1000 the target is 0x1020.
  t.is(undo('ef0008101300000013000000', 0x1000), 'ef0000021300000013000000');
  // auipc a0, 0x1 and addi a0, a0, -16: at 0x2000 the address is 0x2ff0.
  t.is(undo('1731515000002ff0', 0x2000), '17150000130505ff');
  // An AUIPC to x0 is a landing pad.
  t.is(undo('1700000013050500', 0x2000), '1700000013050500');
  // A pair stands for what looked filtered before it was.
  t.is(undo('17150000130505ff', 0x4000), '17315150f01f0000');
});

test('riscv: what is filtered is unfiltered', (t) => {
  const word = fc.oneof(
    fc.constantFrom(
      0xef,
      0x1ef,
      0x2ef,
      0x80000eef,
      0x17,
      0x117,
      0x28013117,
      0x517,
      0x50513,
      0xfff58593,
      0x50003,
    ),
    fc.nat({ max: 0xffffffff }),
    fc
      .tuple(fc.nat({ max: 0xfffff }), fc.constantFrom(0x517, 0x117, 0x97, 0x1ef, 0x2ef))
      .map(([high, low]) => u32(high << 12) + low),
    fc
      .tuple(fc.nat({ max: 0xfff }), fc.constantFrom(0x50513, 0x8003, 0x10013))
      .map(([high, low]) => u32(high << 20) + low),
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 60 }),
      fc.nat({ max: 3 }),
      fc.nat({ max: 0x7fffffff }),
      (words, cut, half) => {
        const data = Buffer.alloc(words.length * 4);
        words.forEach((value, i) => data.writeUInt32LE(value, i * 4));
        const code = data.subarray(Math.min(cut, data.length));
        return unfilterRiscv(filterRiscv(code, half * 2), half * 2).equals(code);
      },
    ),
    { numRuns: 3000 },
  );
  t.pass();
});

/** A stream of one block with this header, whose checksums are right. */
function streamOf(blockHeader: Buffer): Buffer {
  const sum = (data: Buffer): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(crc32(data));
    return bytes;
  };
  const flags = Buffer.from([0, 0]);
  const size = Math.ceil((blockHeader.length + 1) / 4) * 4;
  const header = Buffer.alloc(size);
  header[0] = size / 4;
  blockHeader.copy(header, 1);
  return Buffer.concat([
    Buffer.from('fd377a585a00', 'hex'),
    flags,
    sum(flags),
    header,
    sum(header),
    Buffer.alloc(16),
  ]);
}

test('chains that cannot be are refused', async (t) => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['00 0400', /the last filter is 0x4/],
    ['01 2101 08 2101 08', /unknown filter 0x21/],
    ['01 0c00 2101 08', /unknown filter 0xc/],
    ['01 0304 0000 0000 2101 08', /damaged filter/],
    ['01 0401 00 2101 08', /damaged filter/],
    ['01 0504 01000000 2101 08', /damaged filter/],
    ['01 0604 08000000 2101 08', /damaged filter/],
    ['01 03ffffffffffffff7f 00', /damaged/],
    ['01 038000 00 2101 08', /damaged number/],
  ];
  for (const [hex, message] of refused)
    await t.throwsAsync(
      unpack(streamOf(Buffer.from(hex.replaceAll(' ', ''), 'hex'))),
      { code: 'LAYER_INVALID', message },
      hex,
    );
});
