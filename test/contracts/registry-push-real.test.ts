// Pushing to a registry that nobody here wrote: Debian's docker-registry, open, with a password, with short-lived
// tokens, over TLS.
import type { ExecutionContext } from 'ava';
import { setTimeout as delay } from 'node:timers/promises';
import { parseReference } from '../../src/oci/reference.js';
import type { TransportOptions } from '../../src/registry/transport.js';
import { startRealRegistry, type RealRegistry, type RealRegistryOptions } from '../support/real-registry.js';
import { collect, makeClient } from '../support/registry-client.js';
import {
  loginEnv,
  makePushedImage,
  makeWriter,
  outgoing,
  pushImage,
  totalSize,
  type TestWriter,
} from '../support/registry-writer.js';
import { testNeeding } from '../support/requirements.js';
import { startTokenServer, type TokenServer } from '../support/token-server.js';

const withRegistry = testNeeding('registry');
const image = makePushedImage('real');
const LOGIN = 'testuser:testpass';

interface Place {
  readonly registry: RealRegistry;
  readonly env: Readonly<Record<string, string>>;
  readonly transport: Partial<TransportOptions>;
  readonly tokens: TokenServer | undefined;
}

const now = (): number => Date.now() / 1000;

async function start(
  t: ExecutionContext,
  options: RealRegistryOptions,
  lifeSeconds?: number,
): Promise<Place> {
  const tokens =
    lifeSeconds === undefined ? undefined : await startTokenServer({ login: LOGIN, lifeSeconds });
  const registry = await startRealRegistry({ ...options, tokens });
  t.teardown(async () => {
    await registry.stop();
    await tokens?.close();
  });
  const env = options.hasAuth || tokens ? loginEnv([registry.host, LOGIN]) : {};
  const transport = options.isTls ? { env: { NODE_EXTRA_CA_CERTS: 'test/support/tls/ca.crt' } } : {};
  return { registry, env, transport, tokens };
}

/** A writer that counts the bytes of bodies. */
function writerAt(t: ExecutionContext, { env, transport }: Place): TestWriter {
  return makeWriter(t, { env, now, transport });
}

async function pushBackAndForth(t: ExecutionContext, place: Place): Promise<void> {
  const { host } = place.registry;
  const first = await pushImage(writerAt(t, place).writer, `${host}/team/app:1`, image);
  t.deepEqual([...new Set(first)], ['sent']);

  const { client } = makeClient(t, { env: place.env, now, transport: place.transport });
  const reference = parseReference(`${host}/team/app:1`);
  t.is((await client.resolve(reference)).digest, image.digest);
  for (const blob of image.blobs)
    t.true((await collect(client.fetchBlob(reference, blob))).equals(image.contents.get(blob.digest)!));

  const again = await pushImage(writerAt(t, place).writer, `${host}/team/app:2`, image);
  t.deepEqual([...new Set(again)], ['there']);

  const knownIn = [`${host}/team/app`];
  const other = await pushImage(writerAt(t, place).writer, `${host}/team/other:1`, image, { knownIn });
  t.deepEqual([...new Set(other)], ['mounted']);

  // The source has nothing of it: each mount is answered by a session, which is used.
  const missing = makePushedImage('missing');
  const sent = await pushImage(writerAt(t, place).writer, `${host}/team/third:1`, missing, { knownIn });
  t.deepEqual([...new Set(sent)], ['sent']);
}

withRegistry('open: push, pull back, push again, to another repository', async (t) => {
  await pushBackAndForth(t, await start(t, {}));
});

withRegistry('a password', async (t) => {
  const place = await start(t, { hasAuth: true });
  await pushBackAndForth(t, place);
  for (const env of [{}, loginEnv([place.registry.host, 'testuser:wrong'])]) {
    const { writer } = makeWriter(t, { env, now });
    const error = await t.throwsAsync(pushImage(writer, `${place.registry.host}/o/x:1`, image));
    t.like(error, { code: 'REGISTRY_UNAUTHORIZED' });
    t.notRegex(error?.message ?? '', /wrong/);
  }
});

withRegistry('TLS', async (t) => {
  await pushBackAndForth(t, await start(t, { isTls: true }));
});

withRegistry('tokens: the target first, the source only of a mount', async (t) => {
  const place = await start(t, {}, 300);
  await pushBackAndForth(t, place);
  const own = (path: string) => `repository:${path}:pull,push`;
  const pull = 'repository:team/app:pull';
  const asked = place.tokens!.scopes.map((scopes) => scopes.join(' '));
  t.deepEqual(
    [...new Set(asked)],
    [
      own('team/app'),
      pull,
      own('team/other'),
      `${own('team/other')} ${pull}`,
      own('team/third'),
      `${own('team/third')} ${pull}`,
    ],
  );
});

withRegistry('a token that lives five seconds, and a body that takes longer', async (t) => {
  const place = await start(t, {}, 5);
  const { writer } = writerAt(t, place);
  const repository = writer.repository(parseReference(`${place.registry.host}/o/x`));
  const { signal } = new AbortController();
  const [blob, ...rest] = image.blobs;
  const bytes = image.contents.get(blob!.digest)!;
  const slow = {
    descriptor: blob!,
    async *open() {
      for (let at = 0; at < bytes.length; at += 50_000) {
        await delay(1000);
        yield bytes.subarray(at, at + 50_000);
      }
    },
  };
  t.is(await repository.putBlob(slow, { signal }), 'sent');
  for (const other of rest) t.is(await repository.putBlob(outgoing(image, other), { signal }), 'sent');
  await repository.putManifest(image, '1', signal);
  t.true(place.tokens!.scopes.length >= 2);
});

withRegistry('chunks', async (t) => {
  const place = await start(t, {});
  const { writer } = makeWriter(t, { now, chunkBytes: 100_000 });
  await pushImage(writer, `${place.registry.host}/o/x:1`, image);
  const { client } = makeClient(t);
  const reference = parseReference(`${place.registry.host}/o/x:1`);
  for (const blob of image.blobs)
    t.true((await collect(client.fetchBlob(reference, blob))).equals(image.contents.get(blob.digest)!));
  t.true(totalSize(image) > 300_000);
});

withRegistry('a manifest without its blobs is refused', async (t) => {
  const place = await start(t, {});
  const repository = writerAt(t, place).writer.repository(parseReference(`${place.registry.host}/o/x`));
  const { signal } = new AbortController();
  t.false(await repository.hasManifest(image.digest, signal));
  t.like(await t.throwsAsync(repository.putManifest(image, '1', signal)), { code: 'REGISTRY_REFUSED' });
});
