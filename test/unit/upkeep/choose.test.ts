// What a prune chooses: limits as BuildKit counts them, the least recently used first, and never what is in use.
import test from 'ava';
import fc from 'fast-check';
import { bytesToKeep, chooseItems, type PruneWish } from '../../../src/upkeep/choose.js';
import { noBytes, STORE_CLASSES, totalBytes, type Item } from '../../../src/upkeep/item.js';

const DISK = { totalBytes: 1000, freeBytes: 100 };

function item(id: string, more: Partial<Item> = {}): Item {
  return {
    id,
    class: 'build-cache',
    bytes: 10,
    lastUsed: 0,
    description: id,
    isDangling: true,
    uses: [],
    place: { kind: 'files', paths: [id] },
    ...more,
  };
}

function choose(items: readonly Item[], wish: Partial<PruneWish>, inUse: readonly string[] = []): string[] {
  const contents = { items, fixedBytes: { ...noBytes(), images: 5 } };
  const isUsed = ({ id }: Item): boolean => inUse.includes(id);
  const full = { isAll: true, filters: [], limits: {}, ...wish };
  return chooseItems(contents, full, DISK, { now: 1000, isUsed }).map(({ id }) => id);
}

test('what stays is the maximum, less what the disk lacks, and never less than what is reserved', (t) => {
  const keep = (limits: Parameters<typeof bytesToKeep>[0]) => bytesToKeep(limits, 500, DISK);
  t.is(keep({}), undefined);
  t.is(keep({ maxUsedBytes: 300 }), 300);
  t.is(keep({ minFreeBytes: 150 }), 450);
  t.is(keep({ minFreeBytes: 50 }), Infinity, 'so much is free');
  t.is(keep({ maxUsedBytes: 300, minFreeBytes: 150 }), 300);
  t.is(keep({ maxUsedBytes: 490, minFreeBytes: 150 }), 450);
  t.is(keep({ reservedBytes: 200 }), 200, 'alone it is what stays');
  t.is(keep({ maxUsedBytes: 100, reservedBytes: 200 }), 200);
  t.is(keep({ maxUsedBytes: 0 }), 0);
});

test('what was used longest ago goes first, until the limit is kept', (t) => {
  const items = [item('new', { lastUsed: 3 }), item('old', { lastUsed: 1 }), item('middle', { lastUsed: 2 })];
  t.deepEqual(choose(items, { limits: { maxUsedBytes: 15 } }), ['old', 'middle']);
  t.deepEqual(choose(items, { limits: { maxUsedBytes: 35 } }), []);
  t.deepEqual(choose(items, {}), ['old', 'middle', 'new']);
});

test('without --all only what nothing refers to goes, unless a limit or a filter says which', (t) => {
  const items = [item('dangling'), item('last', { isDangling: false })];
  t.deepEqual(choose(items, { isAll: false }), ['dangling']);
  t.deepEqual(choose(items, { isAll: false, limits: { maxUsedBytes: 0 } }), ['dangling', 'last']);
  t.deepEqual(choose(items, { isAll: false, filters: [{ key: 'id', id: 'last' }] }), ['last']);
});

test('a tree and a compressed form go before their layer, and stay with it', (t) => {
  const items = [
    item('layer', { lastUsed: 1 }),
    item('tree', { of: ['layer'], lastUsed: 5, isDangling: false }),
    item('over', { of: ['tree'], lastUsed: 9, isDangling: false }),
  ];
  t.deepEqual(choose(items, { isAll: false }), ['over', 'tree', 'layer']);
  t.deepEqual(choose(items, {}, ['over']), [], 'what lies below a tree in use is in use');
});

const anItem = fc.record({
  bytes: fc.nat(100),
  lastUsed: fc.nat(50),
  isDangling: fc.boolean(),
  class: fc.constantFrom(...STORE_CLASSES),
  owner: fc.option(fc.nat(20), { nil: undefined }),
  isInUse: fc.boolean(),
});

test('whatever there is: nothing in use goes, nothing goes twice, and the limit is kept where it can be', (t) => {
  fc.assert(
    fc.property(
      fc.array(anItem, { maxLength: 20 }),
      fc.nat(1500),
      fc.boolean(),
      (rows, maxUsedBytes, isLimited) => {
        const items = rows.map(({ isInUse: _isInUse, owner, ...row }, i) =>
          item(String(i), { ...row, ...(owner !== undefined && owner < i && { of: [String(owner)] }) }),
        );
        const isUsed = ({ id }: Item): boolean => rows[Number(id)]!.isInUse;
        const contents = { items, fixedBytes: noBytes() };
        const wish = { isAll: true, filters: [], limits: isLimited ? { maxUsedBytes } : {} };
        const chosen = chooseItems(contents, wish, DISK, { now: 100, isUsed });
        const left = items.filter((each) => !chosen.includes(each));
        const size = totalBytes({ ...contents, items: left });
        const isDeletable = (each: Item): boolean =>
          !isUsed(each) && items.every((other) => !other.of?.includes(each.id) || isDeletable(other));
        return (
          !chosen.some(isUsed) &&
          new Set(chosen).size === chosen.length &&
          (size <= (isLimited ? maxUsedBytes : 0) || !left.some(isDeletable)) &&
          left.every((each) => !each.of?.some((owner) => chosen.some(({ id }) => id === owner)))
        );
      },
    ),
  );
  t.pass();
});
