import test from 'ava';
import fc from 'fast-check';
import { joinIds } from '../../../../src/rootfs/id-spans.js';
import { containerIdOf, containerIds, containerMap, workerIdOf } from '../../../../src/rootfs/shifted-ids.js';
import {
  firstFreeId,
  rangesOfRoot,
  subordinateRanges,
  withUnusedIds,
  workerMap,
  type SubordinateRange,
} from '../../../../src/worker/front/id-maps.js';
import { idMapText, parseIdMap } from '../../../../src/host/id-range.js';

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

test('property: ranges are joined without gaps, the first 65536 ids as ever, or there is no map', (t) => {
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
      return next === total + 1;
    }),
  );
  t.pass();
});

const HOST = [{ inside: 0, outside: 0, count: 0xffffffff }];

test('root gets the ids of 31 bits and the last ones, none of them an id that an account of the host may have', (t) => {
  const usual = rangesOfRoot(HOST);
  t.deepEqual(usual, [{ start: 0x70000000, count: 65536 }]);
  const map = withUnusedIds(workerMap(0, usual)!, HOST);
  t.deepEqual(joinIds(containerIds(map)), [
    { first: 0, last: 2 ** 31 - 1 },
    { first: 0xffff0000, last: 0xfffffffe },
  ]);
  for (const { outside } of map.slice(2)) t.true(outside >= 2 ** 31);
  const ends = map
    .map(({ outside, count }) => [outside, outside + count] as const)
    .toSorted(([a], [b]) => a - b);
  ends.forEach(([, end], i) => t.true(end <= (ends[i + 1]?.[0] ?? 0xffffffff)));
});

test('an id of root has one place on the disk, whatever root has in /etc/subuid beside the first 65536', (t) => {
  const outsideOf = (ranges: readonly SubordinateRange[], id: number): number | undefined => {
    const worker = workerIdOf(id);
    return withUnusedIds(workerMap(0, ranges)!, HOST)
      .filter(({ inside, count }) => worker >= inside && worker < inside + count)
      .map(({ inside, outside }) => outside + worker - inside)[0];
  };
  const least = { start: 100_000, count: 65536 };
  t.is(outsideOf([least], 65536), 2 ** 31);
  t.is(outsideOf([least], 1_000_710_000), 2 ** 31 + 1_000_710_000 - 65536);
  t.is(outsideOf([{ ...least, count: 200_000 }], 1_000_710_000), 2 ** 31 + 1_000_710_000 - 65536);
  t.is(outsideOf([least], 0xfffffffe), 0xfffffffe);
  t.is(outsideOf([least], 2 ** 31 + 1), undefined);
});

test('inside another container there are the ids that it has', (t) => {
  const small = [{ inside: 0, outside: 100_000, count: 65536 }];
  t.deepEqual(rangesOfRoot(small), []);
  const large = [{ inside: 0, outside: 1_000_000, count: 1_000_000 }];
  const ranges = rangesOfRoot(large);
  t.deepEqual(ranges, [{ start: 500_000, count: 500_000 }]);
  const map = withUnusedIds(workerMap(0, ranges)!, large);
  t.deepEqual(joinIds(containerIds(map)), [{ first: 0, last: 499_999 }]);
});

test('maps are read as they are written, and a namespace below has its ids', (t) => {
  const map = withUnusedIds(workerMap(0, [{ start: 100_000, count: 65536 }])!, HOST);
  t.deepEqual(parseIdMap(idMapText(map)), map);
  for (const { inside, outside, count } of containerMap(containerIds(map))) {
    t.is(outside, workerIdOf(inside));
    t.is(containerIdOf(outside + count - 1), inside + count - 1);
    // The kernel refuses any other line.
    t.true(map.some((line) => outside >= line.inside && outside + count <= line.inside + line.count));
  }
});

test('the ids that a hint proposes belong to nobody yet', (t) => {
  t.is(firstFreeId(''), 100_000);
  t.is(firstFreeId('a:100000:65536\nb:165536:65536\n\n# c\nc:x:y\n'), 231_072);
  t.is(firstFreeId('a:1000:10\n'), 100_000);
});
