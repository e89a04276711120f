// Packs in a repository: how many requests they take, and what is no pack.
import test from 'ava';
import { digestOf } from '../../../../src/core/digest.js';
import { parseReference } from '../../../../src/oci/reference.js';
import { MEDIA } from '../../../../src/oci/types.js';
import { registryPacks } from '../../../../src/cache/remote/registry-packs.js';
import { assertWrittenAndRead, packBlob, packsAt, packWith } from '../../../support/pack-places.js';
import { personaFor } from '../../../support/personas/persona.js';
import { makePushedImage, makeWriter, pushImage } from '../../../support/registry-writer.js';

const { signal } = new AbortController();

test('nothing is asked of a registry before it is read', async (t) => {
  const never = async () => t.fail() as never;
  const store = registryPacks(parseReference('r.test/app-cache:main'), { client: never, writer: never });
  t.is(store.name, 'r.test/app-cache:main');
  t.deepEqual(store.repository, { domain: 'r.test', path: 'app-cache' });
  t.is(store.manifest?.(), undefined);
});

test('reading is two requests', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const open = () => packsAt(t, `${persona.host}/team/cache`);
  await assertWrittenAndRead(t, open);
  persona.forgetLog();
  t.is((await open().read(signal)).kind, 'pack');
  t.is(persona.log.length, 2);
});

test('what this build wrote itself is not asked for, and not fetched again', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const store = packsAt(t, `${persona.host}/team/cache`);
  const blob = packBlob('one');
  await store.putBlob(blob.outgoing, signal);
  persona.forgetLog();
  const pack = packWith('first', [blob]);
  t.true(await store.publish(pack, undefined, signal));
  const found = await store.read(signal);
  t.true(found.kind === 'pack' && found.bytes.equals(pack.packed.bytes));
  const asked = persona.log.map(
    ({ method, url }) => `${method} ${url.includes('/blobs/') ? 'blob' : 'manifest'}`,
  );
  t.deepEqual(
    asked.filter((each) => !each.startsWith('P')),
    ['GET manifest', 'GET manifest'],
  );
});

test('what others wrote is recognised', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const image = makePushedImage('plain', [1000]);
  await pushImage(makeWriter(t).writer, `${persona.host}/team/app:1`, image);
  t.like(await packsAt(t, `${persona.host}/team/app:1`).read(signal), {
    kind: 'other',
    what: 'an image',
    revision: image.digest,
  });

  const { writer } = makeWriter(t);
  const repository = writer.repository(parseReference(`${persona.host}/team/cache`));
  const { outgoing, layer } = packBlob('{}');
  await repository.putBlob(outgoing, { signal });
  const config = { ...layer.blob, mediaType: 'application/vnd.buildkit.cacheconfig.v0' };
  const mediaType = MEDIA.ociManifest;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
  await repository.putManifest({ digest: digestOf(bytes), mediaType, bytes }, 'buildkit', signal);
  t.like(await packsAt(t, `${persona.host}/team/cache:buildkit`).read(signal), {
    kind: 'other',
    what: 'a cache of BuildKit',
    isCache: true,
  });
});

test('under a digest a cache is only read', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const store = packsAt(t, `${persona.host}/team/cache`);
  await assertWrittenAndRead(t, () => packsAt(t, `${persona.host}/team/cache`));
  await store.read(signal);
  const fixed = packsAt(t, `${persona.host}/team/cache@${store.manifest?.()?.digest}`);
  t.is((await fixed.read(signal)).kind, 'pack');
  await t.throwsAsync(fixed.publish(packWith('x', []), undefined, signal), { code: 'OPTION_INVALID' });
});
