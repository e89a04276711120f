// The bytes of netlink messages: what is encoded is decoded again, and nothing that is received is read past its end.
import test from 'ava';
import fc from 'fast-check';
import {
  decodeAttributes,
  decodeMessages,
  encodeAttribute,
  encodeMessage,
  errorOfMessage,
  type Attribute,
} from '../../../../../src/sandbox/network/netlink/message.js';

const attribute = fc.record({
  type: fc.integer({ min: 1, max: 0x3fff }),
  value: fc.uint8Array({ maxLength: 40 }),
});
const attributes = fc.uniqueArray(attribute, { selector: ({ type }) => type, maxLength: 8 });

test('attributes come back as they were given, in messages that stand one behind the other', (t) => {
  fc.assert(
    fc.property(fc.array(attributes, { minLength: 1, maxLength: 4 }), (all) => {
      const packet = Buffer.concat(
        all.map((list, i) =>
          encodeMessage({ type: 16, flags: 5, sequence: i, head: Buffer.alloc(16, i), attributes: list }),
        ),
      );
      const messages = decodeMessages(packet);
      t.is(messages.length, all.length);
      for (const [i, list] of all.entries()) {
        const { type, sequence, body } = messages[i]!;
        t.deepEqual({ type, sequence }, { type: 16, sequence: i });
        const found = decodeAttributes(body.subarray(16));
        t.deepEqual(
          new Map([...found].map(([key, value]) => [key, [...value]])),
          new Map(list.map(({ type: key, value }) => [key, [...value]])),
        );
      }
    }),
  );
});

test('nested attributes are attributes, and each begins at a multiple of four', (t) => {
  const inner: Attribute[] = [
    { type: 1, value: Buffer.from('ab') },
    { type: 2, value: Buffer.from('c') },
  ];
  const bytes = encodeAttribute({ type: 18, value: inner });
  t.is(bytes.toString('hex'), '1400120006000100616200000500020063000000');
  const found = decodeAttributes(decodeAttributes(bytes).get(18)!);
  t.deepEqual(
    [...found].map(([type, value]) => [type, value.toString()]),
    [
      [1, 'ab'],
      [2, 'c'],
    ],
  );
});

test('an attribute that is too long is refused', (t) => {
  t.throws(() => encodeAttribute({ type: 1, value: Buffer.alloc(0x10000) }), { instanceOf: RangeError });
});

test('any bytes are read without an error', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const { body } of decodeMessages(Buffer.from(bytes))) decodeAttributes(body);
      decodeAttributes(Buffer.from(bytes));
      t.pass();
    }),
  );
});

test('an error is a positive errno; zero is success; other messages have none', (t) => {
  const answer = (type: number, code: number): number | undefined => {
    const body = Buffer.alloc(20);
    body.writeInt32LE(code);
    return errorOfMessage({ type, sequence: 1, body });
  };
  t.is(answer(2, -17), 17);
  t.is(answer(2, 0), 0);
  t.is(answer(16, -17), undefined);
  t.is(errorOfMessage({ type: 2, sequence: 1, body: Buffer.alloc(0) }), 71);
});
