// A store out of real builds: what belongs to which class, and what a prune leaves of it.
import test, { type ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { now } from '../../../src/clock.js';
import { diskUsage, type DiskUsage } from '../../../src/upkeep/disk-usage.js';
import type { PruneWish } from '../../../src/upkeep/choose.js';
import { pruneStore } from '../../../src/upkeep/prune-store.js';
import { removeStore } from '../../../src/upkeep/remove-store.js';
import { storePaths } from '../../../src/store/store-paths.js';
import { createRig, type Rig } from '../../rig/rig.js';
import { file } from '../../support/sandbox-rootfs.js';

const { signal } = new AbortController();
const rootOf = (rig: Rig): string => dirname(rig.store.paths.root);
const usageOf = (rig: Rig): Promise<DiskUsage> =>
  diskUsage({ storeRoot: rootOf(rig), filters: [], signal, now });

function prune(rig: Rig, wish: Partial<PruneWish> = {}, isDryRun = false) {
  const full = { isAll: false, filters: [], limits: {}, ...wish };
  return pruneStore({ storeRoot: rootOf(rig), wish: full, isDryRun, signal, now });
}

function bytesOf(usage: DiskUsage, name: string): number {
  return usage.classes.find((each) => each.class === name)!.bytes;
}

/** As a build does when it is over, but its store stays open. */
function end(rig: Rig): void {
  rig.store.lease.release();
}

async function builtRig(t: ExecutionContext): Promise<Rig> {
  const rig = createRig(t);
  await rig.serve('base');
  rig.endAll((command) => [file('made', `by ${command}`)]);
  const dockerfile = 'FROM base\nCOPY f /f\nRUN make\n';
  rig.write({ f: 'old '.repeat(20_000) });
  await rig.build(dockerfile, { tags: ['app:1'] }).result;
  rig.write({ f: 'new '.repeat(30_000) });
  await rig.build(dockerfile, { tags: ['app:1'] }).result;
  rig.write({ g: 'g '.repeat(10_000) });
  await rig.build('FROM scratch\nCOPY g /g\n').result;
  end(rig);
  return rig;
}

test('every byte of the store is in one class, and images tell what they share', async (t) => {
  const rig = await builtRig(t);
  const tree = join(rig.store.paths.local, 'trees', 'a'.repeat(64));
  mkdirSync(join(tree, 'd'), { recursive: true });
  writeFileSync(join(tree, 'd', 'x'), 'x'.repeat(7777));
  const mount = join(rig.store.paths.local, 'mounts', 'b'.repeat(64));
  mkdirSync(join(mount, '0'), { recursive: true });
  writeFileSync(join(mount, '0', 'y'), 'y'.repeat(4444));
  writeFileSync(join(mount, 'id'), '["","npm","",""]');
  end(rig);
  const du = Number(execFileSync('du', ['-sb', rootOf(rig)], { encoding: 'utf8' }).split('\t')[0]);
  const usage = await usageOf(rig);
  t.is(usage.totalBytes, du);
  t.is(
    usage.classes.reduce((sum, { bytes }) => sum + bytes, 0),
    usage.totalBytes,
  );
  t.true(bytesOf(usage, 'images') > 120_000);
  t.true(bytesOf(usage, 'build-cache') > 80_000 + 20_000);
  t.true(bytesOf(usage, 'trees') > 7777);
  t.true(bytesOf(usage, 'cache-mounts') > 4444);
  t.is(usage.items.find((item) => item.class === 'cache-mounts')?.description, 'id npm');
  t.deepEqual(
    usage.images.map(({ name, sharedBytes }) => [name, sharedBytes]),
    [['docker.io/library/app:1', 0]],
  );
  t.true(usage.items.some(({ description }) => description === 'COPY … /f'));
});

test('without --all what names and the last builds need stays, also what no name holds', async (t) => {
  const rig = await builtRig(t);
  const pruned = await prune(rig);
  t.true(pruned.items.some(({ description }) => description === 'COPY … /f'));
  t.true(pruned.items.every(({ isDangling }) => isDangling));
  const again = await rig.build('FROM scratch\nCOPY g /g\n').result;
  t.deepEqual([again.executed, again.cached], [0, 1]);
  const app = await rig.build('FROM base\nCOPY f /f\nRUN make\n', { tags: ['app:1'] }).result;
  t.is(app.executed, 0);
});

test('with --all nothing but what names hold is left, and the image is whole', async (t) => {
  const rig = await builtRig(t);
  const dry = await prune(rig, { isAll: true }, true);
  const before = await usageOf(rig);
  const pruned = await prune(rig, { isAll: true });
  t.deepEqual(
    pruned.items.map(({ id }) => id),
    dry.items.map(({ id }) => id),
  );
  t.is(before.reclaimableBytes, pruned.bytesBefore - pruned.bytesAfter);
  const usage = await usageOf(rig);
  t.deepEqual(usage.items, []);
  t.is(usage.reclaimableBytes, 0);
  const app = await rig.build('FROM base\nCOPY f /f\nRUN make\n', { tags: ['app:1'] }).result;
  t.is(app.executed, 0, 'the steps of a named image are still known');
  t.is((await rig.build('FROM scratch\nCOPY g /g\n').result).executed, 1);
});

test('what a running build uses stays, whatever is asked for', async (t) => {
  const rig = await builtRig(t);
  const started = rig.build('FROM scratch\nCOPY g /g\nRUN wait\n');
  rig.sandbox.onRun = () => undefined;
  const run = await rig.nextRun('wait');
  const pruned = await prune(rig, { isAll: true, limits: { maxUsedBytes: 0 } });
  t.false(pruned.items.some(({ description }) => description === 'COPY … /g'));
  t.true(pruned.heldBytes > 20_000);
  run.exits();
  t.is((await started.result).cached, 1);
});

test('a limit is kept by what was used longest ago', async (t) => {
  const rig = await builtRig(t);
  const { paths } = rig.store;
  rmSync(paths.used, { recursive: true, force: true });
  const { items, totalBytes } = await usageOf(rig);
  const cache = items.filter((item) => item.class === 'build-cache');
  const oldest = cache.at(-1)!;
  const use = join(paths.used, 'use');
  mkdirSync(paths.used);
  writeFileSync(use, cache.map(({ id }) => id.slice('build-cache:'.length)).join('\n'));
  utimesSync(use, 4e9, 4e9);
  writeFileSync(use, readFileSync(use, 'utf8').replace(oldest.id.slice('build-cache:'.length), ''));
  utimesSync(use, 4e9, 4e9);
  const limits = { maxUsedBytes: totalBytes - 1 };
  const pruned = await prune(rig, { limits, filters: [{ key: 'type', type: 'build-cache' }] }, true);
  t.deepEqual(
    pruned.items.map(({ id }) => id),
    [oldest.id],
  );
});

test('trees that an earlier version left beside the blobs are taken over', async (t) => {
  const rig = await builtRig(t);
  const paths = storePaths(rootOf(rig));
  rmSync(paths.local, { recursive: true, force: true });
  const old = join(paths.root, 'trees', 'c'.repeat(64));
  mkdirSync(old, { recursive: true });
  writeFileSync(join(old, 'x'), 'x');
  const usage = await usageOf(rig);
  t.true(usage.items.some(({ id }) => id === `trees:${'c'.repeat(64)}`));
  t.false(existsSync(old));
  t.true(existsSync(join(paths.trees, 'c'.repeat(64), 'x')));
});

test('the whole store goes, unless a build uses it', async (t) => {
  const rig = await builtRig(t);
  const removal = { storeRoot: rootOf(rig), isDryRun: false, signal, now };
  rig.store.temporaries.hold();
  await t.throwsAsync(removeStore(removal), { code: 'STORE_IN_USE' });
  rig.store.temporaries.release();
  rig.store.lease.release();
  rig.store.hasBlob(`sha256:${'d'.repeat(64)}` as never);
  await t.throwsAsync(removeStore(removal), { code: 'STORE_IN_USE' });
  rig.store.lease.release();
  const { bytes } = await removeStore({ ...removal, isDryRun: true });
  t.true(existsSync(rig.store.paths.root));
  t.is((await removeStore(removal)).bytes, bytes);
  t.false(existsSync(rootOf(rig)));
  t.deepEqual(await removeStore(removal), { bytes: 0, unremoved: [] });
  mkdirSync(rig.store.paths.root, { recursive: true });
});
