// The parser on archives made by hand: every header form, and every kind of damage.
import test from 'ava';
import { createTarParser } from '../../../../src/layer/tar/tar-parser.js';
import { layerLimits } from '../../../../src/layer/limits.js';
import { archive, END, entry, header, pax, record, type HostileEntry } from './support/hostile-tar.js';
import { parse } from './support/parse.js';

const one = (...parts: (HostileEntry | Buffer)[]) => parse(archive(...parts))[0]!.raw;

function base256(value: bigint, length: number): Buffer {
  const bytes = Buffer.from(
    (value & ((1n << BigInt(8 * length)) - 1n)).toString(16).padStart(2 * length, '0'),
    'hex',
  );
  bytes[0] = value < 0n ? 0xff : 0x80 | bytes[0]!;
  return bytes;
}

test('content and offsets', (t) => {
  const found = parse(
    archive({ name: 'a', data: 'hello' }, { name: 'b', data: 'x'.repeat(1024) }, { name: 'c' }),
  );
  t.deepEqual(found.map(({ raw, data }) => [raw.name, raw.size, raw.offset, data.length]) as unknown[], [
    ['a', 5, 512, 5],
    ['b', 1024, 1536, 1024],
    ['c', 0, 3072, 0],
  ]);
});

test('types, and the old ones', (t) => {
  const types = {
    '0': 'file',
    '\0': 'file',
    '7': 'file',
    '1': 'hardlink',
    '2': 'symlink',
    '3': 'char',
    '4': 'block',
    '5': 'dir',
    '6': 'fifo',
  };
  for (const [type, expected] of Object.entries(types))
    t.is(one({ name: 'a', type, linkname: 'b' }).type, expected as 'file');
  t.is(one({ name: 'a/', type: '\0', magic: '' }).type, 'dir');
  // Only a file of the time before ustar is a directory by its name.
  t.is(one({ name: 'a/', type: '0' }).type, 'file');
  for (const type of ['V', 'M', 'A', 'Z', 'D', 'S'])
    t.like(one({ name: 'a', type }), { type: 'other', typeflag: type });
});

test('content of things without content', (t) => {
  // A size in the header of a link, directory or device is a lie: nothing follows.
  for (const type of ['1', '2', '3', '4', '5', '6']) {
    const found = parse(
      archive(header({ name: 'a', type, linkname: 'b', data: 'x'.repeat(600) }), { name: 'c' }),
    );
    t.deepEqual(found.map(({ raw }) => [raw.name, raw.size]) as unknown[], [
      ['a', 0],
      ['c', 0],
    ]);
  }
  // What is behind the header of an old-style directory is the next header, whatever its size field says.
  const prefixed = archive(header({ name: 'a/', prefix: 'p', type: '\0', data: 'x'.repeat(600) }), {
    name: 'c',
  });
  t.deepEqual(parse(prefixed).map(({ raw }) => raw.name) as unknown[], ['p/a/', 'c']);
  // What is not known has the content that it says.
  const found = parse(archive({ name: 'a', type: 'V', data: 'x'.repeat(600) }, { name: 'c' }));
  t.deepEqual(found.map(({ raw, data }) => [raw.name, raw.size, data.length]) as unknown[], [
    ['a', 0, 0],
    ['c', 0, 0],
  ]);
});

test('the ustar prefix, and not that of GNU', (t) => {
  t.is(one({ name: 'b', prefix: 'a'.repeat(155) }).name as string, `${'a'.repeat(155)}/b`);
  t.is(one({ name: 'b', prefix: '00000001234\0', magic: 'ustar  \0' }).name as string, 'b');
  // Old writers of Go wrote a prefix behind GNU's magic.
  t.is(one({ name: 'b', prefix: 'a/prefix', magic: 'ustar  \0' }).name as string, 'a/prefix/b');
  t.is(one({ name: 'b', prefix: 'a', magic: '' }).name as string, 'b');
  t.is(one({ name: 'n'.repeat(100) }).name as string, 'n'.repeat(100));
});

test('names are bytes', (t) => {
  const name = Buffer.from([0x61, 0xff, 0x0a, 0xc3, 0x28]);
  t.is(one({ name }).name as string, name.toString('latin1'));
  t.is(one(pax([record('path', name)]), { name: 'x' }).name as string, name.toString('latin1'));
});

test('device numbers behind both magics', (t) => {
  for (const magic of ['ustar\x0000', 'ustar  \0']) {
    const raw = one({ name: 'a', type: '3', devMajor: '0000010\0', devMinor: '0000377\0', magic });
    t.deepEqual([raw.devMajor, raw.devMinor], [8, 255]);
  }
});

test('numbers in base 256', (t) => {
  t.is(one({ name: 'a', uid: base256(3000000n, 8) }).uid, 3000000);
  t.is(one({ name: 'a', mtime: base256(-5n, 12) }).mtime, -5);
  t.is(one({ name: 'a', type: '5', mtime: base256(8589934592n, 12) }).mtime, 8589934592);
});

test('sizes that are negative, absurd or damaged', (t) => {
  const limits = { limits: { maxUncompressedBytes: Infinity } };
  for (const sizeField of [
    base256(-1n, 12),
    base256(2n ** 60n, 12),
    '0000000009z\0',
    '-0000000010\0',
    Buffer.alloc(12, 0xff),
  ]) {
    t.throws(() => parse(archive(header({ name: 'a', sizeField })), limits), { code: 'LAYER_INVALID' });
  }
  for (const size of ['-1', '9007199254740993', '1e3', ' 5', '0x10']) {
    t.throws(() => one(pax([record('size', size)]), { name: 'a' }), { code: 'LAYER_INVALID' });
  }
  t.throws(() => parse(archive(header({ name: 'a', sizeField: base256(2n ** 52n, 12) }))), {
    code: 'LAYER_LIMIT',
  });
  t.throws(() => one({ name: 'a', uid: base256(-1n, 8) }), { code: 'LAYER_INVALID' });
  t.throws(() => one(pax([record('uid', '4294967295')]), { name: 'a' }), { code: 'LAYER_INVALID' });
  t.is(one({ name: 'a', sizeField: Buffer.alloc(12) }).size, 0);
  t.is(one({ name: 'a', uid: '       \0' }).uid, 0);
});

test('PAX records win over the header, empty ones do not', (t) => {
  const records = [
    record('path', 'long/name'),
    record('linkpath', 'target'),
    record('uid', '5000000'),
    record('gid', '7'),
    record('mtime', '-1.25'),
    record('SCHILY.xattr.user.a', Buffer.from([0x0a, 0x00, 0xff, 0x3d])),
    record('SCHILY.xattr.__proto__', 'x'),
    record('LIBARCHIVE.xattr.user.b', 'ignored'),
    record('comment', 'ignored'),
  ];
  const { offset: _, ...raw } = one(pax(records), { name: 'short', type: '2', linkname: 'short' });
  t.like(raw, {
    name: 'long/name',
    linkname: 'target',
    uid: 5000000,
    gid: 7,
    mtime: -2,
    mtimeNsec: 750000000,
  });
  t.deepEqual(Object.entries(raw.xattrs ?? {}) as unknown[], [
    ['user.a', '\n\x00\xff='],
    ['__proto__', 'x'],
  ]);
  t.is(one(pax([record('path', ''), record('uid', '')]), { name: 'short' }).name as string, 'short');
  const [first, second] = parse(archive(pax([record('path', 'p')]), { name: 'a' }, { name: 'b' }));
  t.deepEqual([first!.raw.name, second!.raw.name] as unknown[], ['p', 'b']);
});

test('the size in a PAX header is the size of the content', (t) => {
  const found = parse(
    archive(pax([record('size', '5')]), header({ name: 'a' }), Buffer.from('hello'.padEnd(512, '\0')), {
      name: 'b',
    }),
  );
  t.deepEqual(found.map(({ raw, data }) => [raw.name, data.toString()]) as unknown[], [
    ['a', 'hello'],
    ['b', ''],
  ]);
});

test('global PAX headers are checked, not applied', (t) => {
  t.is(one(pax([record('comment', 'git'), record('path', 'evil')], 'g'), { name: 'a' }).name as string, 'a');
  t.throws(() => one(entry({ name: 'g', type: 'g', data: 'junk' }), { name: 'a' }), {
    code: 'LAYER_INVALID',
  });
});

test('GNU long names and links', (t) => {
  const long = 'd/'.repeat(200) + 'f';
  const named = entry({ name: '././@LongLink', type: 'L', data: `${long}\0` });
  const linked = entry({ name: '././@LongLink', type: 'K', data: `${long}2\0` });
  const raw = one(linked, named, pax([record('path', 'pax')]), {
    name: 'cut',
    type: '2',
    linkname: 'cut',
    magic: 'ustar  \0',
  });
  t.is(raw.name as string, long);
  t.is(raw.linkname as string, `${long}2`);
});

test('damaged PAX headers', (t) => {
  const bodies = [
    '',
    'x',
    '5 a=b',
    '99 a=b\n',
    '6 a=b\n6 a=',
    '0 a=b\n',
    '-6 a=b\n',
    '6 =bb\n',
    '6 abb\n',
    '06a=b\n\n',
    '7 a=b\n\0',
  ];
  for (const data of bodies.slice(1)) {
    t.throws(
      () => one(entry({ name: 'x', type: 'x', data }), { name: 'a' }),
      { code: 'LAYER_INVALID' },
      data,
    );
  }
  t.throws(() => one(pax([record('path', 'a\0b')]), { name: 'a' }), { code: 'LAYER_INVALID' });
  t.throws(() => one(pax([record('SCHILY.xattr.a\0b', 'x')]), { name: 'a' }), { code: 'LAYER_INVALID' });
  t.is(one(entry({ name: 'x', type: 'x' }), { name: 'a' }).name as string, 'a');
});

test('limits', (t) => {
  const big = pax([record('k', 'x'.repeat(5000))]);
  t.throws(() => parse(archive(big, { name: 'a' }), { limits: { maxPaxBytes: 4096 } }), {
    code: 'LAYER_LIMIT',
    message: /maxPaxBytes/,
  });
  const claim = header({ name: 'x', type: 'x', sizeField: '77777777777\0' });
  t.throws(() => parse(claim), { code: 'LAYER_LIMIT' });
  const three = archive({ name: 'a' }, { name: 'b' }, { name: 'c' });
  t.is(parse(three, { limits: { maxEntries: 3 } }).length, 3);
  t.throws(() => parse(three, { limits: { maxEntries: 2 } }), {
    code: 'LAYER_LIMIT',
    message: /maxEntries = 2/,
  });
  t.throws(() => layerLimits({ maxEntries: 0 }), { code: 'OPTION_INVALID' });
  t.throws(() => layerLimits({ maxEntries: NaN }), { code: 'OPTION_INVALID' });
});

test('checksums', (t) => {
  t.throws(() => one({ name: 'a', checksum: '0000000\0' }), { code: 'LAYER_INVALID', message: /checksum/ });
  const bytes = Buffer.from('\xff\xfe', 'latin1');
  const unsigned = header({ name: bytes });
  const sum = parseInt(unsigned.toString('latin1', 148, 154), 8) - 2 * 256;
  t.is(one({ name: bytes, checksum: `${sum.toString(8).padStart(6, '0')}\0 ` }).name as string, '\xff\xfe');
});

test('ends: with mark, without, with one block of zeros, with junk behind', (t) => {
  const body = entry({ name: 'a', data: 'hello' });
  const ends = [
    Buffer.alloc(0),
    Buffer.alloc(512),
    END,
    Buffer.alloc(10240),
    Buffer.alloc(100),
    Buffer.concat([END, Buffer.from('junk')]),
  ];
  for (const end of ends) t.is(parse(Buffer.concat([body, end])).length, 1);
  t.is(parse(Buffer.concat([END, entry({ name: 'hidden' })])).length, 0);
  t.is(parse(Buffer.alloc(0)).length, 0);
  // The padding of the last entry may be missing.
  t.is(parse(Buffer.concat([header({ name: 'a', data: 'hello' }), Buffer.from('hello')])).length, 1);
});

test('truncated anywhere else', (t) => {
  const bytes = Buffer.concat([
    pax([record('path', 'p'.repeat(300))]),
    header({ name: 'a', data: 'x'.repeat(700) }),
    Buffer.alloc(700),
  ]);
  for (const length of [1, 100, 511, 512, 600, 1024, 1100, 1535, 1536, 1800, bytes.length - 1]) {
    t.throws(() => parse(bytes.subarray(0, length)), { code: 'LAYER_INVALID' }, String(length));
  }
  t.throws(() => parse(Buffer.concat([Buffer.alloc(512), entry({ name: 'a' })])), { code: 'LAYER_INVALID' });
});

test('content is handed on without a copy', (t) => {
  const bytes = archive({ name: 'a', data: 'hello' });
  const parser = createTarParser({
    limits: layerLimits(),
    onEntry: () => {},
    onData: (data) => t.is(data.buffer, bytes.buffer),
  });
  t.plan(1);
  parser.write(bytes);
  parser.end();
});

test('random bytes never do more than fail', (t) => {
  const valid = archive(
    pax([record('path', 'x')]),
    { name: 'a', data: 'hello' },
    { name: 'b', type: '2', linkname: 'c' },
  );
  let seed = 1;
  const random = (): number => (seed = (seed * 48271) % 2147483647);
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(valid);
    for (let n = 0; n < 3; n++) bytes[random() % bytes.length] = random() & 0xff;
    try {
      parse(bytes);
    } catch (error) {
      t.regex(String((error as { code?: string }).code), /^LAYER_(INVALID|LIMIT)$/);
    }
  }
  t.pass();
});
