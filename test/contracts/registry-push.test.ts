// Pushing to each kind of registry: what arrives, what is asked for, what is not sent twice. The registries are
// personas: one engine, and a table of what is known of each of them.
import test from 'ava';
import { randomBytes } from 'node:crypto';
import { digestOf } from '../../src/core/digest.js';
import { TsbuildError } from '../../src/core/errors.js';
import { parseReference } from '../../src/oci/reference.js';
import type { Descriptor } from '../../src/oci/types.js';
import type { GrowingBlob } from '../../src/registry/writer.js';
import { hostRulesOf } from '../../src/registry/push/host-rules.js';
import type { LoggedRequest } from '../support/personas/call.js';
import { personaFor, type Persona } from '../support/personas/persona.js';
import { PERSONA_NAMES, type PersonaName } from '../support/personas/rules.js';
import { collect, makeClient } from '../support/registry-client.js';
import {
  makePushedImage,
  makeWriter,
  outgoing,
  pushImage,
  totalSize,
  type PushedImage,
} from '../support/registry-writer.js';

/** What is known of the registry by its name, for a persona that has none. */
const HOSTS: Partial<Record<PersonaName, string>> = {
  ecr: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  gar: 'europe-docker.pkg.dev',
  ghcr: 'ghcr.io',
};

const rulesFor = (name: PersonaName) => hostRulesOf(HOSTS[name] ?? 'registry.example');

const image = makePushedImage('image');

/** Bytes of blobs that came. */
function blobBytes(log: readonly LoggedRequest[]): number {
  return log.filter(({ url }) => url.includes('/blobs/')).reduce((sum, { bytes }) => sum + bytes, 0);
}

function count(log: readonly LoggedRequest[], method: string, path: RegExp): number {
  return log.filter((entry) => entry.method === method && path.test(entry.url)).length;
}

function has(persona: Persona, repository: string, { blobs, contents }: PushedImage): boolean {
  return blobs.every(({ digest }) => persona.blob(repository, digest)?.equals(contents.get(digest)!));
}

/** Requests that carried a body of a blob, each by where it went. */
function bodies(log: readonly LoggedRequest[]): LoggedRequest[] {
  return log
    .filter(({ method, bytes }) => (method === 'PUT' || method === 'PATCH') && bytes > 0)
    .filter(({ url }) => url.includes('/uploads/'));
}

for (const name of PERSONA_NAMES) {
  test(`${name}: push, pull back, push again, push to another repository`, async (t) => {
    const persona = await personaFor(t, name);
    for (const repository of ['team/app', 'team/other']) persona.createRepository(repository);
    const rules = rulesFor(name);

    const first = await pushImage(makeWriter(t, { rules }).writer, `${persona.host}/team/app:1`, image);
    t.deepEqual([...new Set(first)], ['sent']);
    t.true(has(persona, 'team/app', image));
    t.deepEqual(persona.manifest('team/app', '1'), image.bytes);
    t.is(persona.sessions(), 0);

    const { client } = makeClient(t);
    const reference = parseReference(`${persona.host}/team/app:1`);
    t.is((await client.resolve(reference)).digest, image.digest);
    for (const blob of image.blobs)
      t.true((await collect(client.fetchBlob(reference, blob))).equals(image.contents.get(blob.digest)!));

    persona.forgetLog();
    const again = await pushImage(makeWriter(t, { rules }).writer, `${persona.host}/team/app:2`, image);
    t.deepEqual([...new Set(again)], ['there']);
    t.is(blobBytes(persona.log), 0);
    // The look whether http is spoken, a question per blob, the manifest.
    t.true(1 + persona.log.length <= 1 + image.blobs.length + 1);

    persona.forgetLog();
    const knownIn = [`${persona.host}/team/app`];
    const { writer } = makeWriter(t, { rules });
    const other = await pushImage(writer, `${persona.host}/team/other:1`, image, { knownIn });
    t.deepEqual([...new Set(other)], [name === 'ecr' ? 'sent' : 'mounted']);
    t.is(blobBytes(persona.log), name === 'ecr' ? totalSize(image) : 0);
    // The session that a mount leaves is the one that is used.
    t.is(count(persona.log, 'POST', /uploads/), image.blobs.length);
    t.true(has(persona, 'team/other', image));
    t.is(persona.sessions(), 0);
  });
}

/** A blob that comes in pieces, and is known when all of it has come. */
function growing(content: Buffer): GrowingBlob & { readonly descriptor: Descriptor } {
  const digest = digestOf(content);
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const descriptor = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest,
    size: content.length,
  };
  return {
    descriptor,
    whole: ended.then(() => descriptor),
    async *open() {
      for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000);
      end();
    },
  };
}

for (const name of PERSONA_NAMES)
  test(`${name}: a blob that is sent while it is made is there, and is known to be`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('team/app');
    const { writer } = makeWriter(t, { rules: rulesFor(name) });
    const repository = writer.repository(parseReference(`${persona.host}/team/app`));
    const content = randomBytes(50_000);
    const blob = growing(content);
    const { signal } = new AbortController();
    const isSent = await repository.sendGrowing(blob, signal);
    persona.forgetLog();
    await blob.whole;
    const { descriptor } = blob;
    const outcome = await repository.putBlob({ descriptor, open: blob.open }, { signal });
    t.is(outcome, isSent ? 'there' : 'sent');
    t.true(persona.blob('team/app', descriptor.digest)?.equals(content));
    t.is(persona.sessions(), 0);
    if (isSent) t.deepEqual(persona.log, []);
  });

test('what is not made, or does not arrive, leaves no session and is no failure', async (t) => {
  const persona = await personaFor(t, 'dist3');
  persona.createRepository('team/app');
  const { writer } = makeWriter(t);
  const repository = writer.repository(parseReference(`${persona.host}/team/app`));
  const { signal } = new AbortController();
  const whole = Promise.reject(new TsbuildError('STORE_FULL', 'no space'));
  whole.catch(() => undefined);
  const unmade = {
    whole,
    async *open(): AsyncGenerator<Buffer> {
      yield Buffer.from('a part');
      await whole;
    },
  };
  t.false(await repository.sendGrowing(unmade, signal));
  t.is(persona.sessions(), 0);
});

test('a second name at the same registry is mounted from the first without being told', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const { writer } = makeWriter(t);
  await pushImage(writer, `${persona.host}/a/x:1`, image);
  persona.forgetLog();
  const outcomes = await pushImage(writer, `${persona.host}/b/x:1`, image);
  t.deepEqual([...new Set(outcomes)], ['mounted']);
  t.is(blobBytes(persona.log), 0);
});

test('nothing is asked twice of one writer', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const { writer } = makeWriter(t);
  const name = `${persona.host}/o/x`;
  const both = await Promise.all([
    pushImage(writer, `${name}:1`, image),
    pushImage(writer, `${name}:2`, image),
  ]);
  t.deepEqual([...new Set(both[0])], ['sent']);
  t.deepEqual([...new Set(both[1])], ['there']);
  t.is(blobBytes(persona.log), totalSize(image));
  t.is(count(persona.log, 'HEAD', /blobs/), image.blobs.length);
});

for (const status of [401, 403, 404, 400, 405]) {
  test(`a mount refused by ${status} costs one request`, async (t) => {
    const persona = await personaFor(t, 'dist28');
    persona.fail({ method: 'POST', path: /mount=/, status, body: '{}' });
    const single = makePushedImage('single', [50_000]);
    const { writer, notes } = makeWriter(t);
    const knownIn = [`${persona.host}/team/base`];
    const outcomes = await pushImage(writer, `${persona.host}/team/app:1`, single, { knownIn });
    t.deepEqual([...new Set(outcomes)], ['sent']);
    t.is(count(persona.log, 'POST', /mount=/), 2);
    t.is(blobBytes(persona.log), totalSize(single));
    t.deepEqual(notes, []);
    const later = makePushedImage('later', [1000]);
    await pushImage(writer, `${persona.host}/team/app:2`, later, { knownIn });
    t.is(count(persona.log, 'POST', /mount=/), 2);
  });
}

test('a mount answered by 202 costs nothing', async (t) => {
  const persona = await personaFor(t, 'ecr');
  persona.createRepository('team/app');
  const knownIn = [`${persona.host}/team/base`];
  await pushImage(makeWriter(t).writer, `${persona.host}/team/app:1`, image, { knownIn });
  t.is(count(persona.log, 'POST', /uploads/), image.blobs.length);
  t.is(persona.sessions(), 0);
});

for (const cutAt of [0.1, 0.5, 0.99]) {
  test(`a body cut at ${cutAt * 100} %, twice`, async (t) => {
    const persona = await personaFor(t, 'dist28');
    persona.fail({ method: 'PUT', path: /uploads/, cutAt, times: 2 });
    const single = makePushedImage('cut', [2_000_000]);
    const [blob] = single.blobs;
    const { writer, pauses } = makeWriter(t);
    const sent: number[] = [];
    const { signal } = new AbortController();
    const outcome = await writer.repository(parseReference(`${persona.host}/o/x`)).putBlob(
      {
        descriptor: blob!,
        async *open() {
          const bytes = single.contents.get(blob!.digest)!;
          for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
        },
      },
      { signal, onSent: (bytes) => sent.push(bytes) },
    );
    t.is(outcome, 'sent');
    t.is(sent.at(-1), blob!.size);
    t.true(blobBytes(persona.log) <= 3 * blob!.size);
    const places = bodies(persona.log).map(({ url }) => url);
    t.is(places.length, 3);
    t.is(new Set(places).size, 3);
    t.is(pauses.length, 2);
    t.true(persona.blob('o/x', blob!.digest)?.equals(single.contents.get(blob!.digest)!));
    t.is(persona.sessions(), 0);
  });
}

test('a body that breaks each time is given up after four', async (t) => {
  const persona = await personaFor(t, 'dist28');
  persona.fail({ method: 'PUT', path: /uploads/, cutAt: 0.5 });
  const single = makePushedImage('cut', [200_000]);
  const repository = makeWriter(t).writer.repository(parseReference(`${persona.host}/o/x`));
  const { signal } = new AbortController();
  const error = await t.throwsAsync(repository.putBlob(outgoing(single, single.blobs[0]!), { signal }));
  t.like(error, { code: 'REGISTRY_UNREACHABLE' });
  t.is(bodies(persona.log).length, 4);
});

test('429 with Retry-After is waited for, of a body and of a question', async (t) => {
  const rows = [
    { method: 'PUT', path: /uploads/ },
    { method: 'POST', path: /uploads/ },
    { method: 'HEAD', path: /blobs/ },
    { method: 'PUT', path: /manifests/ },
  ];
  for (const row of rows) {
    const persona = await personaFor(t, 'dist28');
    persona.fail({ ...row, times: 1, status: 429, headers: { 'retry-after': '2' } });
    const { writer, pauses } = makeWriter(t);
    await pushImage(writer, `${persona.host}/o/x:1`, image);
    t.true(has(persona, 'o/x', image));
    t.is(pauses.length, 1);
    t.true(pauses[0]! >= 2000 && pauses[0]! < 4000, `${row.method}: ${pauses[0]}`);
  }
});

test('a registry that is down for a moment', async (t) => {
  for (const [method, path] of [
    ['POST', /uploads/],
    ['PUT', /uploads/],
    ['HEAD', /blobs/],
    ['PUT', /manifests/],
  ] as const) {
    const persona = await personaFor(t, 'dist28');
    persona.fail({ method, path, times: 2, status: 503 });
    await pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, image);
    t.deepEqual(persona.manifest('o/x', '1'), image.bytes);
    t.is(persona.sessions(), 0);
  }
});

test('cloudflare: what is longer than a proxy allows goes in chunks', async (t) => {
  const persona = await personaFor(t, 'cloudflare', { rules: { maxRequestBytes: 100_000 } });
  const { writer } = makeWriter(t);
  const outcomes = await pushImage(writer, `${persona.host}/o/x:1`, image);
  t.deepEqual([...new Set(outcomes)], ['sent']);
  t.true(has(persona, 'o/x', image));
  t.true(bodies(persona.log).every(({ contentLength = Infinity }) => contentLength <= 100_000));
});

test('chunks when they are asked for: in order, the last one short, never shorter than the registry wants', async (t) => {
  const persona = await personaFor(t, 'dist3', { minChunk: 100_000 });
  const { writer } = makeWriter(t, { chunkBytes: 65_536 });
  const single = makePushedImage('chunks', [250_000]);
  await pushImage(writer, `${persona.host}/o/x:1`, single);
  t.deepEqual(
    persona.log.filter(({ method }) => method === 'PATCH').map(({ contentRange }) => contentRange),
    ['0-99999', '100000-199999', '200000-249999'],
  );
  t.true(has(persona, 'o/x', single));
});

test('a registry that keeps less than was sent gets the rest again', async (t) => {
  const persona = await personaFor(t, 'dist3');
  const { writer } = makeWriter(t, { chunkBytes: 40_000 });
  const single = makePushedImage('short', [100_000]);
  persona.keepShort(10_000);
  await pushImage(writer, `${persona.host}/o/x:1`, single);
  const ranges = persona.log
    .filter(({ method }) => method === 'PATCH')
    .map(({ contentRange }) => contentRange);
  t.deepEqual(ranges, ['0-39999', '30000-69999', '70000-99999']);
  t.true(has(persona, 'o/x', single));
});

test('ghcr: no PATCH over 4 MiB', async (t) => {
  const persona = await personaFor(t, 'ghcr');
  const { writer } = makeWriter(t, { rules: rulesFor('ghcr'), chunkBytes: 16 << 20 });
  const large = makePushedImage('large', [9 << 20]);
  await pushImage(writer, `${persona.host}/o/x:1`, large);
  t.true(has(persona, 'o/x', large));
  const lengths = persona.log.filter(({ method }) => method === 'PATCH').map((entry) => entry.contentLength);
  t.deepEqual(lengths, [4 << 20, 4 << 20, 1 << 20]);
});

for (const name of ['gar', 'ecr'] as const) {
  test(`${name}: no chunks, not even when they are asked for`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('o/x');
    const { writer } = makeWriter(t, { rules: rulesFor(name), chunkBytes: 65_536 });
    await pushImage(writer, `${persona.host}/o/x:1`, image);
    t.true(has(persona, 'o/x', image));
    t.is(count(persona.log, 'PATCH', /./), 0);
  });
}

test('artifactory: a PUT that is not taken becomes one PATCH', async (t) => {
  const persona = await personaFor(t, 'artifactory');
  await pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, image);
  t.true(has(persona, 'o/x', image));
  t.is(count(persona.log, 'PATCH', /./), image.blobs.length);
  t.true(
    persona.log
      .filter(({ method }) => method === 'PATCH')
      .every(({ contentRange }) => contentRange === undefined),
  );
});

test('artifactory: 403 means that a manifest is not there', async (t) => {
  const persona = await personaFor(t, 'artifactory');
  const { writer } = makeWriter(t);
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  const { signal } = new AbortController();
  t.false(await repository.hasManifest(image.digest, signal));
  await pushImage(writer, `${persona.host}/o/x:1`, image);
  t.true(await repository.hasManifest(image.digest, signal));
});

test('a manifest is looked for by GET where HEAD is not known', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const { writer } = makeWriter(t);
  await pushImage(writer, `${persona.host}/o/x:1`, image);
  persona.fail({ method: 'HEAD', path: /manifests/, status: 405 });
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  t.true(await repository.hasManifest(image.digest, new AbortController().signal));
});

test('nexus: fewer uploads at once after it got confused', async (t) => {
  const persona = await personaFor(t, 'nexus');
  const many = makePushedImage('many', [400_000, 400_001, 400_002, 400_003, 400_004, 400_005]);
  await pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, many);
  t.true(has(persona, 'o/x', many));
});

test('gitlab: only types that it knows', async (t) => {
  const persona = await personaFor(t, 'gitlab');
  await pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, image);
  const types = persona.log
    .filter(({ url }) => url.includes('/manifests/'))
    .map(({ contentType }) => contentType);
  t.deepEqual(types, [image.mediaType]);
});

test('a registry that lies about digests is not believed', async (t) => {
  const rows = [
    { method: 'HEAD', path: /blobs/ },
    { method: 'PUT', path: /uploads/ },
    { method: 'PUT', path: /manifests/ },
  ];
  for (const row of rows) {
    const persona = await personaFor(t, 'dist28');
    const headers = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` };
    persona.fail({ ...row, status: row.method === 'HEAD' ? 200 : 201, headers });
    const error = await t.throwsAsync(pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, image));
    t.like(error, { code: 'REGISTRY_DIGEST_MISMATCH' });
  }
});

test('a blob that is there with another size is sent', async (t) => {
  const persona = await personaFor(t, 'dist28');
  persona.fail({ method: 'HEAD', path: /blobs/, status: 200, headers: { 'content-length': '7' } });
  const outcomes = await pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, image);
  t.deepEqual([...new Set(outcomes)], ['sent']);
});

test('refusals: repository, tag, quota', async (t) => {
  const ecr = await personaFor(t, 'ecr');
  t.like(await t.throwsAsync(pushImage(makeWriter(t).writer, `${ecr.host}/o/x:1`, image)), {
    code: 'REGISTRY_NOT_FOUND',
  });
  const persona = await personaFor(t, 'dist28');
  const body = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });
  await pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, makePushedImage('old'));
  const before = persona.manifest('o/x', '1');
  const rows = [
    {
      path: /manifests/,
      status: 400,
      body: body('TAG_INVALID', "tag '1' is immutable"),
      message: /immutable/,
    },
    { path: /manifests/, status: 403, body: body('DENIED', 'quota of 1 GB is used up'), message: /quota/ },
    { path: /uploads\/u/, status: 403, body: body('DENIED', 'quota of 1 GB is used up'), message: /quota/ },
  ];
  for (const { message, ...fault } of rows) {
    persona.fail({ method: 'PUT', times: 1, ...fault });
    const other = makePushedImage(`${fault.status} ${fault.path.source}`);
    await t.throwsAsync(pushImage(makeWriter(t).writer, `${persona.host}/o/x:1`, other), { message });
    t.is(persona.manifest('o/x', '1'), before);
  }
});

test('warnings of the registry are told once', async (t) => {
  const persona = await personaFor(t, 'dist28', { warning: '299 - "this tag is going away"' });
  const { writer, notes } = makeWriter(t);
  await pushImage(writer, `${persona.host}/o/x:1`, image);
  t.deepEqual(notes, [`${persona.host} warns: this tag is going away`]);
});

test('what cannot be read is not tried again, and leaves no session', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const { writer } = makeWriter(t);
  const repository = writer.repository(parseReference(`${persona.host}/o/x`));
  const [blob] = image.blobs;
  let opened = 0;
  const putting = repository.putBlob(
    {
      descriptor: blob!,
      // eslint-disable-next-line require-yield
      async *open() {
        opened += 1;
        throw new Error('the disk is gone');
      },
    },
    { signal: new AbortController().signal },
  );
  await t.throwsAsync(putting, { message: 'the disk is gone' });
  t.is(opened, 1);
  t.is(persona.sessions(), 0);
});

test('canceled in the middle of a body', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const { writer } = makeWriter(t);
  const controller = new AbortController();
  const [blob] = image.blobs;
  const putting = writer.repository(parseReference(`${persona.host}/o/x`)).putBlob(
    {
      descriptor: blob!,
      async *open() {
        yield image.contents.get(blob!.digest)!.subarray(0, 1000);
        controller.abort();
        await new Promise(() => undefined);
      },
    },
    { signal: controller.signal },
  );
  t.like(await t.throwsAsync(putting), { code: 'ABORTED' });
});
