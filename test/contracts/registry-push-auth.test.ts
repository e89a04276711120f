// Pushing with passwords and tokens: which tokens are asked for, when they are renewed, who gets to see them.
import test from 'ava';
import { setImmediate as turn } from 'node:timers/promises';
import { parseReference } from '../../src/oci/reference.js';
import type { TokenRules } from '../support/personas/guard.js';
import { personaFor } from '../support/personas/persona.js';
import { PERSONA_NAMES } from '../support/personas/rules.js';
import { loginEnv, makePushedImage, makeWriter, outgoing, pushImage } from '../support/registry-writer.js';

const LOGIN = 'user:secret';
const image = makePushedImage('auth', [200_000, 5000]);
const { signal } = new AbortController();

/** A clock that tests set. */
function makeClock() {
  let seconds = 1_000_000;
  return { now: () => seconds, pass: (more: number) => void (seconds += more) };
}

function tokens(clock: { now(): number }, more: Partial<TokenRules> = {}): TokenRules {
  return { kind: 'token', login: LOGIN, lifeSeconds: 300, now: clock.now, ...more };
}

for (const name of PERSONA_NAMES) {
  test(`${name}: a password, then a token`, async (t) => {
    const clock = makeClock();
    for (const auth of [{ kind: 'basic', login: LOGIN } as const, tokens(clock)]) {
      const persona = await personaFor(t, name, { auth });
      persona.createRepository('o/x');
      const env = loginEnv([persona.host, LOGIN]);
      await pushImage(makeWriter(t, { env, now: clock.now }).writer, `${persona.host}/o/x:1`, image);
      t.deepEqual(persona.manifest('o/x', '1'), image.bytes);
      const scheme = auth.kind === 'basic' ? 'basic' : 'bearer';
      const first = persona.log.findIndex((entry) => entry.auth === scheme);
      t.true(first <= 2);
      t.true(persona.log.filter(({ method }) => method !== 'HEAD').every((entry) => entry.auth === scheme));
      t.deepEqual(
        [...new Set(persona.scopes.map(String))],
        auth.kind === 'basic' ? [] : ['repository:o/x:pull,push'],
      );
    }
  });
}

test('the token of a mount names the target first, and is used for nothing else', async (t) => {
  const clock = makeClock();
  const persona = await personaFor(t, 'dist28', { auth: tokens(clock) });
  const env = loginEnv([persona.host, LOGIN]);
  const { writer } = makeWriter(t, { env, now: clock.now });
  await pushImage(writer, `${persona.host}/base:1`, image);
  await pushImage(writer, `${persona.host}/app:1`, image);
  t.deepEqual(
    [...new Set(persona.scopes.map(String))],
    [
      'repository:base:pull,push',
      'repository:app:pull,push',
      'repository:app:pull,push,repository:base:pull',
    ],
  );
  t.is(persona.scopes.length, 3);
});

test('a token that does not reach the source: one request more, and the blob is sent', async (t) => {
  const clock = makeClock();
  const allow = (repository: string, actions: readonly string[]) =>
    repository === 'secret/base' ? [] : actions;
  const persona = await personaFor(t, 'dist28', { auth: tokens(clock, { allow }) });
  const env = loginEnv([persona.host, LOGIN]);
  const knownIn = [`${persona.host}/secret/base`];
  const { writer } = makeWriter(t, { env, now: clock.now });
  const outcomes = await pushImage(writer, `${persona.host}/app:1`, image, { knownIn });
  t.deepEqual([...new Set(outcomes)], ['sent']);
  t.true(persona.log.filter(({ url }) => url.includes('mount=')).length <= 2);
  // What was refused is asked for no more.
  clock.pass(1000);
  const before = persona.scopes.length;
  await pushImage(writer, `${persona.host}/app:2`, makePushedImage('later', [1000]), { knownIn });
  t.deepEqual(persona.scopes.slice(before), [['repository:app:pull,push']]);
});

test('nothing is mounted from a repository that has other credentials', async (t) => {
  const clock = makeClock();
  const persona = await personaFor(t, 'dist28', { auth: tokens(clock) });
  const env = loginEnv([persona.host, LOGIN], [`${persona.host}/base`, 'other:one']);
  const knownIn = [`${persona.host}/base/node`];
  const { writer } = makeWriter(t, { env, now: clock.now });
  await pushImage(writer, `${persona.host}/app:1`, image, { knownIn });
  t.false(persona.log.some(({ url }) => url.includes('mount=')));
});

test('a token that ends while a body is sent', async (t) => {
  const clock = makeClock();
  const persona = await personaFor(t, 'dist28', { auth: tokens(clock, { lifeSeconds: 5 }) });
  const env = loginEnv([persona.host, LOGIN]);
  const { writer } = makeWriter(t, { env, now: clock.now });
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  for (const descriptor of image.blobs) {
    const blob = outgoing(image, descriptor);
    const slow = async function* () {
      for await (const chunk of blob.open(signal)) {
        yield chunk;
        // The token is looked at when a request begins.
        while (persona.log.at(-1)?.method !== 'PUT') await turn();
        clock.pass(20);
      }
    };
    t.is(await repository.putBlob({ ...blob, open: slow }, { signal }), 'sent');
  }
  await repository.putManifest(image, '1', signal);
  t.deepEqual(persona.manifest('o/x', '1'), image.bytes);
  t.false(persona.log.some(({ status, bytes }) => status === 401 && bytes > 0));
});

test('chunks go on with a token of their own', async (t) => {
  const clock = makeClock();
  const persona = await personaFor(t, 'dist3', { auth: tokens(clock, { lifeSeconds: 40 }) });
  const env = loginEnv([persona.host, LOGIN]);
  const { writer } = makeWriter(t, { env, now: clock.now, chunkBytes: 16_384 });
  const [descriptor] = image.blobs;
  const blob = outgoing(image, descriptor!);
  const slow = async function* () {
    for await (const chunk of blob.open(signal)) {
      clock.pass(3);
      yield chunk;
    }
  };
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  t.is(await repository.putBlob({ ...blob, open: slow }, { signal }), 'sent');
  t.is(persona.log.filter(({ method, status }) => method === 'POST' && status === 202).length, 1);
  t.true(persona.scopes.length > 1);
});

test('a 401 after the body: the body goes into another session', async (t) => {
  const clock = makeClock();
  const persona = await personaFor(t, 'dist28', { auth: tokens(clock) });
  persona.fail({ method: 'PUT', path: /uploads/, status: 401, times: 1 });
  const env = loginEnv([persona.host, LOGIN]);
  const { writer } = makeWriter(t, { env, now: clock.now });
  const single = makePushedImage('spent', [1000]);
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  t.is(await repository.putBlob(outgoing(single, single.blobs[0]!), { signal }), 'sent');
  const places = persona.log.filter(({ method }) => method === 'PUT').map(({ url }) => url);
  t.is(places.length, 2);
  t.is(new Set(places).size, 2);
});

test('a place for the upload at another host gets no credentials', async (t) => {
  const store = await personaFor(t, 'dist28');
  const persona = await personaFor(t, 'dist28', { auth: { kind: 'basic', login: LOGIN } });
  const opened = await fetch(`http://${store.host}/v2/o/x/blobs/uploads/`, { method: 'POST' });
  const location = opened.headers.get('location') ?? '';
  store.forgetLog();
  const single = makePushedImage('elsewhere', [100_000]);
  const [blob] = single.blobs;
  const env = loginEnv([persona.host, LOGIN]);
  const { writer } = makeWriter(t, { env });
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  // The registry wants the password, then names the other host.
  persona.redirectUploads(location);
  t.is(await repository.putBlob(outgoing(single, blob!), { signal }), 'sent');
  t.true(store.blob('o/x', blob!.digest)?.equals(single.contents.get(blob!.digest)!));
  t.deepEqual(
    store.log.map((entry) => [entry.method, entry.auth]),
    [['PUT', undefined]],
  );
});

test('nobody logged in, a wrong password', async (t) => {
  const clock = makeClock();
  for (const auth of [{ kind: 'basic', login: LOGIN } as const, tokens(clock)]) {
    const persona = await personaFor(t, 'dist28', { auth });
    for (const env of [{}, loginEnv([persona.host, 'user:guess'])]) {
      const { writer } = makeWriter(t, { env, now: clock.now });
      const error = await t.throwsAsync(pushImage(writer, `${persona.host}/o/x:1`, image));
      t.like(error, { code: 'REGISTRY_UNAUTHORIZED' });
      t.notRegex(`${error?.message}${(error as { hint?: string }).hint}`, /guess/);
    }
    t.is(persona.manifest('o/x', '1'), undefined);
  }
});
