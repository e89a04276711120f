// The codec against itself: what is written is what is read, whatever the bytes and however they arrive.
import test from 'ava';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Header } from 'tar';
import { toBuffer, type ByteString } from '../../../../src/core/bytes.js';
import type { DiffId } from '../../../../src/core/digest.js';
import type { LayerEntry } from '../../../../src/layer/entry.js';
import { decodeIndex, decodeIndexRows, encodeIndex } from '../../../../src/layer/index-codec.js';
import { readLayer } from '../../../../src/layer/read-layer.js';
import { decodePaxRecords, encodePaxRecords } from '../../../../src/layer/tar/pax-records.js';
import {
  fitOf,
  writeHeaderBlock,
  type WritableHeader,
} from '../../../../src/layer/tar/write-header-block.js';
import { formatPaxTime, parsePaxTime } from '../../../../src/layer/tar/pax-time.js';
import { createTarStream, type WrittenLayer } from '../../../../src/layer/tar/tar-stream.js';
import { layer } from './support/arbitrary-layer.js';
import { collect, parse, stream } from './support/parse.js';
import { indexTextOf, textOf } from '../../../support/index-text.js';

async function write(entries: readonly LayerEntry[]): Promise<{ tar: Buffer; written: WrittenLayer }> {
  const out = createTarStream(entries, { held: Infinity });
  const tar = await collect(out.chunks);
  return { tar, written: out.result() };
}

/** Without what only one side knows: where content comes from, its hash. */
function bare(entries: readonly LayerEntry[]): LayerEntry[] {
  return entries.map((entry) => {
    if (entry.kind !== 'node') return entry;
    const { content: _, sha256: __, ...node } = entry.node;
    return { ...entry, node };
  });
}

test('any layer survives writing and reading, and both give the same index', async (t) => {
  await fc.assert(
    fc.asyncProperty(layer, async (entries) => {
      const { tar, written } = await write(entries);
      const read = await readLayer(stream(tar));
      t.deepEqual(read, written);
      t.deepEqual(bare(read.index), bare(entries));
      t.is(read.size, tar.length);
      for (const entry of read.index) {
        if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer') continue;
        const data = tar.subarray(entry.node.content.offset, entry.node.content.offset + entry.node.size);
        t.is(entry.node.sha256, createHash('sha256').update(data).digest('hex'));
      }
    }),
    { numRuns: 150 },
  );
});

test('an index survives its text form', async (t) => {
  await fc.assert(
    fc.asyncProperty(layer, async (entries) => {
      const { index, diffId } = (await write(entries)).written;
      t.deepEqual(decodeIndex(indexTextOf(index), diffId), index);
    }),
    { numRuns: 100 },
  );
});

test('the text form of a big index comes in pieces', (t) => {
  const diffId = `sha256:${'0'.repeat(64)}` as DiffId;
  const entries = Array.from({ length: 6000 }, (_, i): LayerEntry => {
    const path = `caf\xe9/${String(i).padStart(6, '0')}` as ByteString;
    return { kind: 'hardlink', path, target: `${'x'.repeat(i % 200)}` as ByteString };
  });
  const text = encodeIndex(entries);
  t.true(text.length > 3);
  t.deepEqual(decodeIndex(textOf(text), diffId), entries);
  t.deepEqual([...decodeIndexRows(Buffer.concat(text), diffId)], entries);
});

test('the same layer gives the same bytes, in any time zone and umask', async (t) => {
  const [entries] = fc.sample(layer, { numRuns: 1, seed: 7 });
  const first = await write(entries!);
  const umask = process.umask(0o077);
  process.env['TZ'] = 'Pacific/Kiritimati';
  const second = await write(entries!);
  delete process.env['TZ'];
  process.umask(umask);
  t.deepEqual(second, first);
});

test('an archive fed byte by byte, or in odd pieces, reads as one fed at once', async (t) => {
  for (const entries of fc.sample(layer, { numRuns: 5, seed: 3 })) {
    const { tar } = await write(entries);
    const whole = parse(tar);
    for (const size of [1, 7, 511, 512, 513, 1500]) t.deepEqual(parse(tar, { size }), whole);
  }
});

test('PAX records keep every byte', (t) => {
  const text = fc
    .uint8Array({ maxLength: 120 })
    .map((data) => Buffer.from(data).toString('latin1') as ByteString);
  const key = fc
    .uint8Array({ minLength: 1, maxLength: 20 })
    .map((data) => `k${Buffer.from(data).toString('latin1')}`);
  const clean = key.map((name) => name.replaceAll('=', '-').replaceAll('\0', '-'));
  fc.assert(
    fc.property(fc.array(fc.tuple(clean, text)), (records) => {
      const map = new Map(records);
      t.deepEqual([...decodePaxRecords(toBuffer(encodePaxRecords([...map])))].sort(), [...map].sort());
    }),
  );
});

test('the length of a PAX record counts its own digits', (t) => {
  for (const length of [0, 1, 2, 3, 90, 91, 92, 93, 94, 95, 990, 991, 992, 993, 994, 9990, 9991, 99990]) {
    const record = encodePaxRecords([['k', 'v'.repeat(length)]]);
    t.is(parseInt(record, 10), record.length);
  }
});

test('PAX times keep nanoseconds on both sides of 1970', (t) => {
  const time = fc.record({ mtime: fc.integer({ min: -1e11, max: 1e11 }), mtimeNsec: fc.nat(999999999) });
  fc.assert(fc.property(time, (value) => t.deepEqual(parsePaxTime(formatPaxTime(value)), value)));
  t.deepEqual(parsePaxTime('-1.5'), { mtime: -2, mtimeNsec: 500000000 });
  t.deepEqual(parsePaxTime('1.1234567899'), { mtime: 1, mtimeNsec: 123456789 });
  t.is(formatPaxTime({ mtime: -1, mtimeNsec: 999999999 }), '-0.000000001');
  for (const text of ['', '.5', '1e5', '1.x', '99999999999999999999', '0x10']) {
    t.throws(() => parsePaxTime(text), { code: 'LAYER_INVALID' });
  }
});

const shortName = fc
  .string({ unit: fc.constantFrom('a', 'Z', '0', '.', ' ', '~'), minLength: 1, maxLength: 99 })
  .map((name) => name as ByteString);

test('a header block is byte for byte what node-tar writes', (t) => {
  const header: fc.Arbitrary<WritableHeader> = fc.record({
    typeflag: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', 'x'),
    name: shortName,
    linkname: shortName,
    mode: fc.nat(0o7777),
    uid: fc.nat(0o7777777),
    gid: fc.nat(0o7777777),
    size: fc.nat({ max: 0o77777777777 }),
    mtime: fc.nat({ max: 0o77777777777 }),
    devMajor: fc.nat(0xfff),
    devMinor: fc.nat(0xfffff),
  });
  fc.assert(
    fc.property(header, (fields) => {
      const theirs = new Header();
      theirs.type = fields.typeflag;
      theirs.path = fields.name;
      theirs.linkpath = fields.linkname;
      Object.assign(theirs, { mode: fields.mode, uid: fields.uid, gid: fields.gid, size: fields.size });
      theirs.mtime = new Date(fields.mtime * 1000);
      theirs.devmaj = fields.devMajor;
      theirs.devmin = fields.devMinor;
      const expected = Buffer.alloc(512);
      theirs.encode(expected);
      const block = Buffer.alloc(1536);
      writeHeaderBlock(block, 512, fields);
      t.deepEqual(block.subarray(512, 1024), expected);
      t.true(
        block.subarray(0, 512).every((byte) => byte === 0) && block.subarray(1024).every((b) => b === 0),
      );
      t.deepEqual(fitOf(fields), { isNameExact: true, isLinknameExact: true });
    }),
  );
});
