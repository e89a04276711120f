// Joining and copying images between real registries, read back with tools that others wrote.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createManifest, inspectManifest } from '../../src/index.js';
import { digestOf, type Digest } from '../../src/core/digest.js';
import type { BuildEvent } from '../../src/core/events.js';
import { MEDIA, type DescriptorPlatform, type ImageIndex } from '../../src/oci/types.js';
import { descriptorOf } from '../support/fake-image.js';
import { pushToRegistry, startRealRegistry, type RealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';

const withRegistry = testNeeding('registry');
const withSkopeo = testNeeding('registry', 'skopeo');

async function start(t: ExecutionContext): Promise<RealRegistry> {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  return registry;
}

interface Made {
  readonly digest: Digest;
  readonly document: Buffer;
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly type: string;
}

/** An image of one empty layer, which every tool can unpack. */
function makeImage(architecture: string, { variant = '', isDocker = false } = {}): Made {
  const tar = Buffer.alloc(1024);
  const layerBytes = gzipSync(tar);
  const configBytes = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      ...(variant === '' ? {} : { variant }),
      config: { Cmd: ['/x'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      history: [{ created_by: architecture }],
    }),
  );
  const type = isDocker ? MEDIA.dockerManifest : MEDIA.ociManifest;
  const document = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: descriptorOf(configBytes, isDocker ? MEDIA.dockerConfig : MEDIA.ociConfig),
      layers: [descriptorOf(layerBytes, isDocker ? MEDIA.dockerLayerGzip : MEDIA.ociLayerGzip)],
    }),
  );
  const blobs = new Map([layerBytes, configBytes].map((bytes) => [digestOf(bytes), bytes] as const));
  return { digest: digestOf(document), document, blobs, type };
}

/** By digest alone, as a job per architecture does. */
async function push(registry: RealRegistry, repository: string, image: Made, name?: string): Promise<void> {
  await pushToRegistry(registry, { ...image, repository, name: name ?? image.digest });
}

function options(t: ExecutionContext, events: BuildEvent[] = []) {
  const cwd = tempDir(t);
  return {
    env: { TSBUILD_ROOT: join(cwd, 'store') },
    cwd,
    onEvent: (event: BuildEvent) => events.push(event),
  };
}

function skopeo(...args: readonly string[]): Buffer {
  return execFileSync('skopeo', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

function rawOf(name: string): Buffer {
  return skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`);
}

const entryOf = ({ document, digest, type }: Made, platform: DescriptorPlatform) => ({
  mediaType: type,
  digest,
  size: document.length,
  platform,
});

withSkopeo('images pushed by digest, one for each architecture, are joined under a tag', async (t) => {
  const registry = await start(t);
  const [amd64, arm] = [makeImage('amd64'), makeImage('arm', { variant: '7' })];
  for (const image of [amd64, arm]) await push(registry, 'app', image);
  const name = `${registry.host}/app:1`;
  const { cwd, ...rest } = options(t);
  const created = await createManifest(
    {
      sources: [amd64.digest, `${registry.host}/app@${arm.digest}`],
      tags: [name, `${registry.host}/app:latest`],
      annotations: ['index:org.opencontainers.image.title=App', 'manifest-descriptor[linux/arm]:a=b'],
      metadataFile: 'metadata.json',
    },
    { cwd, ...rest },
  );
  const expected = {
    schemaVersion: 2,
    mediaType: MEDIA.ociIndex,
    manifests: [
      entryOf(amd64, { architecture: 'amd64', os: 'linux' }),
      {
        ...entryOf(arm, { architecture: 'arm', os: 'linux', variant: 'v7' }),
        annotations: { a: 'b' },
      },
    ],
    annotations: { 'org.opencontainers.image.title': 'App' },
  };
  for (const tag of [name, `${registry.host}/app:latest`, `${registry.host}/app@${created.digest}`]) {
    t.deepEqual(JSON.parse(rawOf(tag).toString()), expected);
    t.deepEqual(digestOf(rawOf(tag)), created.digest);
  }
  const metadata = JSON.parse(readFileSync(join(cwd, 'metadata.json'), 'utf8')) as Record<string, unknown>;
  t.like(metadata, { 'containerimage.digest': created.digest, 'image.name': `${registry.host}/app` });
  skopeo('copy', '--all', '--src-tls-verify=false', `docker://${name}`, `dir:${join(cwd, 'copy')}`);
  const config = skopeo(
    'inspect',
    '--config',
    '--tls-verify=false',
    '--override-arch=arm',
    '--override-variant=v7',
    `docker://${name}`,
  );
  t.like(JSON.parse(config.toString()), { architecture: 'arm' });
});

withSkopeo('an index goes to another registry with all that it names, and keeps its digest', async (t) => {
  const [from, to] = [await start(t), await start(t)];
  const [amd64, arm64] = [makeImage('amd64'), makeImage('arm64', { isDocker: true })];
  for (const image of [amd64, arm64]) await push(from, 'o/app', image);
  // Members in an order of their own: only a copy byte for byte has this digest.
  const index = Buffer.from(
    JSON.stringify({
      mediaType: MEDIA.ociIndex,
      schemaVersion: 2,
      manifests: [
        entryOf(amd64, { architecture: 'amd64', os: 'linux' }),
        entryOf(arm64, { architecture: 'arm64', os: 'linux' }),
      ],
    }),
  );
  await pushToRegistry(from, {
    repository: 'o/app',
    name: '1',
    blobs: new Map(),
    document: index,
    type: MEDIA.ociIndex,
  });
  const request = { sources: [`${from.host}/o/app:1`], tags: [`${to.host}/mirror/app:1`] };
  const created = await createManifest(request, options(t));
  t.is(created.digest, digestOf(index));
  t.deepEqual(rawOf(`${to.host}/mirror/app:1`), index);
  skopeo('copy', '--all', '--src-tls-verify=false', `docker://${to.host}/mirror/app:1`, `dir:${tempDir(t)}`);

  // All is there: nothing is copied.
  const events: BuildEvent[] = [];
  await createManifest(request, options(t, events));
  t.false(events.some(({ kind }) => kind === 'step-progress'));

  const { digest } = await createManifest(
    {
      sources: [`${to.host}/mirror/app@${arm64.digest}`],
      tags: [`${to.host}/other:1`],
      isIndexPreferred: false,
    },
    options(t),
  );
  t.is(digest, arm64.digest);
  t.deepEqual(rawOf(`${to.host}/other:1`), arm64.document);
});

withSkopeo('images are added to what a tag stands for', async (t) => {
  const registry = await start(t);
  const [amd64, arm64] = [makeImage('amd64'), makeImage('arm64')];
  await push(registry, 'app', amd64, '1');
  await push(registry, 'other', arm64, '2');
  const name = `${registry.host}/app:1`;
  for (const _ of ['added', 'there already'])
    await createManifest(
      { sources: [`${registry.host}/other:2`], tags: [name], isAppended: true },
      options(t),
    );
  const { manifests } = JSON.parse(rawOf(name).toString()) as ImageIndex;
  t.deepEqual(
    manifests.map(({ digest, platform }) => [digest, platform?.architecture]),
    [
      [amd64.digest, 'amd64'],
      [arm64.digest, 'arm64'],
    ],
  );
});

withRegistry(
  "docker's manifests make docker's list; a descriptor from a file says the platform",
  async (t) => {
    const registry = await start(t);
    const image = makeImage('amd64', { isDocker: true });
    await push(registry, 'app', image);
    const { cwd, ...rest } = options(t);
    writeFileSync(
      join(cwd, 'descriptor.json'),
      JSON.stringify({ digest: image.digest, platform: { os: 'windows', 'os.version': '10.1' } }),
    );
    const { bytes, mediaType, names } = await createManifest(
      { sources: [], files: ['descriptor.json'], tags: [`${registry.host}/app:1`], isDryRun: true },
      { cwd, ...rest },
    );
    t.is(mediaType, MEDIA.dockerList);
    t.deepEqual(names, []);
    t.deepEqual((JSON.parse(Buffer.from(bytes).toString()) as ImageIndex).manifests, [
      entryOf(image, { architecture: 'amd64', os: 'windows', 'os.version': '10.1' }),
    ]);
    await t.throwsAsync(inspectManifest({ name: `${registry.host}/app:1` }, rest), {
      code: 'REGISTRY_NOT_FOUND',
    });
  },
);

withSkopeo('an image of a layout on disk is pushed and joined', async (t) => {
  const registry = await start(t);
  const [amd64, arm64] = [makeImage('amd64'), makeImage('arm64')];
  await push(registry, 'app', amd64, '1');
  const { cwd, ...rest } = options(t);
  await push(registry, 'other', arm64, '2');
  mkdirSync(join(cwd, 'out'));
  skopeo('copy', '--src-tls-verify=false', `docker://${registry.host}/other:2`, `oci:${join(cwd, 'out')}:2`);
  const name = `${registry.host}/app:all`;
  await createManifest(
    { sources: [`${registry.host}/app:1`, 'oci-layout://out:2'], tags: [name] },
    { cwd, ...rest },
  );
  const found = await inspectManifest({ name, hasImages: true }, rest);
  t.deepEqual(
    found.manifests?.map(({ digest }) => digest),
    [amd64.digest, arm64.digest],
  );
  t.deepEqual([...found.images.keys()], ['linux/amd64', 'linux/arm64']);
  t.is(found.images.get('linux/arm64')?.architecture, 'arm64');
  const layout = await inspectManifest({ name: 'oci-layout://out:2' }, { cwd, ...rest });
  t.is(layout.digest, arm64.digest);
});

withRegistry('a registry that lies about an entry gives an error, and no tag', async (t) => {
  const [from, to] = [await start(t), await start(t)];
  const image = makeImage('amd64');
  await push(from, 'app', image, 'image');
  for (const [lie, message] of [
    [{ mediaType: MEDIA.dockerManifest }, /the index has sha256:\S+ as "\S+docker\S+", but it is \S+oci/],
    [{ size: 7 }, /says that sha256:\S+ has 7 bytes/],
  ] as const) {
    const index = {
      schemaVersion: 2,
      mediaType: MEDIA.ociIndex,
      manifests: [{ ...entryOf(image, { architecture: 'amd64', os: 'linux' }), ...lie }],
    };
    await pushToRegistry(from, {
      repository: 'app',
      name: '1',
      blobs: new Map(),
      document: Buffer.from(JSON.stringify(index)),
      type: MEDIA.ociIndex,
    });
    await t.throwsAsync(
      createManifest({ sources: [`${from.host}/app:1`], tags: [`${to.host}/app:1`] }, options(t)),
      { code: 'REGISTRY_PROTOCOL', message },
    );
    await t.throwsAsync(inspectManifest({ name: `${to.host}/app:1` }, options(t)), {
      code: 'REGISTRY_NOT_FOUND',
    });
  }
});

const REFUSED: readonly [why: string, request: Parameters<typeof createManifest>[0], message: RegExp][] = [
  ['no sources', { sources: [] }, /no sources specified/],
  [
    'no tag',
    { sources: ['127.0.0.1:1/a'] },
    /can't push with no tags specified, please set --tag or --dry-run/,
  ],
  [
    'nothing to append to',
    { sources: ['127.0.0.1:1/a'], isAppended: true, isDryRun: true },
    /can't append with no tags/,
  ],
  [
    'a digest of any of two repositories',
    { sources: ['127.0.0.1:1/a', `sha256:${'0'.repeat(64)}`], tags: ['127.0.0.1:1/b:1'] },
    /multiple repositories specified, cannot infer repository for sha256:0/,
  ],
  [
    'a digest of no repository',
    { sources: [`sha256:${'0'.repeat(64)}`], isDryRun: true },
    /no repositories specified/,
  ],
  ['a layout as the target', { sources: ['127.0.0.1:1/a'], tags: ['oci-layout://x'] }, /to a registry only/],
  [
    'a file that is not there',
    { sources: [], files: ['nosuch'], tags: ['127.0.0.1:1/b'] },
    /cannot read nosuch/,
  ],
];

for (const [why, request, message] of REFUSED)
  testNeeding()(`refused: ${why}`, async (t) => {
    await t.throwsAsync(createManifest(request, options(t)), { message });
  });
