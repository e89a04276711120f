// Work whose result is recorded, with records of any kind and from more than one source.
import test, { type ExecutionContext } from 'ava';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOrMake, type RecordedWork } from '../../../src/cache/find-or-make.js';
import type { RecordSource } from '../../../src/cache/record-source.js';
import { keyOf, type StepKey } from '../../../src/cache/step-key.js';
import type { LockWait } from '../../../src/store/key-locks.js';
import { tempDir } from '../../support/temp-store.js';

const WAIT: LockWait = { signal: new AbortController().signal, onWait: () => undefined };

/** Records as somewhere on a network: each answer takes its time. */
function remote(records: ReadonlyMap<StepKey, string>, name = 'remote') {
  const used: string[] = [];
  const source: RecordSource<string> = {
    name,
    async find(key) {
      await sleep(1);
      const record = records.get(key);
      return record === undefined ? undefined : { record, use: async () => void used.push(record) };
    },
  };
  return { source, used };
}

function world(t: ExecutionContext) {
  const paths = { tmp: tempDir(t) };
  const local = new Map<StepKey, string>();
  let made = 0;
  const work = (op: string, more: Partial<RecordedWork<string, string>> = {}) => ({
    question: { inputs: { op }, isCacheIgnored: false },
    sources: [remote(local, 'local').source],
    async make() {
      made++;
      await sleep(20);
      local.set(keyOf({ op }), `made ${op}`);
      return `made ${op}`;
    },
    ...more,
  });
  return { paths, local, work, made: () => made };
}

test('what any source has is not made, and left to the caller to use', async (t) => {
  const { paths, work, made } = world(t);
  const far = remote(new Map([[keyOf({ op: 'a' }), 'far']]));
  const { sources } = work('a');
  const result = await findOrMake(paths, work('a', { sources: [...sources, far.source] }), WAIT);
  t.like(result, { kind: 'found', found: { record: 'far' } });
  t.deepEqual([made(), far.used], [0, []]);
  if (result.kind === 'found') await result.found.use();
  t.deepEqual(far.used, ['far']);
});

test('of several at once one makes it, and the others find it', async (t) => {
  const { paths, work, made } = world(t);
  const results = await Promise.all(Array.from({ length: 5 }, () => findOrMake(paths, work('a'), WAIT)));
  t.is(made(), 1);
  t.is(results.filter(({ kind }) => kind === 'made').length, 1);
  for (const result of results) t.is(result.kind === 'found' ? result.found.record : result.made, 'made a');
  t.deepEqual(readdirSync(paths.tmp), []);
});

test('other inputs are made side by side', async (t) => {
  const { paths, work, made } = world(t);
  let [atWork, most] = [0, 0];
  const make = async (): Promise<string> => {
    most = Math.max(most, ++atWork);
    await sleep(50);
    atWork--;
    return '';
  };
  await Promise.all(['a', 'b'].map((op) => findOrMake(paths, work(op, { make }), WAIT)));
  t.deepEqual([made(), most], [0, 2]);
});

test('work inside work, as files that a step mounts, does not wait for itself', async (t) => {
  const { paths, work } = world(t);
  const files = () => findOrMake(paths, work('files'), WAIT);
  const make = async (): Promise<string> => {
    await files();
    return 'step';
  };
  const steps = ['a', 'b', 'a'].map((op) => findOrMake(paths, work(op, { make }), WAIT));
  t.deepEqual(
    (await Promise.all(steps)).map(({ kind }) => kind),
    ['made', 'made', 'made'],
  );
});

test('the lock is let go of when the work fails, and nothing is remembered', async (t) => {
  const { paths, work } = world(t);
  const make = async (): Promise<string> => {
    throw new Error('failed');
  };
  await t.throwsAsync(findOrMake(paths, work('a', { make }), WAIT), { message: 'failed' });
  t.deepEqual(readdirSync(paths.tmp), []);
  t.like(await findOrMake(paths, work('a'), WAIT), { kind: 'made' });
});

test('a hit takes no lock: tmp/ is not even asked for', async (t) => {
  const { local, work } = world(t);
  local.set(keyOf({ op: 'a' }), 'known');
  const paths = {
    get tmp(): string {
      throw new Error('asked for');
    },
  };
  t.like(await findOrMake(paths, work('a'), WAIT), { kind: 'found' });
});
