// Packs in the cache of GitHub Actions: how many entries and requests, what a run may not do, what is gone. What all
// places promise is in test/contracts.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openGhaPackStore } from '../../../../src/cache/remote/gha/open-gha-store.js';
import type { FoundPack, PackStore } from '../../../../src/cache/remote/pack-store.js';
import { hexOf } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { serveGha, type FakeGha } from '../../../support/fake-gha.js';
import { blobOf, packOf, publishAll } from '../../../support/packs-to-publish.js';
import { makeTransport } from '../../../support/registry-client.js';
import { tempDir } from '../../../support/temp-store.js';

const signal = new AbortController().signal;
const [ONE, TWO] = [blobOf(Buffer.alloc(100_000, 'one')), blobOf(Buffer.from('two'))] as const;

interface OpenOptions {
  readonly scope?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly notes?: string[];
}

function open(
  t: ExecutionContext,
  fake: FakeGha,
  { scope = 'main', env, notes }: OpenOptions = {},
): PackStore {
  const { transport } = makeTransport(t);
  return openGhaPackStore({}, scope, {
    env: { ACTIONS_RESULTS_URL: `${fake.url}/`, ACTIONS_RUNTIME_TOKEN: fake.token, ...env },
    transport: async () => transport,
    note: (message) => void notes?.push(message),
  });
}

const revisionOf = (found: FoundPack): string | undefined =>
  found.kind === 'nothing' ? undefined : found.revision;

async function collect(store: PackStore, blob: typeof ONE): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.openBlob(blob.descriptor, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a build writes two entries, however many layers it has', async (t) => {
  const fake = await serveGha(t);
  t.true(await publishAll(open(t, fake), packOf('1', [ONE, TWO]), [ONE, TWO], undefined));
  t.deepEqual(
    fake.entries().map(({ key }) => key.replace(/#.*/, '')),
    ['tsbuild-layers', 'tsbuild-main'],
  );
  const store = open(t, fake);
  const seen = revisionOf(await store.read(signal));
  t.true(await publishAll(store, packOf('2', [ONE, TWO]), [ONE], seen));
  t.is(fake.entries().length, 3);
});

test('reading a pack is two requests; a layer two more, the next of the same entry one', async (t) => {
  const fake = await serveGha(t);
  await publishAll(open(t, fake), packOf('1', [ONE, TWO]), [ONE, TWO], undefined);
  fake.requests.length = 0;
  const store = open(t, fake);
  await store.read(signal);
  t.deepEqual(fake.requests.splice(0), ['GetCacheEntryDownloadURL', 'GET 200']);
  t.deepEqual(await collect(store, TWO), Buffer.from('two'));
  t.is((await collect(store, ONE)).length, 100_000);
  t.deepEqual(fake.requests, ['GetCacheEntryDownloadURL', 'GET 206', 'GET 206']);
});

test('the entry of the layers is a tar that tar reads', async (t) => {
  const fake = await serveGha(t);
  await publishAll(open(t, fake), packOf('1', [ONE, TWO]), [ONE, TWO], undefined);
  const path = join(tempDir(t), 'layers.tar');
  writeFileSync(path, fake.entries()[0]!.bytes);
  const listed = execFileSync('tar', ['-tf', path], { encoding: 'utf8' }).trim().split('\n');
  t.deepEqual(
    listed,
    [ONE, TWO].map(({ descriptor }) => `blobs/sha256/${hexOf(descriptor.digest)}`),
  );
  t.is(execFileSync('tar', ['-xOf', path, listed[1]!], { encoding: 'utf8' }), 'two');
});

test('addresses that have expired are asked for again', async (t) => {
  const fake = await serveGha(t);
  await publishAll(open(t, fake), packOf('1', [ONE, TWO]), [ONE, TWO], undefined);
  const store = open(t, fake);
  await store.read(signal);
  await collect(store, TWO);
  fake.expireUrls();
  t.deepEqual(await collect(store, TWO), Buffer.from('two'));
});

test('a scope is not the beginning of another one', async (t) => {
  const fake = await serveGha(t);
  await publishAll(open(t, fake, { scope: 'main-2' }), packOf('1', []), [], undefined);
  await publishAll(open(t, fake, { scope: 'main#x,y' }), packOf('2', []), [], undefined);
  t.is((await open(t, fake).read(signal)).kind, 'nothing');
  t.is((await open(t, fake, { scope: 'main#x,y' }).read(signal)).kind, 'pack');
});

test('a layer whose entry was removed is sent again', async (t) => {
  const fake = await serveGha(t);
  await publishAll(open(t, fake), packOf('1', [TWO]), [TWO], undefined);
  fake.remove(fake.entries()[0]!.key);
  const store = open(t, fake);
  const seen = revisionOf(await store.read(signal));
  await t.throwsAsync(collect(store, TWO), { code: 'CACHE_UNAVAILABLE' });
  t.true(await publishAll(store, packOf('2', [TWO]), [TWO], seen));
  const reader = open(t, fake);
  await reader.read(signal);
  t.deepEqual(await collect(reader, TWO), Buffer.from('two'));
});

test('a layer that breaks off is not in the entry, the others are', async (t) => {
  const fake = await serveGha(t);
  const store = open(t, fake);
  const broken = {
    ...ONE,
    async *open() {
      yield Buffer.alloc(1000);
      throw new TsbuildError('STORE_CORRUPT', 'damaged');
    },
  };
  await store.putBlob(TWO, signal);
  await t.throwsAsync(store.putBlob(broken, signal), { code: 'STORE_CORRUPT' });
  t.true(await store.publish(packOf('1', [TWO]), undefined, signal));
  const reader = open(t, fake);
  await reader.read(signal);
  t.deepEqual(await collect(reader, TWO), Buffer.from('two'));
});

test('a pack that names a layer that is nowhere is not published', async (t) => {
  const fake = await serveGha(t);
  await t.throwsAsync(open(t, fake).publish(packOf('1', [ONE]), undefined, signal), {
    code: 'CACHE_UNAVAILABLE',
  });
  t.deepEqual(fake.entries(), []);
});

const tokenWith = (ac: object): string =>
  `h.${Buffer.from(JSON.stringify({ ac: JSON.stringify(ac) })).toString('base64url')}.s`;

for (const [what, env] of [
  ['by its claims', { ACTIONS_RUNTIME_TOKEN: tokenWith([{ Scope: 'refs/heads/main', Permission: 1 }]) }],
  ['by the mode of the job', { ACTIONS_CACHE_MODE: 'read' }],
  ['by the word of the service', {}],
] as const)
  test(`a token that may only read, ${what}: words once, and no failure`, async (t) => {
    const fake = await serveGha(t);
    fake.intercept = (method) =>
      method === 'CreateCacheEntry'
        ? {
            status: 403,
            body: { code: 'permission_denied', msg: 'cache write denied: token has no writable scopes' },
          }
        : method === 'GetCacheEntryDownloadURL'
          ? { status: 200, body: { ok: false } }
          : undefined;
    const notes: string[] = [];
    const store = open(t, fake, { env, notes });
    const layer = blobOf(Buffer.from('never made'));
    t.true(await publishAll(store, packOf('1', [layer]), [layer], undefined));
    t.is(notes.length, 1);
    t.regex(notes[0]!, /nothing is written to the cache of GitHub Actions, scope main/);
    t.is(layer.opened(), 0);
  });

test('a job that may only write reads nothing', async (t) => {
  const fake = await serveGha(t);
  await publishAll(open(t, fake), packOf('1', []), [], undefined);
  const store = open(t, fake, { env: { ACTIONS_CACHE_MODE: 'write-only' } });
  t.deepEqual(await store.read(signal), { kind: 'nothing' });
});

test('Retry-After of GitHub is waited for', async (t) => {
  const fake = await serveGha(t);
  const { transport, pauses } = makeTransport(t);
  let left = 2;
  fake.intercept = () => (left-- > 0 ? { status: 429, headers: { 'retry-after': '7' } } : undefined);
  const env = { ACTIONS_RESULTS_URL: fake.url, ACTIONS_RUNTIME_TOKEN: fake.token };
  const store = openGhaPackStore({}, 'main', {
    env,
    transport: async () => transport,
    note: () => undefined,
  });
  t.deepEqual(await store.read(signal), { kind: 'nothing' });
  t.is(pauses.length, 2);
  t.true(pauses.every((pause) => pause >= 7000 && pause < 8000));
});

test('a limit that does not end is a failure that says so', async (t) => {
  const fake = await serveGha(t);
  fake.intercept = () => ({ status: 429, headers: { 'retry-after': '3600' } });
  const error = await t.throwsAsync(open(t, fake).read(signal), { instanceOf: TsbuildError });
  t.regex(error.hint ?? '', /limits/);
});

test('without the variables of a job each call says how to get them', async (t) => {
  const fake = await serveGha(t);
  const store = open(t, fake, { env: { ACTIONS_RESULTS_URL: '', ACTIONS_RUNTIME_TOKEN: '' } });
  for (const call of [store.read(signal), store.putBlob(ONE, signal)]) {
    const error = await t.throwsAsync(call, { instanceOf: TsbuildError, code: 'CACHE_UNAVAILABLE' });
    t.regex(error.message, /ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN/);
    t.regex(error.hint ?? '', /crazy-max\/ghaction-github-runtime/);
  }
});

test('an expired token is told without it', async (t) => {
  const fake = await serveGha(t);
  const store = open(t, fake, { env: { ACTIONS_RUNTIME_TOKEN: 'old-secret' } });
  const error = await t.throwsAsync(store.read(signal), { code: 'REGISTRY_UNAUTHORIZED' });
  t.notRegex(error.message, /old-secret/);
});

test('a lost answer to the first request takes another key', async (t) => {
  const fake = await serveGha(t);
  let isFirst = true;
  fake.intercept = (method) => {
    if (method !== 'CreateCacheEntry' || !isFirst) return undefined;
    isFirst = false;
    return { status: 409, body: { code: 'already_exists', msg: 'taken' } };
  };
  t.true(await open(t, fake).publish(packOf('1', []), undefined, signal));
  t.is(fake.entries().length, 1);
});
