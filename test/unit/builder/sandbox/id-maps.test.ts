import test from 'ava';
import fc from 'fast-check';
import { firstFreeId, subordinateRanges, workerMap } from '../../../../src/builder/sandbox/id-maps.js';

const account = { name: 'ann', uid: 1000 };

test('lines count by name and by number, others and broken ones do not', (t) => {
  const text = 'bob:100:65536\nann:200000:1000\n1000:300000:65536\nann:x:5\nann:5\n\nann:0:10\nanna:1:1\n';
  t.deepEqual(subordinateRanges(text, account), [
    { start: 200000, count: 1000 },
    { start: 300000, count: 65536 },
  ]);
});

test('the user is 0, ids from 1 on come from the ranges in order', (t) => {
  t.deepEqual(workerMap(1000, [{ start: 100000, count: 65536 }]), [
    { inside: 0, outside: 1000, count: 1 },
    { inside: 1, outside: 100000, count: 65536 },
  ]);
  t.is(workerMap(1000, [{ start: 100000, count: 65535 }]), undefined);
  t.is(workerMap(1000, []), undefined);
});

test('property: ranges are joined without gaps to exactly 65536 ids, or there is no map', (t) => {
  const ranges = fc.array(
    fc.record({ start: fc.integer({ min: 1, max: 2 ** 31 }), count: fc.integer({ min: 1, max: 50000 }) }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(ranges, (given) => {
      const map = workerMap(7, given);
      const total = given.reduce((sum, { count }) => sum + count, 0);
      if (!map) return total < 65536;
      let next = 0;
      for (const { inside, count } of map) {
        if (inside !== next) return false;
        next += count;
      }
      return next === 65537;
    }),
  );
  t.pass();
});

test('the ids that a hint proposes belong to nobody yet', (t) => {
  t.is(firstFreeId(''), 100_000);
  t.is(firstFreeId('a:100000:65536\nb:165536:65536\n\n# c\nc:x:y\n'), 231_072);
  t.is(firstFreeId('a:1000:10\n'), 100_000);
});
