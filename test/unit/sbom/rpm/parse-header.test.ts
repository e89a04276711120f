import test from 'ava';
import fc from 'fast-check';
import { parseHeader } from '../../../../src/sbom/rpm/parse-header.js';

/** A header of strings: tag, type, offset, count, and the data behind all of them. */
function header(tags: Readonly<Record<number, string>>): Buffer {
  const data: Buffer[] = [];
  const index = Object.entries(tags).map(([tag, value]) => {
    const entry = Buffer.alloc(16);
    [Number(tag), 6, Buffer.concat(data).length, 1].forEach((n, i) => entry.writeUInt32BE(n, 4 * i));
    data.push(Buffer.from(`${value}\0`));
    return entry;
  });
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(index.length, 0);
  sizes.writeUInt32BE(Buffer.concat(data).length, 4);
  return Buffer.concat([sizes, ...index, ...data]);
}

test('name and version make a package, keys are told apart', (t) => {
  t.deepEqual(parseHeader(header({ 1000: 'a', 1001: '1', 1002: '2.el9' })), {
    name: 'a',
    version: '1-2.el9',
  });
  t.deepEqual(parseHeader(header({ 1000: 'a', 1001: '1' })), { name: 'a', version: '1' });
  t.is(parseHeader(header({ 1000: 'gpg-pubkey', 1001: '1' })), 'key');
  t.is(parseHeader(header({ 1000: 'a' })), undefined);
  t.is(parseHeader(header({ 1001: '1' })), undefined);
});

test('sizes and places outside of the header give nothing', (t) => {
  const whole = header({ 1000: 'a', 1001: '1' });
  for (let length = 0; length < whole.length; length++)
    t.is(parseHeader(whole.subarray(0, length)), undefined);
  const far = Buffer.from(whole);
  far.writeUInt32BE(1 << 30, 8 + 8);
  t.is(parseHeader(far), undefined);
});

test('any bytes are read', (t) => {
  t.notThrows(() => fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseHeader(Buffer.from(bytes)))));
});
