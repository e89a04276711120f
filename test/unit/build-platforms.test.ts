// A build for several platforms: what is made once, what is made for each, and what comes of it.
import test, { type ExecutionContext } from 'ava';
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type Digest } from '../../src/core/digest.js';
import { parsePlatform, platformOfNode } from '../../src/oci/platform.js';
import { MEDIA, type ImageIndex } from '../../src/oci/types.js';
import { listNames } from '../../src/store/image-names.js';
import { createRig, type Rig } from '../rig/rig.js';
import { file } from '../support/sandbox-rootfs.js';

const own = platformOfNode(process.arch);
const other = parsePlatform(own.architecture === 'arm64' ? 'linux/amd64' : 'linux/arm64', own);
const platforms = [other, own];
const [ownName, otherName] = [own, other].map(({ os, architecture }) => `${os}/${architecture}`) as [
  string,
  string,
];

const TEXT = `
FROM --platform=$BUILDPLATFORM base AS native
RUN shared
FROM --platform=$BUILDPLATFORM base AS cross
ARG TARGETARCH
RUN cross
FROM scratch
COPY --from=native /f /f
COPY --from=cross /f /g
`;

async function rigOf(t: ExecutionContext): Promise<Rig> {
  const rig = createRig(t);
  await rig.serve('base');
  rig.endAll((command) => [file('f', command)]);
  return rig;
}

const names = (build: ReturnType<Rig['build']>): readonly string[] =>
  build.events.flatMap((event) => (event.kind === 'step-start' ? event.step.name : []));

function indexIn(rig: Rig, digest: string | undefined): ImageIndex {
  return JSON.parse(rig.store.readSmallBlob(digest as Digest)!.toString()) as ImageIndex;
}

test('what does not know the target runs once, what knows it once for each', async (t) => {
  const rig = await rigOf(t);
  const build = rig.build(TEXT, { platforms, tags: ['app:1'] });
  const { executed, digest, configDigest, names: given } = await build.result;
  t.deepEqual(rig.started.toSorted(), ['cross', 'cross', 'shared']);
  t.is(executed, 3 + 2 * 2);
  t.is(configDigest, undefined);
  t.deepEqual(given, ['docker.io/library/app:1']);
  const shown = names(build);
  t.is(shown.filter((name) => name.endsWith('RUN shared')).length, 1);
  t.true(shown.includes(`[${ownName} native 2/2] RUN shared`));
  t.true(shown.includes(`[${ownName} cross 2/2] RUN cross`));
  t.true(shown.includes(`[${ownName}->${other.architecture} cross 2/2] RUN cross`));
  t.true(shown.includes(`[${otherName} stage-2 1/2] COPY --from=native /f /f`));
  const ids = build.events.flatMap((event) => (event.kind === 'step-start' ? event.step.id : []));
  t.is(new Set(ids).size, ids.length);
  const index = indexIn(rig, digest);
  t.deepEqual(
    index.manifests.map(({ platform }) => platform),
    platforms.map(({ os, architecture }) => ({ architecture, os })),
  );
});

test('the second build is all hits and gives the same index', async (t) => {
  const rig = await rigOf(t);
  const request = { platforms, tags: ['app:1'], buildArgs: { SOURCE_DATE_EPOCH: '1' } };
  const first = await rig.build(TEXT, request).result;
  const second = await rig.build(TEXT, request).result;
  t.deepEqual([second.executed, second.digest], [0, first.digest]);
  const image = listNames(rig.store.paths)[0]?.image;
  t.like(image, { mediaType: MEDIA.ociIndex, digest: first.digest as Digest });
});

test('each image of the index is the one that a build for its platform alone gives', async (t) => {
  const rig = await rigOf(t);
  const request = { buildArgs: { SOURCE_DATE_EPOCH: '1' }, tags: ['app:1'] };
  const { digest } = await rig.build(TEXT, { ...request, platforms }).result;
  for (const [place, platform] of platforms.entries()) {
    const single = await rig.build(TEXT, { ...request, platform }).result;
    t.is(indexIn(rig, digest).manifests[place]!.digest, single.digest as Digest);
    t.is(single.executed, 0);
    t.truthy(single.configDigest);
  }
});

test('a failure names the platform that it is of', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nRUN one\n', { platforms });
  const one = await rig.nextRun('one');
  await rig.nextRun('one');
  one.exits(1);
  const { message, code, location } = await build.failure();
  t.is(code, 'STEP_EXIT_NONZERO');
  t.is(location?.startLine, 2);
  t.regex(message, new RegExp(`^(${ownName}|${otherName}): process "`));
});

test('a push: manifests by their digests, then the index under each name, entries as asked', async (t) => {
  const rig = await rigOf(t);
  const { digest } = await rig.build(TEXT, {
    platforms,
    tags: ['r.test/app:1', 'r.test/other:2'],
    annotations: [
      'all=1',
      `manifest[${otherName}]:one=2`,
      `manifest-descriptor[${ownName}]:entry=3`,
      'index:whole=4',
    ],
    outputs: [{ type: 'image', push: true }],
  }).result;
  const { log, indexes, manifests } = rig.pushed;
  const puts = log.filter((line) => line.startsWith('put '));
  t.deepEqual(puts.slice(-2).toSorted(), ['put r.test/app:1', 'put r.test/other:2']);
  t.is(puts.length, 2 * 2 + 2);
  t.true(puts.slice(0, 4).every((line) => /@sha256:/.test(line)));
  const { index, bytes } = indexes.get('r.test/app:1')!;
  t.is(digestOf(bytes), digest as Digest);
  t.deepEqual(index.annotations, { whole: '4' });
  t.deepEqual(
    index.manifests.map(({ annotations }) => annotations),
    [undefined, { entry: '3' }],
  );
  const annotationsOf = (place: number) =>
    manifests.get(`r.test/app@${index.manifests[place]!.digest}`)!.annotations;
  t.deepEqual([annotationsOf(0), annotationsOf(1)], [{ all: '1', one: '2' }, { all: '1' }]);
  // What both images have was sent once.
  const sent = log.filter((line) => line.startsWith('sent '));
  t.is(new Set(sent).size, sent.length);
  const before = log.length;
  await rig.build(TEXT, { platforms, tags: ['r.test/app:1'], outputs: [{ type: 'image', push: true }] })
    .result;
  t.true(log.slice(before).every((line) => line.startsWith('put ') || line.startsWith('sent ')));
});

test('by digest: no tag, and the digest is that of the index', async (t) => {
  const rig = await rigOf(t);
  const outputs = [{ type: 'image', push: true, pushByDigest: true, names: ['r.test/app'] } as const];
  const { digest } = await rig.build(TEXT, { platforms, outputs }).result;
  t.true(rig.pushed.indexes.has(`r.test/app@${digest}`));
  t.false(rig.pushed.log.some((line) => line.startsWith('put r.test/app:')));
});

test("docker's media types make docker's list", async (t) => {
  const rig = await rigOf(t);
  const outputs = [{ type: 'image', push: true, ociMediaTypes: false } as const];
  await rig.build(TEXT, { platforms, tags: ['r.test/app:1'], outputs }).result;
  const { index } = rig.pushed.indexes.get('r.test/app:1')!;
  t.is(index.mediaType, MEDIA.dockerList);
  t.true(index.manifests.every(({ mediaType }) => mediaType === MEDIA.dockerManifest));
});

test('one platform is a manifest, unless an index is asked for', async (t) => {
  const rig = await rigOf(t);
  const request = {
    platforms: [own],
    tags: ['r.test/app:1'],
    outputs: [{ type: 'image', push: true } as const],
  };
  const plain = await rig.build('FROM scratch\nRUN one\n', request).result;
  t.true(rig.pushed.manifests.has('r.test/app:1'));
  t.truthy(plain.configDigest);
  const forced = { ...request, buildArgs: { BUILDKIT_MULTI_PLATFORM: '1' }, tags: ['r.test/app:2'] };
  const build = rig.build('FROM scratch\nRUN one\n', forced);
  await build.result;
  const { index } = rig.pushed.indexes.get('r.test/app:2')!;
  t.is(index.manifests.length, 1);
  t.true(rig.pushed.manifests.has(`r.test/app@${index.manifests[0]!.digest}`));
  t.deepEqual(build.ends, ['RUN one: cached']);
});

test('files: a folder for each platform, or one for all when nothing clashes', async (t) => {
  const rig = await rigOf(t);
  const dest = join(rig.context, '..', 'out');
  await rig.build('FROM scratch\nARG TARGETARCH\nRUN one\n', {
    platforms,
    outputs: [{ type: 'local', dest }],
  }).result;
  for (const name of [ownName, otherName])
    t.is(readFileSync(join(dest, name.replace('/', '_'), 'f'), 'utf8'), 'one');
  const flat = join(rig.context, '..', 'flat');
  const clash = await rig
    .build('FROM scratch\nRUN one\n', {
      platforms,
      outputs: [{ type: 'local', dest: flat, platformSplit: false }],
    })
    .failure();
  t.is(clash.code, 'OPTION_CONFLICT');
  t.is(clash.message, `cannot overwrite f from ${otherName} with ${ownName} when split option is disabled`);
  t.false(existsSync(flat));
  const one = join(rig.context, '..', 'one');
  const outputs = [{ type: 'local', dest: one, platformSplit: true } as const];
  await rig.build('FROM scratch\nRUN one\n', { platform: own, outputs }).result;
  t.is(readFileSync(join(one, ownName.replace('/', '_'), 'f'), 'utf8'), 'one');
});

test("docker's archives and engines without a place for an index are refused before and after", async (t) => {
  const rig = await rigOf(t);
  const dest = join(rig.context, '..', 'out.tar');
  const refused = await rig.build(TEXT, { platforms, outputs: [{ type: 'docker', dest }] }).failure();
  t.is(refused.code, 'OPTION_UNSUPPORTED');
  t.is(refused.message, 'docker exporter does not currently support exporting manifest lists');
  t.deepEqual(rig.started, []);
  const stray = await rig.build(TEXT, { platforms, annotations: ['manifest[linux/s390x]:a=b'] }).failure();
  t.is(stray.message, 'invalid annotation: no platform linux/s390x found in source');
});

test('the files that tell of it: the digest of the index, and no config', async (t) => {
  const rig = await rigOf(t);
  const [iidFile, metadataFile] = ['iid', 'metadata.json'].map((name) => join(rig.context, '..', name));
  const { digest } = await rig.build(TEXT, {
    platforms,
    tags: ['app:1'],
    iidFile: iidFile!,
    metadataFile: metadataFile!,
  }).result;
  t.is(readFileSync(iidFile!, 'utf8'), digest!);
  const metadata = JSON.parse(readFileSync(metadataFile!, 'utf8')) as Record<string, unknown>;
  t.like(metadata, {
    'containerimage.digest': digest,
    'image.name': 'docker.io/library/app:1',
  });
  t.like(metadata['containerimage.descriptor'], { mediaType: MEDIA.ociIndex, digest });
  t.false('containerimage.config.digest' in metadata);
});
