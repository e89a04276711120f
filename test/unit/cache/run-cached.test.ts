// The cache around a step: made once, found by later builds, explained when it is made again, and refused with a secret
// in it.
import test, { type ExecutionContext } from 'ava';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCached, type CachedWork } from '../../../src/cache/run-cached.js';
import { openStepCache, type Inspection, type StepCache } from '../../../src/cache/step-cache.js';
import type { KeyInputs } from '../../../src/cache/step-key.js';
import type { DiffId } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import type { MissReason } from '../../../src/core/miss-reason.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { openStore, type Store } from '../../../src/store/store.js';
import type { StoredLayer } from '../../../src/store/stored-layer.js';
import { file } from '../../support/sandbox-rootfs.js';
import { tempDir } from '../../support/temp-store.js';

function addLayer(store: Store, text: string): Promise<StoredLayer> {
  return putLayer(store.paths, [file('text', text)]);
}

interface Asked {
  readonly inputs?: KeyInputs;
  readonly isCacheIgnored?: boolean;
  make?(store: Store): StoredLayer | Promise<StoredLayer>;
}

/** One build of one step: what came of it. */
interface Outcome {
  readonly diffId: DiffId;
  readonly isCached: boolean;
  readonly miss: MissReason | undefined;
}

const INPUTS = { op: 'run', argv: ['make'], parent: 'p' };

function world(t: ExecutionContext) {
  const root = tempDir(t);
  const store = openStore(root);
  const notes: string[] = [];
  let made = 0;
  const open = (inspection?: Inspection): StepCache =>
    openStepCache({
      store: openStore(root),
      ground: { cwd: '/', context: '.', dockerfile: undefined },
      signal: new AbortController().signal,
      now: () => 1,
      note: (message) => void notes.push(message),
      inspection,
      tally: { executed: 0, cached: 0 },
    });
  async function step(cache: StepCache, asked: Asked = {}): Promise<Outcome> {
    const { inputs = INPUTS, isCacheIgnored = false, make } = asked;
    let isCached = false;
    let miss: MissReason | undefined;
    const work: CachedWork = {
      inputs,
      isCacheIgnored,
      where: () => 'here',
      reporter: {
        id: '1',
        name: 'RUN make',
        markCached: () => (isCached = true),
        markMissed: (reason) => (miss = reason),
        markBegun: () => undefined,
        markChanged: () => undefined,
      },
      make: async () => (made++, make ? make(store) : addLayer(store, `layer ${made}`)),
    };
    const { diffId } = await runCached(cache, work);
    return { diffId, isCached, miss };
  }
  return { store, notes, open, step, made: () => made };
}

test('made once, and found by the next build', async (t) => {
  const { open, step } = world(t);
  const first = await step(open());
  t.like(first, { isCached: false, miss: { kind: 'never' } });
  const cache = open();
  t.deepEqual(await step(cache), { diffId: first.diffId, isCached: true, miss: undefined });
  t.deepEqual(cache.tally, { executed: 0, cached: 1 });
});

test('equal steps of one build are made once, and counted each', async (t) => {
  const { open, step, made } = world(t);
  const cache = open();
  const both = await Promise.all([step(cache), step(cache)]);
  t.is(both[0].diffId, both[1].diffId);
  t.deepEqual([made(), cache.tally], [1, { executed: 1, cached: 1 }]);
});

test('two builds at once make it once', async (t) => {
  const { open, step, made, notes } = world(t);
  const make = async (store: Store) => {
    await sleep(800);
    return addLayer(store, 'slow');
  };
  const both = await Promise.all([step(open(), { make }), step(open(), { make })]);
  t.is(both[0].diffId, both[1].diffId);
  t.deepEqual(both.map(({ isCached }) => isCached).toSorted(), [false, true]);
  t.is(made(), 1);
  t.deepEqual(notes, ['another build is making the same step; waiting for it: RUN make']);
});

test('with an ignored cache two builds at once make it each', async (t) => {
  const { open, step, made } = world(t);
  const asked = { isCacheIgnored: true };
  const both = await Promise.all([step(open(), asked), step(open(), asked)]);
  for (const { miss } of both) t.deepEqual(miss, { kind: 'ignored' });
  t.is(made(), 2);
  // What was made is found all the same.
  t.true((await step(open())).isCached);
});

test('what fails is made by the one who waits', async (t) => {
  const { open, step, made } = world(t);
  const make = async (): Promise<StoredLayer> => {
    await sleep(20);
    throw new Error('exit code 1');
  };
  const both = await Promise.allSettled([step(open(), { make }), step(open(), { make })]);
  t.deepEqual([both.map(({ status }) => status), made()], [['rejected', 'rejected'], 2]);
});

test('a miss says what has changed since the step before', async (t) => {
  const { open, step } = world(t);
  await step(open());
  const { miss } = await step(open(), { inputs: { ...INPUTS, parent: 'q' } });
  t.deepEqual(miss, { kind: 'changed', inputs: [{ input: 'parent' }] });
  const back = await step(open());
  t.is(back.miss, undefined);
});

test('a miss says what was lost', async (t) => {
  const { open, step, store } = world(t);
  const { diffId } = await step(open());
  rmSync(store.paths.index(diffId));
  t.deepEqual((await step(open())).miss, { kind: 'lost', part: 'index' });
});

function inspection(removed: DiffId[], leak?: DiffId): Inspection {
  const refuse = (): never => {
    throw new TsbuildError('SECRET_LEAKED', 'the value of secret s is in it');
  };
  return {
    bring: async () => undefined,
    inputs: (inputs) => void (JSON.stringify(inputs).includes('secret') && refuse()),
    layer: async (diffId) => void (diffId === leak && refuse()),
    remove: async (diffId) => void removed.push(diffId),
  };
}

test('a layer that is refused is kept nowhere, made or found', async (t) => {
  const { open, step, store, made } = world(t);
  const removed: DiffId[] = [];
  const make = (store: Store) => addLayer(store, 'secret');
  const { diffId: leak } = await addLayer(store, 'secret');
  const refused = () => t.throwsAsync(step(open(inspection(removed, leak)), { make }));
  t.like(await refused(), { code: 'SECRET_LEAKED' });
  t.deepEqual((await step(open(), { make })).miss, { kind: 'refused' });
  t.is(made(), 2);
  // The record of a build that looked for no secrets.
  t.like(await refused(), { code: 'SECRET_LEAKED' });
  t.is(made(), 2);
  t.deepEqual(removed, [leak, leak]);
  t.deepEqual((await step(open(), { make })).miss, { kind: 'refused' });
});

test('inputs that are refused make nothing', async (t) => {
  const { open, step, made } = world(t);
  const inputs = { ...INPUTS, argv: ['secret'] };
  const error = await t.throwsAsync(step(open(inspection([])), { inputs }));
  t.like(error, { code: 'SECRET_LEAKED' });
  t.is(made(), 0);
});
