import test from 'ava';
import fc from 'fast-check';
import {
  decodeDevice,
  decodeOwner,
  encodeDevice,
  encodeOwner,
  ownerOfTime,
  timeOfOwner,
} from '../../../src/rootfs/owner-record.js';

const id = fc.nat(65535);
const owner = fc.record({ uid: id, gid: id });

test('property: every owner of a container survives as an attribute and as a time', (t) => {
  fc.assert(
    fc.property(owner, (given) => {
      t.deepEqual(decodeOwner(encodeOwner(given)), given);
      t.deepEqual(ownerOfTime(timeOfOwner(given)!), given);
    }),
  );
});

test('property: an owner beyond 65535 survives as an attribute, and as a time when it is one that a time can hold', (t) => {
  const large = fc.integer({ min: 65536, max: 0xfffffffe });
  const near = fc.tuple(large, fc.integer({ min: -70, max: 69 })).map(([uid, by]) => ({
    uid,
    gid: Math.min(Math.max(uid + by, 65536), 0xfffffffe),
  }));
  const small = fc.tuple(large, fc.nat(139), fc.boolean()).map(([id, other, isUser]) => ({
    uid: isUser ? id : other,
    gid: isUser ? other : id,
  }));
  fc.assert(
    fc.property(fc.oneof(near, small), (given) => {
      const time = timeOfOwner(given);
      t.true(time !== undefined && time.seconds < 2 ** 31 && time.nanoseconds < 1e9);
      t.deepEqual(ownerOfTime(time!), given);
      t.deepEqual(decodeOwner(encodeOwner(given)), given);
    }),
  );
  t.is(timeOfOwner({ uid: 1_000_055, gid: 70_000 }), undefined);
});

test('property: no two owners have one time, and every other time is only a time', (t) => {
  const time = fc.record({
    seconds: fc.integer({ min: 0x7ffe0000, max: 0x7fffffff }),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }).map((n) => n - (n % 16) + 0xa),
  });
  fc.assert(
    fc.property(time, (given) => {
      const owner = ownerOfTime(given);
      t.true(owner === undefined || (owner.uid <= 0xfffffffe && owner.gid <= 0xfffffffe));
      if (owner) t.deepEqual(timeOfOwner(owner), given);
    }),
  );
});

test('property: a device survives', (t) => {
  const device = fc.record({
    type: fc.constantFrom('char' as const, 'block' as const),
    devMajor: fc.nat(0xfff),
    devMinor: fc.nat(0xfffff),
  });
  fc.assert(fc.property(device, (given) => t.deepEqual(decodeDevice(encodeDevice(given)), given)));
});

test('property: no other text is a record', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const [decoded, device] = [decodeOwner(text), decodeDevice(text)];
      t.true(decoded === undefined || encodeOwner(decoded) === text);
      t.true(device === undefined || encodeDevice(device) === text);
    }),
  );
  for (const text of [
    '',
    '1',
    '1:',
    ':1',
    '01:1',
    '1:4294967295',
    '-1:0',
    '1:1\n',
    ' 1:1',
    '1:1:1',
    undefined,
  ])
    t.is(decodeOwner(text), undefined, JSON.stringify(text));
  for (const text of ['c:4096:0', 'c:0:1048576', 'p:1:1', 'c:1', 'c:01:1'])
    t.is(decodeDevice(text), undefined);
});

test('a time is a record only in its own seconds and with its own mark', (t) => {
  const { seconds, nanoseconds } = timeOfOwner({ uid: 1000, gid: 50 })!;
  for (const time of [
    { seconds: Math.floor(Date.now() / 1000), nanoseconds },
    { seconds, nanoseconds: 0 },
    { seconds, nanoseconds: nanoseconds + 1 },
    { seconds: seconds + 2 * 65536, nanoseconds },
    { seconds, nanoseconds: 999_999_999 },
  ])
    t.is(ownerOfTime(time), undefined, JSON.stringify(time));
});

test('record times are later than now, and fit into 32 bits and into nanoseconds', (t) => {
  const { seconds, nanoseconds } = timeOfOwner({ uid: 65535, gid: 65535 })!;
  t.true(timeOfOwner({ uid: 0, gid: 0 })!.seconds > Date.now() / 1000);
  t.true(seconds < 2 ** 31 && nanoseconds < 1e9);
});
