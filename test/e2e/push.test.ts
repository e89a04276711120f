// Pushing with the command, to Debian's docker-registry behind a proxy that counts.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEDIA, type ImageManifest } from '../../src/oci/types.js';
import { startCountedRegistry, type CountedRegistry } from '../support/counting-proxy.js';
import { pushToRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';
import { makeTinyImage } from '../support/tiny-image.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const files = {
  Dockerfile: 'FROM scratch\nCOPY a.txt /data/\nCOPY sub /data/\nCMD ["/data/a.txt"]\n',
  'a.txt': 'a'.repeat(100_000),
  'sub/b.txt': 'b',
};
const withRegistry = testNeeding('registry');

interface Metadata {
  readonly 'containerimage.digest': string;
  readonly 'containerimage.config.digest': string;
  readonly 'image.name': string;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

async function manifestOf({ host }: CountedRegistry, repository: string, reference: string) {
  const headers = { accept: `${MEDIA.ociManifest}, ${MEDIA.dockerManifest}` };
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${reference}`, { headers });
  const digest = answer.headers.get('docker-content-digest');
  return { status: answer.status, digest, manifest: (await answer.json()) as ImageManifest };
}

async function scene(t: ExecutionContext) {
  const registry = await startCountedRegistry(t);
  const space = workspace(t, files);
  const metadata = join(space.root, 'metadata.json');
  return { registry, space, metadata, name: `${registry.host}/team/app` };
}

withRegistry('--push puts the image there, and the second time sends nothing', async (t) => {
  const { registry, space, metadata, name } = await scene(t);
  const args = ['--push', '-t', `${name}:1`, '--metadata-file', metadata];
  const run = await space.build(args);
  assertBuilt(t, run);
  const { digest, manifest } = await manifestOf(registry, 'team/app', '1');
  t.like(readJson(metadata), { 'containerimage.digest': digest, 'image.name': `${name}:1` });
  t.deepEqual(
    manifest.layers.map(({ mediaType }) => mediaType),
    [MEDIA.ociLayerGzip, MEDIA.ociLayerGzip],
  );
  t.regex(run.stderr, /exporting to image\n/);
  t.true(run.stderr.includes(`pushing manifest for ${name}:1@${digest}`));

  registry.forget();
  assertBuilt(t, await space.build(args));
  const { requests } = registry;
  t.deepEqual(
    requests.filter(({ method, up }) => up > 0 || !['HEAD', 'GET'].includes(method)),
    [],
  );
  // One to learn how to ask, one for each blob, one for the tag.
  t.true(requests.length <= 1 + 3 + 1, JSON.stringify(requests));
});

testNeeding('registry', 'skopeo')('skopeo reads what was pushed, in each compression', async (t) => {
  const { registry, space, name } = await scene(t);
  const kinds =
    process.versions.zstd === undefined ? ['gzip', 'uncompressed'] : ['gzip', 'zstd', 'uncompressed'];
  for (const kind of kinds) {
    assertBuilt(t, await space.build(['-t', `${name}:${kind}`, '-o', `type=registry,compression=${kind}`]));
    const target = join(space.root, kind);
    execFileSync('skopeo', ['copy', '--src-tls-verify=false', `docker://${name}:${kind}`, `dir:${target}`]);
    const { digest } = await manifestOf(registry, 'team/app', kind);
    t.is(digest, `sha256:${sha256(join(target, 'manifest.json'))}`);
  }
  const { digest } = await manifestOf(registry, 'team/app', 'gzip');
  assertBuilt(t, await space.build(['-t', `${name}:docker`, '-o', 'type=registry,oci-mediatypes=false']));
  const docker = await manifestOf(registry, 'team/app', 'docker');
  t.is(docker.manifest.mediaType, MEDIA.dockerManifest);
  t.not(docker.digest, digest);
});

function sha256(path: string): string {
  return execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64);
}

testNeeding('registry', 'docker')('docker pulls and shows what was pushed', async (t) => {
  const { space, name } = await scene(t);
  const metadata = join(space.root, 'm.json');
  assertBuilt(t, await space.build(['--push', '-t', `${name}:1`, '--metadata-file', metadata]));
  execFileSync('docker', ['pull', '--quiet', `${name}:1`]);
  t.teardown(() => execFileSync('docker', ['rmi', '--force', `${name}:1`]));
  const id = execFileSync('docker', ['inspect', '--format', '{{.Id}}', `${name}:1`], { encoding: 'utf8' });
  t.is(id.trim(), readJson<Metadata>(metadata)['containerimage.config.digest']);
});

withRegistry('a base of the same registry is mounted: no byte of it comes or goes', async (t) => {
  const { registry, space, name } = await scene(t);
  const { blobs, manifest } = makeTinyImage();
  const place = { host: registry.host, origin: `http://${registry.host}`, stop: async () => undefined };
  await pushToRegistry(place, {
    repository: 'bases/tiny',
    name: '1',
    blobs: new Map([...blobs].filter(([digest]) => digest !== manifest.digest)),
    document: blobs.get(manifest.digest)!,
    type: manifest.mediaType,
  });
  registry.forget();
  space.write('Dockerfile', `FROM ${registry.host}/bases/tiny:1\nENV a=b\n`);
  assertBuilt(t, await space.build(['--push', '-t', `${name}:1`]));
  const isBlob = ({ path }: { readonly path: string }) => path.includes('/blobs/');
  const { manifest: pushed } = await manifestOf(registry, 'team/app', '1');
  const layers = new Set(pushed.layers.map(({ digest }) => digest as string));
  const ofLayers = registry.requests.filter(({ path, query }) =>
    [...layers].some((digest) => `${path}${decodeURIComponent(query)}`.includes(digest)),
  );
  t.true(ofLayers.length > 0);
  t.deepEqual(
    ofLayers.filter(({ up, down }) => up > 0 || down > 0),
    [],
  );
  t.true(
    ofLayers.some(({ method, query, status }) => method === 'POST' && /mount=/.test(query) && status === 201),
  );
  // Both configs are all that came and went.
  t.true(registry.bytes().down < 4096);
  t.true(registry.bytes().up < 4096);
  t.true(registry.requests.some(isBlob));
});

withRegistry('by digest: the digest of the metadata is there, and no tag', async (t) => {
  const { registry, space, metadata, name } = await scene(t);
  const output = `type=image,name=${name},push-by-digest=true,name-canonical=true,push=true`;
  assertBuilt(t, await space.build(['--output', output, '--metadata-file', metadata]));
  const facts = readJson<Metadata>(metadata);
  t.is(facts['image.name'], name);
  t.is((await manifestOf(registry, 'team/app', facts['containerimage.digest'])).status, 200);
  const tags = await fetch(`http://${registry.host}/v2/team/app/tags/list`);
  t.deepEqual(((await tags.json()) as { tags?: string[] | null }).tags ?? [], []);
  const tagged = await space.build(['--output', `${output.replace(name, `${name}:1`)}`]);
  t.is(tagged.code, 2);
  t.regex(tagged.stderr, /can't push tagged ref .*\/team\/app:1 by digest/);
});

withRegistry('several names: blobs go up once', async (t) => {
  const { registry, space, name } = await scene(t);
  const names = [`${name}:1`, `${name}:2`, `${registry.host}/other/app:1`];
  assertBuilt(t, await space.build(['--push', ...names.flatMap((each) => ['-t', each])]));
  const found = await Promise.all([
    manifestOf(registry, 'team/app', '1'),
    manifestOf(registry, 'team/app', '2'),
    manifestOf(registry, 'other/app', '1'),
  ]);
  t.is(new Set(found.map(({ digest }) => digest)).size, 1);
  const { config, layers } = found[0]!.manifest;
  t.is(registry.bytes().up, config.size + layers.reduce((sum, { size }) => sum + size, 0));
  const puts = registry.requests.filter(
    ({ method, path }) => method === 'PUT' && path.includes('/manifests/'),
  );
  t.is(puts.at(-1)?.path, '/v2/team/app/manifests/1');
});

withRegistry('a build that fails leaves the tag as it was', async (t) => {
  const { registry, space, name } = await scene(t);
  assertBuilt(t, await space.build(['--push', '-t', `${name}:1`]));
  const before = await manifestOf(registry, 'team/app', '1');
  space.write('a.txt', 'changed');
  space.write('Dockerfile', `${files.Dockerfile}COPY --from=nowhere.invalid/x /a /\n`);
  t.not((await space.build(['--push', '-t', `${name}:1`])).code, 0);
  t.is((await manifestOf(registry, 'team/app', '1')).digest, before.digest);
});

withRegistry('push: names of the store, one or all; what is not there has similar names', async (t) => {
  const { registry, space, name } = await scene(t);
  assertBuilt(t, await space.build(['-t', `${name}:1`, '-t', `${name}:2`]));
  t.deepEqual(registry.requests, []);
  const tsbuild = (...args: string[]) => runTsbuild(args, { store: space.store });
  const one = await tsbuild('push', `${name}:1`);
  assertBuilt(t, one);
  const { digest } = await manifestOf(registry, 'team/app', '1');
  t.regex(one.stdout.toString(), new RegExp(`^${name}:1: digest: ${digest} size: \\d+\n$`));
  t.is((await manifestOf(registry, 'team/app', '2')).status, 404);
  assertBuilt(t, await tsbuild('push', '-q', '--all-tags', name));
  t.is((await manifestOf(registry, 'team/app', '2')).digest, digest);
  const lacking = await tsbuild('push', `${name}:3`);
  t.is(lacking.code, 7);
  t.regex(lacking.stderr, /^ERROR: no such image in the store: .*\(did you mean .*\/team\/app:1 or /m);
  t.is((await tsbuild('push', '-a', `${name}:1`)).code, 2);
  t.is((await tsbuild('push')).code, 2);
});

test('a push without a name is refused before anything is done', async (t) => {
  const space = workspace(t, files);
  for (const args of [['--push'], ['-o', 'type=registry'], ['-o', 'type=image,push=true']]) {
    const run = await space.build(args);
    t.is(run.code, 2);
    t.regex(run.stderr, /tag is needed when pushing to registry/);
    t.notRegex(run.stderr, /#1/);
  }
});
