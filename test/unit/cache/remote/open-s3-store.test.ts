// Packs in a bucket: conditions, ages, refusals. What all places promise is in test/contracts.
import test, { type ExecutionContext } from 'ava';
import { awsCredentials } from '../../../../src/cache/remote/aws/credentials.js';
import type { PackStore } from '../../../../src/cache/remote/pack-store.js';
import { openBucket } from '../../../../src/cache/remote/s3/open-bucket.js';
import { openS3PackStore } from '../../../../src/cache/remote/s3/open-s3-store.js';
import { s3Address } from '../../../../src/cache/remote/s3/s3-address.js';
import { s3Requests } from '../../../../src/cache/remote/s3/s3-requests.js';
import { hexOf } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { expectedSignature, FAKE_KEYS, serveS3, type FakeS3 } from '../../../support/fake-s3.js';
import { blobOf, packOf, publishAll } from '../../../support/packs-to-publish.js';
import { makeTransport } from '../../../support/registry-client.js';

const signal = new AbortController().signal;
const LAYER = blobOf(Buffer.from('a layer'));
const LAYER_KEY = `blobs/sha256/${hexOf(LAYER.descriptor.digest)}`;

interface OpenOptions {
  readonly scope?: string;
  readonly secretAccessKey?: string;
  readonly notes?: string[];
  /** As a server of AWS. */
  readonly isAws?: boolean;
}

function open(t: ExecutionContext, fake: FakeS3, options: OpenOptions = {}): PackStore {
  const { transport } = makeTransport(t);
  const known = s3Address({ bucket: fake.bucket, endpointUrl: fake.url }, {});
  const address = { ...known, isAws: options.isAws ?? false };
  const now = (): number => 1_700_000_000;
  const given = { ...FAKE_KEYS, secretAccessKey: options.secretAccessKey ?? FAKE_KEYS.secretAccessKey };
  const tools = { env: {}, transport, region: address.region, now, profile: undefined };
  const send = s3Requests({ transport, address, now, credentials: awsCredentials(given, tools) });
  const note = (message: string): void => void options.notes?.push(message);
  return openS3PackStore({ address, scope: options.scope ?? 'main', send, transport, note });
}

test('the signature of the example of AWS for PUT', (t) => {
  const headers = {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    'x-amz-date': '20130524T000000Z',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  };
  const signature = '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd';
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${Object.keys(headers).join(';')},Signature=${signature}`;
  // The judge of all other tests here is itself held to what AWS publishes.
  const request = { method: 'PUT', path: '/test%24file.text', headers };
  t.is(expectedSignature(request, authorization, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'), signature);
});

test('a layer is one object, a pack another; the second time a layer costs one HEAD', async (t) => {
  const fake = await serveS3(t);
  t.true(await publishAll(open(t, fake), packOf('records', [LAYER]), [LAYER], undefined));
  t.deepEqual([...fake.objects.keys()], [LAYER_KEY, 'packs/main']);
  fake.requests.length = 0;
  const again = open(t, fake);
  await again.putBlob(LAYER, signal);
  await again.putBlob(LAYER, signal);
  t.deepEqual(fake.requests, [`HEAD ${LAYER_KEY}`]);
});

test('reading is one request', async (t) => {
  const fake = await serveS3(t);
  await publishAll(open(t, fake), packOf('records', []), [], undefined);
  fake.requests.length = 0;
  await open(t, fake).read(signal);
  t.deepEqual(fake.requests, ['GET packs/main']);
});

test('names with every kind of letter are signed as they are sent', async (t) => {
  const fake = await serveS3(t);
  const scope = "feature/ü+1 (it's 100%*)~=&?#";
  await publishAll(open(t, fake, { scope }), packOf('records', []), [], undefined);
  t.true(fake.objects.has(`packs/${scope}`));
  t.is((await open(t, fake, { scope }).read(signal)).kind, 'pack');
});

test('a wrong key is refused, and the message has no secret', async (t) => {
  const fake = await serveS3(t);
  const error = await t.throwsAsync(open(t, fake, { secretAccessKey: 'wrong-secret' }).read(signal), {
    instanceOf: TsbuildError,
    code: 'REGISTRY_UNAUTHORIZED',
  });
  t.regex(error.message, /SignatureDoesNotMatch/);
  t.regex(error.hint ?? '', /AWS_SECRET_ACCESS_KEY/);
  t.notRegex(`${error.message} ${error.hint}`, /wrong-secret|[0-9a-f]{64}/);
});

for (const conditions of ['known', 'ignored', 'refused'] as const)
  test(`conditions ${conditions}: of two writers the late one is told`, async (t) => {
    const fake = await serveS3(t, { conditions });
    t.true(await open(t, fake).publish(packOf('one', []), undefined, signal));
    t.false(await open(t, fake).publish(packOf('other', []), undefined, signal));
    const found = await open(t, fake).read(signal);
    t.is(found.kind === 'pack' && found.bytes.toString(), 'one');
    const seen = found.kind === 'pack' ? found.revision : undefined;
    t.true(await open(t, fake).publish(packOf('third', []), seen, signal));
    t.false(await open(t, fake).publish(packOf('fourth', []), seen, signal));
  });

test('AWS is trusted with the condition: one request', async (t) => {
  const fake = await serveS3(t);
  t.true(await open(t, fake, { isAws: true }).publish(packOf('one', []), undefined, signal));
  t.deepEqual(fake.requests, ['PUT packs/main']);
  t.false(await open(t, fake, { isAws: true }).publish(packOf('other', []), undefined, signal));
});

test('a write whose answer was lost is known to be ours', async (t) => {
  const fake = await serveS3(t);
  let isFirst = true;
  fake.intercept = (request, key) => {
    if (request.method !== 'PUT' || !isFirst) return undefined;
    isFirst = false;
    const meta = {
      'x-amz-meta-tsbuild-cache-digest': String(request.headers['x-amz-meta-tsbuild-cache-digest']),
    };
    fake.objects.set(key, { bytes: Buffer.from('one'), etag: '"1"', meta, modified: Date.now() });
    return { status: 500 };
  };
  t.true(await open(t, fake, { isAws: true }).publish(packOf('one', []), undefined, signal));
});

test('a layer that is in use is made young when it is older than a day', async (t) => {
  const fake = await serveS3(t);
  await open(t, fake).putBlob(LAYER, signal);
  const object = fake.objects.get(LAYER_KEY)!;
  object.modified -= 20 * 3600 * 1000;
  await open(t, fake).putBlob(LAYER, signal);
  t.is(fake.objects.get(LAYER_KEY), object);
  object.modified -= 5 * 3600 * 1000;
  await open(t, fake).putBlob(LAYER, signal);
  t.true(Date.now() - fake.objects.get(LAYER_KEY)!.modified < 60_000);
  t.deepEqual(fake.objects.get(LAYER_KEY)!.bytes, object.bytes);
});

test('a layer that the pack keeps is made young too, and one that is gone is no failure', async (t) => {
  const fake = await serveS3(t);
  await open(t, fake).putBlob(LAYER, signal);
  fake.objects.get(LAYER_KEY)!.modified = 0;
  const gone = blobOf(Buffer.from('expired'));
  t.true(await open(t, fake).publish(packOf('records', [LAYER, gone]), undefined, signal));
  t.true(Date.now() - fake.objects.get(LAYER_KEY)!.modified < 60_000);
});

test('a layer that cannot be made young is told once and is no failure', async (t) => {
  const fake = await serveS3(t);
  const other = blobOf(Buffer.from('another layer'));
  const notes: string[] = [];
  for (const blob of [LAYER, other]) await open(t, fake).putBlob(blob, signal);
  for (const object of fake.objects.values()) object.modified = 0;
  fake.intercept = ({ headers }) => (headers['x-amz-copy-source'] ? { status: 403 } : undefined);
  const store = open(t, fake, { notes });
  for (const blob of [LAYER, other]) await store.putBlob(blob, signal);
  t.is(notes.length, 1);
});

test('an object of others is recognised', async (t) => {
  const fake = await serveS3(t);
  const object = { bytes: Buffer.from('{}'), etag: '"1"', meta: {}, modified: 0 };
  fake.objects.set('packs/main', object);
  const found = await open(t, fake).read(signal);
  t.deepEqual(found, { kind: 'other', what: 'an object that tsbuild did not write', revision: '"1"' });
});

test('records that are longer than they may be are not read', async (t) => {
  const fake = await serveS3(t);
  await publishAll(open(t, fake), packOf('records', []), [], undefined);
  fake.objects.get('packs/main')!.bytes = Buffer.alloc((16 << 20) + 1);
  await t.throwsAsync(open(t, fake).read(signal), { instanceOf: TsbuildError });
});

test('a layer of more than 5 GiB is refused before it is made', async (t) => {
  const fake = await serveS3(t);
  const large = { ...LAYER, descriptor: { ...LAYER.descriptor, size: 6 * 2 ** 30 } };
  const error = await t.throwsAsync(open(t, fake).putBlob(large, signal), { code: 'CACHE_UNAVAILABLE' });
  t.regex(error.message, /too large/);
  t.deepEqual(fake.requests, []);
});

for (const [what, answer, expected] of [
  ['no such bucket', { status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }, /make the bucket/],
  [
    'another region',
    {
      status: 400,
      body: '<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>',
    },
    /region=eu-west-3/,
  ],
  ['closed', { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }, /s3:ListBucket/],
  ['out of order', { status: 503, body: 'busy' }, /fails at the moment/],
] as const)
  test(`a bucket that is ${what} is a failure that says what to do`, async (t) => {
    const fake = await serveS3(t);
    fake.intercept = () => answer;
    const error = await t.throwsAsync(open(t, fake).read(signal), { instanceOf: TsbuildError });
    t.regex(error.hint ?? '', expected);
  });

test('a stream that breaks off goes on where it stopped', async (t) => {
  const fake = await serveS3(t);
  const bytes = Buffer.alloc(300_000, 'layer');
  const blob = blobOf(bytes);
  await open(t, fake).putBlob(blob, signal);
  fake.cuts.push(100_000, 50_000);
  let length = 0;
  for await (const chunk of open(t, fake).openBlob(blob.descriptor, signal)) length += chunk.length;
  t.is(length, bytes.length);
  t.is(fake.requests.filter((line) => line.startsWith('GET')).length, 3);
});

test('a bucket by the environment alone', async (t) => {
  const fake = await serveS3(t);
  const { transport } = makeTransport(t);
  const env = {
    HOME: '/nonexistent',
    AWS_ENDPOINT_URL_S3: fake.url,
    AWS_ACCESS_KEY_ID: FAKE_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: FAKE_KEYS.secretAccessKey,
  };
  const tools = { env, transport: async () => transport, now: () => 1_700_000_000, note: () => undefined };
  const store = await openBucket({ bucket: fake.bucket }, 'main', tools);
  t.true(await publishAll(store, packOf('records', [LAYER]), [LAYER], undefined));
  t.is(store.name, 's3://cache-bucket/packs/main');
});
