// Caches that a build writes to a registry: what another machine finds there, what is sent, and what happens to a cache
// that cannot be written.
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePack } from '../../src/cache/remote/pack-format.js';
import { layersOf } from '../../src/cache/remote/pack-merge.js';
import type { Pack } from '../../src/cache/remote/pack.js';
import { digestOf } from '../../src/core/digest.js';
import { parseReference } from '../../src/oci/reference.js';
import { MEDIA } from '../../src/oci/types.js';
import type { BuildRequest, CacheTo } from '../../src/plan/request.js';
import { builder, type Builder } from '../support/in-process-build.js';
import { packBlob, packsAt } from '../support/pack-places.js';
import { personaFor, type Persona } from '../support/personas/persona.js';
import { startRealRegistry } from '../support/real-registry.js';
import { loginEnv, makePushedImage, makeWriter, pushImage } from '../support/registry-writer.js';
import { testNeeding } from '../support/requirements.js';
import { startTokenServer } from '../support/token-server.js';

const { signal } = new AbortController();

const STAGES = `FROM scratch AS made
ARG TOKEN
COPY a.txt /made/a.txt
COPY b.txt /made/b.txt
FROM scratch
COPY --from=made /made/a.txt /a.txt
LABEL who=test
`;

function project(t: ExecutionContext): Builder {
  const made = builder(t);
  made.write({ Dockerfile: STAGES, 'a.txt': 'first file', 'b.txt': 'second file' });
  return made;
}

/** Another machine with the same sources. */
function elsewhere(t: ExecutionContext, { context }: Builder): Builder {
  const other = builder(t);
  return { ...other, build: (request, options) => other.build({ context, ...request }, options) };
}

function cacheAt(ref: string, more: Partial<CacheTo> = {}): Pick<BuildRequest, 'cacheTo'> {
  return { cacheTo: [{ place: { type: 'registry', ref }, mode: 'max', timeoutSeconds: 600, ...more }] };
}

function fromCache(ref: string, verifyKey?: string): Pick<BuildRequest, 'cacheFrom'> {
  return { cacheFrom: [{ place: { type: 'registry', ref }, ...(verifyKey && { verifyKey }) }] };
}

const PUSH = { outputs: [{ type: 'image', push: true }] } as const;
const NOWHERE = { outputs: [{ type: 'cacheonly' }] } as const;

function notesOf({ events }: Builder): readonly string[] {
  return events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
}

async function packAt(t: ExecutionContext, ref: string, env = {}): Promise<Pack> {
  const found = await packsAt(t, ref, env).read(signal);
  if (found.kind === 'pack') return decodePack(found.bytes);
  t.fail(`there is ${found.kind} at ${ref}`);
  return { records: [], selections: [], mounts: [] };
}

function puts({ log }: Persona): readonly string[] {
  return log.filter(({ method }) => ['PUT', 'PATCH', 'POST'].includes(method)).map(({ url }) => url);
}

/** Bytes of blobs that came to a repository. */
function sentTo({ log }: Persona, repository: string): number {
  return log
    .filter(({ url }) => url.startsWith(`/v2/${repository}/blobs/`))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

async function roundTrip(t: ExecutionContext, ref: string, env: Readonly<Record<string, string>> = {}) {
  const first = project(t);
  const made = await first.build({ ...NOWHERE, ...cacheAt(ref) }, { env });
  t.is(made.executed, 3);
  t.deepEqual(notesOf(first), []);

  const second = elsewhere(t, first);
  const found = await second.build({ ...NOWHERE, ...fromCache(ref) }, { env });
  t.deepEqual([found.executed, found.cached, found.configDigest], [0, 3, made.configDigest]);

  // After an edit only what depends on it is made.
  first.write({ 'b.txt': 'edited' });
  const third = elsewhere(t, first);
  const edited = await third.build({ ...NOWHERE, ...fromCache(ref), ...cacheAt(ref) }, { env });
  t.deepEqual([edited.executed, edited.cached, edited.configDigest], [1, 2, made.configDigest]);
  const pack = await packAt(t, ref, env);
  t.is(pack.records.length, 4);
}

for (const name of ['dist28', 'gitlab', 'ecr', 'nexus', 'ghcr', 'artifactory'] as const)
  test(`${name}: another machine finds every step`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('team/cache');
    await roundTrip(t, `${persona.host}/team/cache:dev`);
    t.is(persona.sessions(), 0);
  });

const withRegistry = testNeeding('registry');

withRegistry('docker-registry: another machine finds every step', async (t) => {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  await roundTrip(t, `${registry.host}/team/cache`);
});

withRegistry('docker-registry with tokens: another machine finds every step', async (t) => {
  const login = 'testuser:testpass';
  const tokens = await startTokenServer({ login, lifeSeconds: 300 });
  const registry = await startRealRegistry({ tokens });
  t.teardown(async () => {
    await registry.stop();
    await tokens.close();
  });
  await roundTrip(t, `${registry.host}/team/cache`, loginEnv([registry.host, login]));
});

test('with nothing new nothing is sent', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const first = project(t);
  await first.build({ ...NOWHERE, ...cacheAt(ref) });
  persona.forgetLog();
  await first.build({ ...NOWHERE, ...cacheAt(ref) });
  await elsewhere(t, first).build({ ...NOWHERE, ...cacheAt(ref), ...fromCache(ref) });
  t.deepEqual(puts(persona), []);
  t.is(persona.log.filter(({ url }) => url.startsWith('/v2/team/')).length, 2 + 2 + 2);
});

test('layers of the image are mounted from where it was pushed to', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const first = project(t);
  const metadata = join(first.context, '..', 'metadata.json');
  await first.build({
    tags: [`${persona.host}/team/app:1`],
    ...PUSH,
    ...cacheAt(`${persona.host}/team/cache`, { mode: 'min' }),
    metadataFile: metadata,
  });
  const { records } = await packAt(t, `${persona.host}/team/cache`);
  t.is(records.length, 1);
  const image = JSON.parse(persona.manifest('team/app', '1')!.toString());
  t.deepEqual(
    records.map(({ blob }) => blob.digest),
    image.layers.map(({ digest }: { digest: string }) => digest),
  );
  // The records and the config.
  const manifest = persona.manifest('team/cache', 'main')!;
  const { config, layers } = JSON.parse(manifest.toString());
  t.is(sentTo(persona, 'team/cache'), config.size + layers[0].size);
  t.deepEqual(JSON.parse(readFileSync(metadata, 'utf8'))['cache.manifest'], {
    mediaType: MEDIA.ociManifest,
    digest: digestOf(manifest),
    size: manifest.length,
  });
});

test('beside the image: its tag and -cache', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const first = project(t);
  const request = { tags: [`${persona.host}/team/app:1`], ...PUSH };
  await first.build({ ...request, cacheTo: [{ place: { type: 'inline' } }] });
  t.is((await packAt(t, `${persona.host}/team/app:1-cache`)).records.length, 1);
  const error = await first.fail({ ...NOWHERE, cacheTo: [{ place: { type: 'inline' } }] });
  t.is(error.code, 'OPTION_INVALID');
});

test('several caches, each with its own scope', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const place = { type: 'registry', ref } as const;
  const first = project(t);
  await first.build({
    ...NOWHERE,
    cacheTo: [
      { place, mode: 'max' },
      { place, scope: 'pr/12', mode: 'max' },
    ],
  });
  const from = { cacheFrom: [{ place, scopes: ['absent', 'pr/12', 'main'] }] };
  t.is((await elsewhere(t, first).build({ ...NOWHERE, ...from })).executed, 0);
  t.is((await packAt(t, ref)).records.length, 3);
});

test('an image is never replaced, a cache of BuildKit is', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const image = makePushedImage('plain', [1000]);
  const { writer } = makeWriter(t);
  await pushImage(writer, `${persona.host}/team/app:1`, image);
  const first = project(t);
  await first.build({ ...NOWHERE, ...cacheAt(`${persona.host}/team/app:1`) });
  t.deepEqual(persona.manifest('team/app', '1'), image.bytes);
  t.deepEqual(notesOf(first), [
    `the cache was not exported to ${persona.host}/team/app:1: ${persona.host}/team/app:1 is an image, and no cache is written over it (name a tag for the cache alone)`,
  ]);

  const { outgoing, layer } = packBlob('{}');
  const repository = writer.repository(parseReference(`${persona.host}/team/cache`));
  await repository.putBlob(outgoing, { signal });
  const config = { ...layer.blob, mediaType: 'application/vnd.buildkit.cacheconfig.v0' };
  const mediaType = MEDIA.ociManifest;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
  await repository.putManifest({ digest: digestOf(bytes), mediaType, bytes }, 'main', signal);
  const second = project(t);
  await second.build({ ...NOWHERE, ...cacheAt(`${persona.host}/team/cache`) });
  t.deepEqual(notesOf(second), [`${persona.host}/team/cache:main was a cache of BuildKit: it is replaced`]);
  t.is((await packAt(t, `${persona.host}/team/cache`)).records.length, 3);
});

test('a place that does not answer costs one note, or the build when that is wanted', async (t) => {
  const ref = '127.0.0.1:1/team/cache';
  const first = project(t);
  const made = await first.build({ ...NOWHERE, ...cacheAt(ref) });
  t.is(made.executed, 3);
  const [note, ...others] = notesOf(first);
  t.regex(note!, /^the cache was not exported to 127\.0\.0\.1:1\/team\/cache:main: /);
  t.deepEqual(others, []);
  const error = await first.fail({ ...NOWHERE, ...cacheAt(ref, { ignoreError: false }) });
  t.is(error.code, 'REGISTRY_UNREACHABLE');
});

test('a registry that refuses the manifest costs one note', async (t) => {
  const persona = await personaFor(t, 'dist28');
  persona.fail({ method: 'PUT', path: /manifests/, status: 403, body: '{"errors":[{"code":"DENIED"}]}' });
  const first = project(t);
  t.is((await first.build({ ...NOWHERE, ...cacheAt(`${persona.host}/team/cache`) })).executed, 3);
  t.is(notesOf(first).length, 1);
});

test.serial('no time: what got there is carried, and the next build goes on', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const first = project(t);
  persona.fail({ method: 'PUT', path: /uploads/, times: 1, isStall: true });
  await first.build({ ...NOWHERE, ...cacheAt(ref, { timeoutSeconds: 1 }) });
  t.regex(
    notesOf(first).join('\n'),
    /^[123] of 3 steps did not get into the cache .* in 1 s: the next build goes on; /m,
  );
  const before = await packAt(t, ref);
  t.true(before.records.length < 3);
  await first.build({ ...NOWHERE, ...cacheAt(ref) });
  t.is((await packAt(t, ref)).records.length, 3);
});

test('layers that are gone from the place are put again', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const first = project(t);
  await first.build({ ...NOWHERE, ...cacheAt(ref) });
  first.write({ 'b.txt': 'edited' });
  // As if clean-up had taken a layer.
  const unknown = '{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}';
  persona.fail({ method: 'PUT', path: /manifests/, status: 404, body: unknown, times: 1 });
  await first.build({ ...NOWHERE, ...cacheAt(ref) });
  t.deepEqual(notesOf(first), []);
  t.is((await packAt(t, ref)).records.length, 3);
});

test('a key signs, and what it did not sign is begun anew', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const first = project(t);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [signKey, verifyKey] = ['sign', 'verify'].map((name) => join(first.context, '..', name)) as [
    string,
    string,
  ];
  writeFileSync(signKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(verifyKey, publicKey.export({ type: 'spki', format: 'pem' }));

  await first.build({ ...NOWHERE, ...cacheAt(ref) });
  const unsigned = elsewhere(t, first);
  t.is((await unsigned.build({ ...NOWHERE, ...fromCache(ref, verifyKey) })).executed, 3);

  first.write({ 'b.txt': 'edited' });
  await first.build({ ...NOWHERE, ...cacheAt(ref, { signKey }) });
  t.deepEqual(notesOf(first), [`${ref}:main does not carry a signature of this key: it is begun anew`]);
  t.is((await packAt(t, ref)).records.length, 3);
  const signed = elsewhere(t, first);
  t.is((await signed.build({ ...NOWHERE, ...fromCache(ref, verifyKey) })).executed, 0);

  writeFileSync(signKey, 'not a key');
  const error = await first.fail({ ...NOWHERE, ...cacheAt(ref, { signKey }) });
  t.like(error, { code: 'OPTION_INVALID', message: `sign-key ${signKey} is no private key in PEM` });
});

test('no value of an argument or a secret is in a pack', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const first = project(t);
  await first.build({
    ...NOWHERE,
    ...cacheAt(ref),
    buildArgs: { TOKEN: 'value-of-an-argument' },
    secrets: [{ id: 's', value: Buffer.from('value-of-a-secret') }],
    labels: { note: 'value-of-a-label' },
  });
  const text = JSON.stringify(await packAt(t, ref)) + persona.manifest('team/cache', 'main')!.toString();
  t.notRegex(text, /value-of|TOKEN|first file|a\.txt|test/);
});

test('what is made anew replaces what others find', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const first = project(t);
  await first.build({ ...NOWHERE, ...cacheAt(ref) });
  const before = await packAt(t, ref);
  // As a command would that does not give the same each time.
  const dayOld = new Date(Date.now() - 86_400_000);
  utimesSync(join(first.context, 'a.txt'), dayOld, dayOld);
  await first.build({ ...NOWHERE, ...cacheAt(ref), ...fromCache(ref), noCache: true });
  const after = await packAt(t, ref);
  const diffIdOf = (pack: Pack, key: string) => pack.records.find((record) => record.key === key)?.diffId;
  const changed = before.records.filter(({ key, diffId }) => diffIdOf(after, key) !== diffId);
  t.true(changed.length > 0);
  const other = elsewhere(t, first);
  t.is((await other.build({ ...NOWHERE, ...fromCache(ref) })).executed, 0);
});

test('a cap of bytes holds over many builds', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const first = project(t);
  const sizes: number[] = [];
  for (let i = 0; i < 50; i++) {
    first.write({ 'b.txt': `edit ${i}` });
    await first.build({ ...NOWHERE, ...cacheAt(ref, { maxBytes: 1500 }) });
    sizes.push(layersOf(await packAt(t, ref)).reduce((sum, { blob }) => sum + blob.size, 0));
  }
  t.true(Math.max(...sizes) <= 1500);
  t.true(sizes.at(-1)! > 1000);
});

test.serial('eight builders write to one scope at once: all is there after three rounds', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const ref = `${persona.host}/team/cache`;
  const builders = Array.from({ length: 8 }, (_, i) => {
    const one = project(t);
    one.write({ 'b.txt': `of builder ${i}` });
    return one;
  });
  for (let round = 0; round < 3; round++)
    await Promise.all(builders.map((one) => one.build({ ...NOWHERE, ...cacheAt(ref), ...fromCache(ref) })));
  const notes = builders.flatMap(notesOf).filter((note) => !note.startsWith('other builds wrote'));
  t.deepEqual(notes, []);
  // Their checkouts have other file times, which made other layers of the first step: one of them is everybody's now.
  for (const one of builders) {
    const other = elsewhere(t, one);
    t.is((await other.build({ ...NOWHERE, ...fromCache(ref) })).executed, 0);
  }
});
