// Places of remote caches that attack, and builds that attack the caches of others.
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { awsCredentials } from '../../src/cache/remote/aws/credentials.js';
import { openGhaPackStore } from '../../src/cache/remote/gha/open-gha-store.js';
import { blobPath } from '../../src/cache/remote/local/layout-files.js';
import { openLayoutPackStore } from '../../src/cache/remote/local/open-layout-store.js';
import { s3Address } from '../../src/cache/remote/s3/s3-address.js';
import { TsbuildError } from '../../src/core/errors.js';
import { attack } from '../support/attack.js';
import { serveGha } from '../support/fake-gha.js';
import { blobOf, packOf, pieces, publishAll } from '../support/packs-to-publish.js';
import { makeTransport } from '../support/registry-client.js';
import { tempDir } from '../support/temp-store.js';

const signal = new AbortController().signal;
const LAYER = blobOf(Buffer.from('a layer'));

attack(
  'digests',
  'a layer that changed on its way out does not become a blob of the cache',
  ['src/cache/remote/verified-body.ts', 'if (length !== size || digestOfHash(hash) !== digest)'],
  async (t) => {
    const path = join(tempDir(t), 'cache');
    const forged = { ...LAYER, open: () => pieces(Buffer.from('A LAYER')) };
    await t.throwsAsync(openLayoutPackStore({ path, tag: 'main' }).putBlob(forged, signal), {
      instanceOf: TsbuildError,
    });
    t.throws(() => readFileSync(blobPath(path, LAYER.descriptor.digest)), { code: 'ENOENT' });
  },
);

attack(
  'OCI image layout',
  'a blob of a layout that is a pipe is not waited for',
  ['src/cache/remote/local/layout-files.ts', 'if (!statSync(path, { throwIfNoEntry: false })?.isFile())'],
  async (t) => {
    const path = join(tempDir(t), 'cache');
    const store = openLayoutPackStore({ path, tag: 'main' });
    await publishAll(store, packOf('records', [LAYER]), [LAYER], undefined);
    const blob = blobPath(path, LAYER.descriptor.digest);
    rmSync(blob);
    execFileSync('mkfifo', [blob]);
    // Lets a reader that waits go on, so that the test ends.
    const release = () => void execFile('timeout', ['1', 'cp', '/dev/null', blob]);
    const timer = setInterval(release, 1000);
    t.teardown(() => clearInterval(timer));
    const read = store.openBlob(LAYER.descriptor, signal)[Symbol.asyncIterator]();
    await t.throwsAsync(read.next(), { instanceOf: TsbuildError, code: 'CACHE_UNAVAILABLE' });
  },
);

attack(
  'bounds',
  'records of more than 16 MiB are not taken into memory',
  ['src/cache/remote/pack-documents.ts', 'if (records.size > MAX_PACKED_BYTES)'],
  async (t) => {
    const path = join(tempDir(t), 'cache');
    const store = openLayoutPackStore({ path, tag: 'main' });
    await store.publish(packOf(Buffer.alloc((16 << 20) + 1), []), undefined, signal);
    await t.throwsAsync(store.read(signal), { instanceOf: TsbuildError, code: 'CACHE_INVALID' });
  },
);

attack(
  'actions/cache, keys',
  'a branch whose name goes on from that of another one does not write into its cache',
  ['src/cache/remote/gha/open-gha-store.ts', 'const prefix = `tsbuild-${encodeURIComponent(scope)}#`;'],
  async (t) => {
    const fake = await serveGha(t);
    const { transport } = makeTransport(t);
    const env = { ACTIONS_RESULTS_URL: fake.url, ACTIONS_RUNTIME_TOKEN: fake.token };
    const open = (scope: string) =>
      openGhaPackStore({}, scope, { env, transport: async () => transport, note: () => undefined });
    for (const scope of ['main#', 'main#1-1', 'main-'])
      await open(scope).publish(packOf(scope, []), undefined, signal);
    t.deepEqual(await open('main').read(signal), { kind: 'nothing' });
  },
);

attack(
  'CVE-2020-15157',
  'an address of storage that the cache service names is not that of the metadata of this machine',
  ['src/cache/remote/gha/gha-layers.ts', '{ headers: { range }, isGuarded: true, signal }'],
  async (t) => {
    const fake = await serveGha(t);
    const { transport } = makeTransport(t);
    const env = { ACTIONS_RESULTS_URL: fake.url, ACTIONS_RUNTIME_TOKEN: fake.token };
    const tools = { env, transport: async () => transport, note: () => undefined };
    await publishAll(openGhaPackStore({}, 'main', tools), packOf('1', [LAYER]), [LAYER], undefined);
    const reader = openGhaPackStore({}, 'main', tools);
    await reader.read(signal);
    const asked = 'http://169.254.169.254/latest/meta-data/';
    fake.intercept = () => ({
      status: 200,
      body: {
        ok: true,
        signed_download_url: asked,
        matched_key: fake.entries().find(({ key }) => key.startsWith('tsbuild-layers'))?.key,
      },
    });
    const read = reader.openBlob(LAYER.descriptor, AbortSignal.timeout(5000))[Symbol.asyncIterator]();
    const error = await t.throwsAsync(read.next(), { instanceOf: TsbuildError });
    t.is(error.code, 'REGISTRY_PROTOCOL');
    t.regex(error.message, /link-local or metadata address/);
  },
);

attack(
  'AWS SDKs, container credential provider',
  'the token of a container goes to no host that another one named',
  ['src/cache/remote/aws/credential-services.ts', 'if (url && isAllowed) return url.href;'],
  async (t) => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{}');
    }).listen(0, '0.0.0.0');
    t.teardown(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const env = {
      // Reached, and no address that is allowed.
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://0.0.0.0:${port}/`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const { transport } = makeTransport(t);
    const tools = { env, transport, region: 'r', now: () => 0, profile: undefined };
    await t.throwsAsync(awsCredentials({}, tools)(signal), { instanceOf: TsbuildError });
    t.deepEqual(seen, []);
  },
);

attack(
  'keys of objects',
  'a scope does not climb out of the prefix of its bucket',
  ['src/cache/remote/s3/s3-address.ts', "if (parts.some((part) => part === '.' || part === '..')"],
  (t) => {
    const address = s3Address({ bucket: 'b-1', region: 'r', prefix: 'team/' }, {});
    t.throws(() => address.url(address.packKey('../../other/packs/main')), { code: 'OPTION_INVALID' });
  },
);
