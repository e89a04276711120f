// The parts of a cache of GitHub Actions that need no service: access, records, files of a tar, blocks.
import test from 'ava';
import fc from 'fast-check';
import { blockUpload } from '../../../../src/cache/remote/gha/block-upload.js';
import { ghaAccess } from '../../../../src/cache/remote/gha/gha-access.js';
import { createGhaEntry } from '../../../../src/cache/remote/gha/gha-entry.js';
import { ghaLayers } from '../../../../src/cache/remote/gha/gha-layers.js';
import { formatGhaRecords, parseGhaRecords } from '../../../../src/cache/remote/gha/gha-records.js';
import { ghaService } from '../../../../src/cache/remote/gha/gha-service.js';
import { tarHeader, tarPadding } from '../../../../src/cache/remote/gha/tar-file.js';
import { digestOf, type Digest } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { serveGha } from '../../../support/fake-gha.js';
import { makeTransport } from '../../../support/registry-client.js';

const signal = new AbortController().signal;
const ENV = { ACTIONS_RESULTS_URL: 'https://results.example', ACTIONS_RUNTIME_TOKEN: 'token' };

async function* given(...chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

test('options win over the variables of the job', (t) => {
  t.deepEqual(ghaAccess({ url: 'https://other.example/x', token: 'mine' }, ENV), {
    url: 'https://other.example/x/',
    token: 'mine',
    isReadable: true,
    isWritable: true,
  });
});

test('what a token allows', (t) => {
  const tokenOf = (claims: object): string =>
    `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
  const allowed = (token: string): readonly boolean[] => {
    const { isReadable, isWritable } = ghaAccess({ token }, ENV);
    return [isReadable, isWritable];
  };
  t.deepEqual(allowed(tokenOf({ ac: '[{"Scope":"a","Permission":3}]' })), [true, true]);
  t.deepEqual(allowed(tokenOf({ ac: '[{"Scope":"a","Permission":1},{"Scope":"b","Permission":2}]' })), [
    true,
    true,
  ]);
  t.deepEqual(allowed(tokenOf({ ac: '[{"Scope":"a","Permission":1}]' })), [true, false]);
  t.deepEqual(allowed(tokenOf({ ac: '[]' })), [false, false]);
  t.deepEqual(allowed(tokenOf({ ac: '[null]' })), [false, false]);
  for (const unknown of ['x', 'a.b.c', tokenOf({}), tokenOf({ ac: '{' })])
    t.deepEqual(allowed(unknown), [true, true]);
});

test('an address that is none is refused without being told', (t) => {
  const error = t.throws(() => ghaAccess({ url: 'https://user:secret@x' }, ENV), { code: 'OPTION_INVALID' });
  t.notRegex(error.message, /secret/);
});

const place = fc.record({ entry: fc.string({ maxLength: 30 }), offset: fc.maxSafeNat() });

test('records are read as they are written', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(place), fc.option(fc.base64String()), (bytes, blobs, signature) => {
      const places = new Map(blobs.map((blob, index) => [digestOf(`${index}`), blob]));
      const records = { packed: Buffer.from(bytes), places, ...(signature === null ? {} : { signature }) };
      t.deepEqual(parseGhaRecords(formatGhaRecords(records), 'place'), records);
    }),
  );
});

test('any bytes are records, something else, or damaged', (t) => {
  const good = formatGhaRecords({
    packed: Buffer.from('packed'),
    places: new Map([[digestOf('a'), { entry: 'e', offset: 5 }]]),
  });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 32, max: 126 }), (at, byte) => {
      const bad = Buffer.from(good);
      bad[at] = byte;
      try {
        parseGhaRecords(bad, 'place');
      } catch (error) {
        t.true(error instanceof TsbuildError && error.code === 'CACHE_INVALID');
      }
    }),
  );
  t.is(parseGhaRecords(Buffer.from('{}'), 'place'), undefined);
  t.is(parseGhaRecords(Buffer.from('no json'), 'place'), undefined);
});

for (const [what, change] of [
  ['an entry that is not there', { blobs: { [digestOf('a')]: [7, 0] } }],
  ['a place before the start', { blobs: { [digestOf('a')]: [0, -1] } }],
  ['a name that is no digest', { blobs: { '../../x': [0, 0] } }],
  ['no list of entries', { entries: 'e' }],
  ['other records', { packed: 'eA==' }],
] as const)
  test(`damaged: ${what}`, (t) => {
    const good: object = JSON.parse(
      formatGhaRecords({ packed: Buffer.from('p'), places: new Map() }).toString(),
    ) as object;
    const bad = Buffer.from(JSON.stringify({ ...good, entries: ['e'], ...change }));
    t.throws(() => parseGhaRecords(bad, 'place'), { code: 'CACHE_INVALID' });
  });

test('the header of a file of a tar: golden', (t) => {
  const header = tarHeader('blobs/sha256/ab', 5);
  t.is(String(digestOf(header)), 'sha256:b4fb7d78e19a1a695e5074b8d66c9a0f463d8cfd361596d4abbde4b69814a843');
  t.is(tarHeader('a', 9 * 2 ** 30)[124], 0x80);
  t.deepEqual(
    [tarPadding(0), tarPadding(1), tarPadding(512)].map(({ length }) => length),
    [0, 511, 0],
  );
});

test('large parts go in blocks of 16 MiB, and the blob is their list', async (t) => {
  const fake = await serveGha(t);
  const { transport } = makeTransport(t);
  const access = { url: `${fake.url}/`, token: fake.token, isReadable: true, isWritable: true };
  const service = ghaService(access, transport);
  const entry = await createGhaEntry({ service, transport }, 'tsbuild-x#1', signal);
  if ('denied' in entry) return t.fail();
  const large = Buffer.alloc(33 << 20, 'x');
  const parts = [await entry.send(given(large.subarray(0, 5), large.subarray(5)), signal)];
  parts.push(await entry.send(given(Buffer.from('end')), signal));
  t.deepEqual(
    parts.map(({ blocks, size }) => [blocks.length, size]),
    [
      [3, 33 << 20],
      [1, 3],
    ],
  );
  await entry.finish(parts, signal);
  t.is(
    String(digestOf(fake.entries()[0]!.bytes)),
    String(digestOf(Buffer.concat([large, Buffer.from('end')]))),
  );
});

test('an address that is no good is told without its signature', async (t) => {
  const fake = await serveGha(t);
  const { transport } = makeTransport(t);
  const upload = blockUpload(`${fake.url}/storage/0?sig=very-secret`, transport);
  const error = await t.throwsAsync(upload.send(given(Buffer.from('x')), signal), {
    code: 'CACHE_UNAVAILABLE',
  });
  t.notRegex(error.message, /very-secret/);
});

test('a storage that gives the whole entry for a part is not believed', async (t) => {
  const digest = digestOf('x');
  const connect = async () => ({
    service: {
      find: async () => ({ key: 'e', downloadUrl: 'http://storage.example/' }),
      create: async () => ({ kind: 'taken' }) as const,
      finish: async () => undefined,
    },
    transport: {
      ...makeTransport(t).transport,
      request: async () => ({
        status: 200,
        headers: { get: () => null },
        url: 'http://storage.example/',
        body: given(Buffer.from('x')),
        discard: async () => undefined,
      }),
    },
  });
  const layers = ghaLayers('place', connect);
  layers.add(new Map<Digest, { entry: string; offset: number }>([[digest, { entry: 'e', offset: 0 }]]));
  const blob = { mediaType: 'x', digest, size: 1 };
  await t.throwsAsync(layers.open(blob, signal)[Symbol.asyncIterator]().next(), {
    code: 'CACHE_UNAVAILABLE',
  });
});
