// What builds say that they use, and who waits for whom.
import test from 'ava';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf, type DiffId } from '../../../../src/core/digest.js';
import { createLease, joinLease } from '../../../../src/store/leases/lease.js';
import { leasedPaths } from '../../../../src/store/leases/leased-paths.js';
import { requireFlock, withPruneLock } from '../../../../src/store/leases/prune-lock.js';
import {
  mergeLastUses,
  readLastUses,
  readLeases,
  usedNow,
} from '../../../../src/store/leases/running-leases.js';
import { storePaths } from '../../../../src/store/store-paths.js';
import { tempDir } from '../../../support/temp-store.js';

const now = (): number => Date.now() / 1000;
const NEVER = new AbortController().signal;

function storeIn(root: string) {
  const paths = storePaths(root);
  for (const folder of [paths.root, paths.tmp]) mkdirSync(folder, { recursive: true });
  return paths;
}

test('who asks for a path holds it until the release, which tells when it was used', async (t) => {
  const paths = storeIn(tempDir(t));
  const flock = await requireFlock();
  const lease = createLease(paths);
  const leased = leasedPaths(paths, lease);
  const [one, two] = [digestOf('1'), digestOf('2')] as [DiffId, DiffId];
  t.false(existsSync(paths.leases), 'nothing was used yet');
  t.is(leased.blob(one), paths.blob(one));
  t.is(leased.index(one), paths.index(one));
  t.is(leased.tree(two), paths.tree(two));
  joinLease(lease.path()!, paths).use('other');
  const used = usedNow(readLeases(paths, flock, now()));
  t.deepEqual([...used].sort(), [hexOf(one), 'other', `t${hexOf(two)}`].sort());
  lease.release();
  t.deepEqual(readdirSync(paths.leases), []);
  t.is(usedNow(readLeases(paths, flock, now())).size, 0);
  const uses = readLastUses(paths, []);
  t.true(Math.abs(uses.get(`t${hexOf(two)}`)! - now()) < 10);
});

test('builds that use the same leave one file, with the time of the last', (t) => {
  const paths = storeIn(tempDir(t));
  for (const order of [['a', 'b'], ['b', 'a'], ['a']]) {
    const lease = createLease(paths);
    for (const thing of order) lease.use(thing);
    lease.release();
  }
  t.is(readdirSync(paths.used).length, 2);
  for (const name of readdirSync(paths.used)) utimesSync(join(paths.used, name), 1000, 1000);
  const again = createLease(paths);
  again.use('a');
  again.release();
  const uses = readLastUses(paths, []);
  t.true(Math.abs(uses.get('a')! - now()) < 10);
  t.is(uses.get('b'), 1000);
  t.deepEqual(readdirSync(paths.leases), []);
});

test('a locked lease lives as long as its holder, another one for a day', async (t) => {
  const paths = storeIn(tempDir(t));
  const flock = await requireFlock();
  const [locked, unlocked] = [createLease(paths), createLease(paths)];
  locked.use('locked-thing');
  locked.lock(flock);
  unlocked.use('unlocked-thing');
  const states = (time: number) =>
    readLeases(paths, flock, time).flatMap(({ things, isRunning }) => (isRunning ? things : []));
  t.deepEqual(states(now()).sort(), ['locked-thing', 'unlocked-thing']);
  t.deepEqual(states(now() + 25 * 3600), ['locked-thing']);
  // As a killed build leaves it.
  writeFileSync(join(paths.leases, 'dead'), 'dead-thing\nlocked\n');
  t.false(states(now()).includes('dead-thing'));
  t.true(readLastUses(paths, readLeases(paths, flock, now())).has('dead-thing'));
  mergeLastUses(paths, readLeases(paths, flock, now()), now());
  t.false(existsSync(join(paths.leases, 'dead')));
  t.true(readLastUses(paths, []).has('dead-thing'));
  locked.release();
  unlocked.release();
});

test('uses are kept in one file, the latest of each, and very old ones are forgotten', async (t) => {
  const paths = storeIn(tempDir(t));
  const flock = await requireFlock();
  mkdirSync(paths.used);
  for (const [name, time] of [
    ['x', 1000],
    ['y', 2000],
  ] as const) {
    writeFileSync(join(paths.used, name), 'thing');
    utimesSync(join(paths.used, name), time, time);
  }
  mergeLastUses(paths, readLeases(paths, flock, 2000), 2000);
  t.deepEqual(readdirSync(paths.used), ['merged.json']);
  t.is(readLastUses(paths, []).get('thing'), 2000);
  mergeLastUses(paths, [], 2000 + 91 * 86_400);
  t.is(readLastUses(paths, []).size, 0);
  writeFileSync(join(paths.used, 'merged.json'), '{');
  t.is(readLastUses(paths, []).size, 0, 'what is damaged says nothing');
});

test('what a prune that was killed left is removed by the next who looks', (t) => {
  const paths = storeIn(tempDir(t));
  writeFileSync(paths.pruneLock, '');
  const lease = createLease(paths);
  lease.use('x');
  t.false(existsSync(paths.pruneLock));
  lease.release();
});

test('the prune lock exists while it is held; who waits for it can be interrupted', async (t) => {
  const paths = storeIn(tempDir(t));
  const seen = await withPruneLock(paths.pruneLock, NEVER, () => existsSync(paths.pruneLock));
  t.true(seen);
  t.false(existsSync(paths.pruneLock));
  await t.throwsAsync(
    withPruneLock(paths.pruneLock, NEVER, () => {
      throw new Error('work');
    }),
    { message: 'work' },
  );
  t.false(existsSync(paths.pruneLock));
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((n) => withPruneLock(paths.pruneLock, NEVER, () => order.push(n))));
  t.is(order.length, 3);
});

test('a store that cannot be written is used without a lease', (t) => {
  if (process.getuid?.() === 0) return t.pass('root may write everywhere');
  const paths = storeIn(tempDir(t));
  chmodSync(paths.root, 0o500);
  const lease = createLease(paths);
  t.notThrows(() => lease.use('x'));
  t.is(lease.path(), undefined);
  t.notThrows(lease.release);
  chmodSync(paths.root, 0o700);
});

test('a store that vanished is left alone at the end', (t) => {
  const paths = storeIn(tempDir(t));
  const lease = createLease(paths);
  lease.use('x');
  t.true(readFileSync(lease.path()!, 'utf8').startsWith('x\n'));
  t.notThrows(lease.release);
});
