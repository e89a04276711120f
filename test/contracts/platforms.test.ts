// Images for several platforms, built without a sandbox, read by tools that others wrote: skopeo, podman, docker.
import test, { type ExecutionContext } from 'ava';
import { execFileSync, type StdioOptions } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, push, save, tag } from '../../src/index.js';
import { digestOf, type Digest } from '../../src/core/digest.js';
import { parsePlatform, platformOfNode } from '../../src/oci/platform.js';
import { MEDIA, type ImageConfig, type ImageIndex } from '../../src/oci/types.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { builder, type Builder } from '../support/in-process-build.js';
import { personaFor } from '../support/personas/persona.js';
import { PERSONA_NAMES } from '../support/personas/rules.js';
import { startDocker } from '../support/real-engines.js';
import { startRealRegistry, type RealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';

const withSkopeo = testNeeding('registry', 'skopeo');
const withPodman = testNeeding('registry', 'podman');
const withDocker = testNeeding('registry', 'dockerd');

const local = platformOfNode('x64');
const platforms = ['linux/arm/v7', 'linux/amd64', 'linux/arm64'].map((text) => parsePlatform(text, local));
const DOCKERFILE = `
FROM --platform=$BUILDPLATFORM scratch AS files
COPY shared /shared
FROM scratch
COPY --from=files /shared /shared
ARG TARGETARCH
COPY bin-$TARGETARCH /bin/app
CMD ["/bin/app"]
`;

const FILES = { shared: 's'.repeat(1 << 20), 'bin-arm': 'arm', 'bin-amd64': 'amd64', 'bin-arm64': 'arm64' };

interface Scene extends Builder {
  readonly registry: RealRegistry;
  readonly name: string;
  readonly options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string };
  make(request: Partial<BuildRequest>): ReturnType<Builder['build']>;
}

async function scene(t: ExecutionContext): Promise<Scene> {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  const made = builder(t);
  made.write(FILES);
  const name = `${registry.host}/team/app`;
  // A RUN, or anything else that needs a sandbox, would fail.
  const common = { dockerfileText: DOCKERFILE, platforms, isolation: 'none' } as const;
  return {
    ...made,
    registry,
    name,
    options: { env: { ...process.env, TSBUILD_ROOT: made.store }, cwd: made.context },
    make: (request) => made.build({ ...common, ...request }),
  };
}

function run(command: string, ...args: readonly string[]): string {
  return runWith({}, command, ...args);
}

function runWith(env: NodeJS.ProcessEnv, command: string, ...args: readonly string[]): string {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  return execFileSync(command, args, { stdio, encoding: 'utf8', env: { ...process.env, ...env } });
}

const raw = (name: string): string =>
  run('skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`);

function configOf(arch: readonly string[], source: string): ImageConfig {
  const flags = source.startsWith('docker://') ? ['--tls-verify=false'] : [];
  return JSON.parse(run('skopeo', ...arch, 'inspect', '--config', ...flags, source)) as ImageConfig;
}

const ARM = ['--override-arch', 'arm', '--override-variant', 'v7'];
const architectures = (index: ImageIndex) => index.manifests.map(({ platform }) => platform?.architecture);

withSkopeo('what is pushed is the index that was told, and each platform is found in it', async (t) => {
  const { make, name } = await scene(t);
  const outputs = [{ type: 'image', push: true } as const];
  const { digest } = await make({ tags: [`${name}:1`, `${name}:2`], outputs });
  const text = raw(`${name}:1`);
  t.is(digestOf(text), digest as Digest);
  t.is(raw(`${name}:2`), text);
  const index = JSON.parse(text) as ImageIndex;
  t.deepEqual(architectures(index), ['arm', 'amd64', 'arm64']);
  t.is(text, JSON.stringify(index, null, 2));
  for (const [flags, architecture] of [
    [ARM, 'arm'],
    [['--override-arch', 'arm64'], 'arm64'],
    [['--override-arch', 'amd64'], 'amd64'],
  ] as const)
    t.is(configOf(flags, `docker://${name}:1`).architecture, architecture);
});

withSkopeo('an oci archive and a layout hold all of them, and skopeo copies all of them', async (t) => {
  const { make, context, name } = await scene(t);
  const [archive, layout] = [join(context, '..', 'a.tar'), join(context, '..', 'layout')];
  const { digest } = await make({
    tags: ['app:1'],
    outputs: [
      { type: 'oci', dest: archive },
      { type: 'oci', dest: layout, tar: false },
    ],
  });
  const top = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as ImageIndex;
  t.deepEqual(
    top.manifests.map(({ mediaType, digest: each }) => [mediaType, each as string]),
    [[MEDIA.ociIndex, digest!]],
  );
  t.is(top.manifests[0]!.annotations?.['org.opencontainers.image.ref.name'], '1');
  for (const file of readdirSync(join(layout, 'blobs', 'sha256')))
    t.is(digestOf(readFileSync(join(layout, 'blobs', 'sha256', file))), `sha256:${file}` as Digest);
  t.is(configOf(ARM, `oci-archive:${archive}:1`).architecture, 'arm');
  t.is(configOf(['--override-arch', 'arm64'], `oci:${layout}:1`).architecture, 'arm64');
  run(
    'skopeo',
    'copy',
    '--all',
    '--dest-tls-verify=false',
    `oci-archive:${archive}:1`,
    `docker://${name}:copy`,
  );
  t.is(digestOf(raw(`${name}:copy`)), digest as Digest);
});

withSkopeo(
  'an image of the store: tag, push and save take all platforms, inspect the one asked for',
  async (t) => {
    const { make, name, options, context } = await scene(t);
    await make({ tags: ['app:1'], outputs: [] });
    await tag('app:1', [`${name}:kept`], options);
    const [pushed] = await push({ image: `${name}:kept` }, options);
    t.is(digestOf(raw(`${name}:kept`)), pushed!.digest);
    t.deepEqual(architectures(JSON.parse(raw(`${name}:kept`)) as ImageIndex), ['arm', 'amd64', 'arm64']);
    const [again] = await push({ image: `${name}:kept` }, options);
    t.is(again!.digest, pushed!.digest);
    const [details] = await inspect(['app:1'], { ...options, platform: platforms[2]! });
    t.is(details!.Architecture, 'arm64');
    const [oci, docker] = [join(context, '..', 's.tar'), join(context, '..', 'd.tar')];
    await save({ names: ['app:1'], format: 'oci', output: oci }, options);
    t.is(configOf(ARM, `oci-archive:${oci}`).architecture, 'arm');
    await save({ names: ['app:1'], output: docker, platform: platforms[0]! }, options);
    t.is(configOf(ARM, `docker-archive:${docker}`).architecture, 'arm');
    await save({ names: ['app:1'], output: docker }, options);
    const own = platformOfNode(process.arch).architecture;
    t.is(configOf(['--override-arch', own], `docker-archive:${docker}`).architecture, own);
  },
);

withSkopeo('a base that was built for several platforms serves each of them from the store', async (t) => {
  const { make, build } = await scene(t);
  await make({ tags: ['base:1'], outputs: [] });
  const dockerfileText = 'FROM base:1\nCOPY shared /more\n';
  const { files } = await build({ dockerfileText, platforms, isolation: 'none' });
  for (const [folder, content] of [
    ['linux_arm_v7', 'arm'],
    ['linux_amd64', 'amd64'],
    ['linux_arm64', 'arm64'],
  ] as const)
    t.is(readFileSync(join(files, folder, 'bin', 'app'), 'utf8'), content);
});

withSkopeo('an index of one, and one job for each platform joined to an index', async (t) => {
  const { make, name, options } = await scene(t);
  const outputs = [{ type: 'image', push: true } as const];
  await make({
    platforms: platforms.slice(0, 1),
    tags: [`${name}:one`],
    buildArgs: { BUILDKIT_MULTI_PLATFORM: '1' },
    outputs,
  });
  t.deepEqual(architectures(JSON.parse(raw(`${name}:one`)) as ImageIndex), ['arm']);
  const { digest: whole } = await make({ tags: [`${name}:whole`], outputs });
  const sources: string[] = [];
  for (const platform of platforms) {
    const { digest } = await make({
      platforms: [platform],
      outputs: [{ type: 'image', push: true, pushByDigest: true, names: [name] }],
    });
    sources.push(digest!);
  }
  const { createManifest } = await import('../../src/index.js');
  const joined = await createManifest({ tags: [`${name}:joined`], sources }, options);
  t.is(joined.digest, whole as Digest);
});

withPodman('podman reads the index and takes the image of a platform', async (t) => {
  const { make, name, context, registry } = await scene(t);
  await make({ tags: [`${name}:1`], outputs: [{ type: 'image', push: true }] });
  const folder = join(context, '..', 'podman');
  const storage = [
    '--root',
    join(folder, 'root'),
    '--runroot',
    // Of at most 50 characters.
    mkdtempSync('/tmp/tsbuild-run-'),
    '--storage-driver',
    'vfs',
  ];
  const conf = join(folder, 'registries.conf');
  mkdirSync(folder);
  writeFileSync(conf, `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`);
  const podman = (...args: readonly string[]): string =>
    runWith({ CONTAINERS_REGISTRIES_CONF: conf }, 'podman', ...storage, ...args);
  const index = JSON.parse(podman('manifest', 'inspect', `${name}:1`)) as ImageIndex;
  t.deepEqual(architectures(index), ['arm', 'amd64', 'arm64']);
  podman('pull', '-q', '--tls-verify=false', '--platform', 'linux/arm64', `${name}:1`);
  t.is(podman('image', 'inspect', '--format', '{{.Architecture}}', `${name}:1`).trim(), 'arm64');
});

withDocker('docker pulls the image of its own platform, or of another one', async (t) => {
  const { make, name } = await scene(t);
  await make({ tags: [`${name}:1`], outputs: [{ type: 'image', push: true }] });
  const docker = await startDocker(t);
  const architecture = (): string =>
    docker.run(['image', 'inspect', '--format', '{{.Architecture}}', `${name}:1`]).trim();
  docker.run(['pull', '-q', `${name}:1`]);
  t.is(architecture(), platformOfNode(process.arch).architecture);
  docker.run(['pull', '-q', '--platform', 'linux/arm64', `${name}:1`]);
  t.is(architecture(), 'arm64');
});

for (const persona of PERSONA_NAMES)
  test(`${persona}: manifests by their digests, then the index, and the second time nothing`, async (t) => {
    const registry = await personaFor(t, persona);
    registry.createRepository('team/app');
    const { build, write } = builder(t);
    write(FILES);
    const request = {
      dockerfileText: DOCKERFILE,
      platforms,
      tags: [`${registry.host}/team/app:1`],
      outputs: [{ type: 'image', push: true } as const],
    };
    const { digest } = await build(request);
    const bytes = registry.manifest('team/app', '1');
    t.is(digestOf(bytes!), digest as Digest);
    t.deepEqual(architectures(JSON.parse(bytes!.toString()) as ImageIndex), ['arm', 'amd64', 'arm64']);
    const puts = () =>
      registry.log.filter(({ method, url }) => method === 'PUT' && url.includes('/manifests/'));
    t.deepEqual(
      puts().map(({ url }) => /sha256/.test(url)),
      [true, true, true, false],
    );
    registry.forgetLog();
    t.is((await build(request)).digest, digest!);
    // One that does not tell the digest of a tag gets the index again.
    const sent = registry.log.filter((one) => one.bytes > 0).map(({ url }) => url);
    t.deepEqual(sent, persona === 'artifactory' ? ['/v2/team/app/manifests/1'] : []);
  });
