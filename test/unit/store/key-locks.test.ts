// Locks by name: one holder at a time, also in one process, and nothing left of them.
import test, { type ExecutionContext } from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockKey, type KeyLock, type LockWait } from '../../../src/store/key-locks.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const patient = (): LockWait => ({ signal: new AbortController().signal, onWait: () => undefined });

async function hold(t: ExecutionContext, paths: { readonly tmp: string }, name = 'k'): Promise<KeyLock> {
  const lock = await lockKey(paths, name, patient());
  t.truthy(lock);
  return lock!;
}

test('holders of one name come one after the other', async (t) => {
  const paths = { tmp: tempDir(t) };
  let [holders, most, count] = [0, 0, 0];
  const work = async (): Promise<void> => {
    const lock = await hold(t, paths);
    most = Math.max(most, ++holders);
    await sleep(5);
    holders--;
    count++;
    lock.release();
  };
  await Promise.all(Array.from({ length: 12 }, work));
  t.deepEqual([most, count], [1, 12]);
  t.deepEqual(readdirSync(paths.tmp), []);
});

test('other names are held meanwhile', async (t) => {
  const paths = { tmp: tempDir(t) };
  const locks = [await hold(t, paths, 'a'), await hold(t, paths, 'b')];
  for (const lock of locks) lock.release();
  t.deepEqual(readdirSync(paths.tmp), []);
});

test('who waits says so once, after a moment, and is ended by its signal', async (t) => {
  const paths = { tmp: tempDir(t) };
  const held = await hold(t, paths);
  const controller = new AbortController();
  let said = 0;
  const waiting = lockKey(paths, 'k', { signal: controller.signal, onWait: () => void said++ });
  await sleep(100);
  t.is(said, 0);
  await sleep(700);
  t.is(said, 1);
  controller.abort(new Error('enough'));
  t.like(await t.throwsAsync(waiting), { code: 'ABORTED' });
  held.release();
  (await hold(t, paths)).release();
});

test('a lock on a file that was deleted, or replaced, counts for nothing', async (t) => {
  const paths = { tmp: tempDir(t) };
  const path = join(paths.tmp, 'lock-k');
  for (const replace of [() => rmSync(path), () => (rmSync(path), writeFileSync(path, ''))]) {
    const held = await hold(t, paths);
    const waiting = hold(t, paths);
    await sleep(50);
    replace();
    held.release();
    const lock = await waiting;
    t.true(existsSync(path));
    lock.release();
    t.false(existsSync(path));
  }
});

test('a holder that is killed has let go, and its file goes with the rest of tmp/', async (t) => {
  const store = openStore(tempDir(t));
  const module = join(import.meta.dirname, '../../../src/store/key-locks.js');
  const script = `const { lockKey } = await import(${JSON.stringify(module)});
    await lockKey({ tmp: ${JSON.stringify(store.paths.tmp)} }, 'k', { signal: new AbortController().signal });
    console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const waiting = hold(t, store.paths);
  const isHeld = await Promise.race([waiting.then(() => false), sleep(100, true)]);
  t.true(isHeld);
  child.kill('SIGKILL');
  (await waiting).release();
  writeFileSync(join(store.paths.tmp, 'lock-other'), '');
  store.temporaries.release();
  t.deepEqual(readdirSync(join(store.paths.root, 'tmp')), []);
});

test('a folder that is not there is a store that cannot be written', async (t) => {
  const error = await t.throwsAsync(lockKey({ tmp: join(tempDir(t), 'none') }, 'k', patient()));
  t.like(error, { code: 'STORE_UNWRITABLE' });
});
