// --provenance, --sbom and --attest with the command: where statements lie, what they tell, and what they must not.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attestedDigest } from '../../src/oci/descriptor.js';
import { MEDIA, type Descriptor, type ImageIndex, type ImageManifest } from '../../src/oci/types.js';
import { serveFiles } from '../support/http-files.js';
import { startRealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

const files = { Dockerfile: 'FROM scratch\nARG V\nCOPY a.txt /data/\nLABEL kind=test\n', 'a.txt': 'a' };
const blob = (layout: string, { digest }: Pick<Descriptor, 'digest'>): Buffer =>
  readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
const json = <T>(bytes: Buffer | string): T => JSON.parse(bytes.toString()) as T;

/** What a layout holds under its only entry. */
function readLayout(layout: string) {
  const top = json<ImageIndex>(readFileSync(join(layout, 'index.json')));
  const [root] = top.manifests as readonly [Descriptor];
  const document = json<ImageIndex & ImageManifest>(blob(layout, root));
  const entries = document.manifests ?? [];
  const attestations = entries
    .filter((entry) => attestedDigest(entry) !== undefined)
    .map((entry) => ({ entry, manifest: json<ImageManifest>(blob(layout, entry)) }));
  return { root, entries, attestations };
}

async function built(t: ExecutionContext, space: Workspace, name: string, args: readonly string[]) {
  const layout = join(space.root, name);
  assertBuilt(t, await space.build([...args, '-o', `type=oci,dest=${layout},tar=false`]));
  return { layout, ...readLayout(layout) };
}

function inspect(space: Workspace, args: readonly string[]) {
  return runTsbuild(args, { store: space.store });
}

interface Slsa {
  readonly SLSA: {
    readonly buildDefinition: {
      readonly externalParameters: { readonly request: { readonly args?: Record<string, string> } };
      readonly resolvedDependencies?: readonly { uri: string; digest: Record<string, string> }[];
    };
    readonly runDetails: {
      readonly metadata: { readonly buildkit_metadata: { vcs?: Record<string, string> } };
    };
  };
}

test('the manifest of the image is what it is without attestations, which stand beside it', async (t) => {
  const space = workspace(t, files);
  const plain = await built(t, space, 'plain', ['-t', 'app:1']);
  const attested = await built(t, space, 'attested', ['-t', 'app:1', '--provenance', '--sbom']);
  const [image, statement] = attested.entries as readonly [Descriptor, Descriptor];
  t.is(image.digest, plain.root.digest);
  t.is(attestedDigest(statement), image.digest);
  t.deepEqual(statement.platform, { architecture: 'unknown', os: 'unknown' });
  const [{ manifest }] = attested.attestations as unknown as [{ manifest: ImageManifest }];
  t.like(manifest, {
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    subject: { digest: image.digest, size: image.size },
    config: { mediaType: 'application/vnd.oci.empty.v1+json', data: 'e30=' },
  });
  t.deepEqual(
    manifest.layers.map((layer) => layer.annotations),
    ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'].map((type) => ({
      'in-toto.io/predicate-type': type,
    })),
  );
  const subjects = manifest.layers.map(
    (layer) => json<{ subject: object }>(blob(attested.layout, layer)).subject,
  );
  const name = `pkg:docker/app@1?platform=${encodeURIComponent(`linux/${image.platform!.architecture}`)}`;
  for (const subject of subjects)
    t.deepEqual(subject, [{ name, digest: { sha256: image.digest.slice('sha256:'.length) } }]);
  for (const { layout } of [plain, attested]) t.true(readdirSync(join(layout, 'blobs', 'sha256')).length > 0);
});

for (const form of ['true', 'false'])
  test(`oci-artifact=${form} is read back by inspect and by the templates of manifest inspect`, async (t) => {
    const space = workspace(t, files);
    const layout = join(space.root, 'image');
    const args = ['-t', 'app:1', '--attest', 'type=provenance,mode=max,version=v0.2', '--sbom=true'];
    const output = `type=oci,dest=${layout},tar=false,oci-artifact=${form}`;
    assertBuilt(t, await space.build([...args, '--build-arg', 'V=7', '-o', output]));
    const [{ manifest }] = readLayout(layout).attestations as unknown as [{ manifest: ImageManifest }];
    t.is(manifest.artifactType !== undefined, form === 'true');
    const format = ['--format', '{{json .Provenance}}'];
    const shown = await inspect(space, ['manifest', 'inspect', `oci-layout://${layout}`, ...format]);
    const stored = await inspect(space, ['inspect', '--provenance', 'app:1']);
    for (const { code, stdout, stderr } of [shown, stored]) {
      t.is(code, 0, stderr);
      t.like(json(stdout), {
        SLSA: {
          buildType: 'https://mobyproject.org/buildkit@v1',
          invocation: { parameters: { args: { 'build-arg:V': '7' } } },
        },
      });
    }
    const sbom = await inspect(space, ['inspect', '--sbom', `oci-layout://${layout}`]);
    t.like(json(sbom.stdout), { SPDX: { spdxVersion: 'SPDX-2.3' } });
  });

test('several platforms have each their own, by which they are keyed', async (t) => {
  const space = workspace(t, files);
  const platforms = ['--platform', 'linux/arm64,linux/amd64'];
  const { entries } = await built(t, space, 'image', ['-t', 'app:1', '--provenance=mode=min', ...platforms]);
  t.deepEqual(
    entries.map(({ platform }) => platform!.architecture),
    ['arm64', 'amd64', 'unknown', 'unknown'],
  );
  t.deepEqual(
    entries.slice(2).map(attestedDigest),
    entries.slice(0, 2).map(({ digest }) => digest),
  );
  const { stdout } = await inspect(space, ['inspect', '--provenance', 'app:1']);
  t.deepEqual(Object.keys(json<object>(stdout)), ['linux/amd64', 'linux/arm64']);
});

test('files get statements of themselves beside them, split by platform or named by it', async (t) => {
  const space = workspace(t, files);
  const dest = join(space.root, 'files');
  const one = ['--provenance=mode=min', '--sbom', '-o'];
  assertBuilt(t, await space.build([...one, dest]));
  t.deepEqual(readdirSync(dest).toSorted(), ['data', 'provenance.json', 'sbom.spdx.json']);
  const statement = json<{ subject: { name: string }[]; predicateType: string }>(
    readFileSync(join(dest, 'provenance.json')),
  );
  t.is(statement.predicateType, 'https://slsa.dev/provenance/v1');
  t.deepEqual(statement.subject, [
    {
      name: 'data/a.txt',
      digest: { sha256: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' },
    },
  ] as never);
  const two = ['--provenance', '--platform', 'linux/amd64,linux/arm64', '-o'];
  const archive = join(space.root, 'files.tar');
  assertBuilt(t, await space.build([...two, `type=tar,dest=${archive}`]));
  const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).split('\n');
  for (const folder of ['linux_amd64', 'linux_arm64']) t.true(listed.includes(`${folder}/provenance.json`));
});

test('the metadata file tells the provenance as buildx does, as much as the variable says', async (t) => {
  const space = workspace(t, files);
  const path = join(space.root, 'metadata.json');
  const build = async (env: Record<string, string>, args: readonly string[] = ['--provenance']) => {
    assertBuilt(t, await space.build([...args, '-t', 'app:1', '--metadata-file', path], { env }));
    return json<Record<string, Record<string, unknown>>>(readFileSync(path));
  };
  const least = (await build({}))['buildx.build.provenance']!;
  t.is(least['buildType'] as string, 'https://mobyproject.org/buildkit@v1');
  t.false('metadata' in least);
  t.true('metadata' in (await build({ BUILDX_METADATA_PROVENANCE: 'max' }))['buildx.build.provenance']!);
  t.false('buildx.build.provenance' in (await build({ BUILDX_METADATA_PROVENANCE: 'false' })));
  t.false('buildx.build.provenance' in (await build({}, [])));
  const two = await build({}, ['--provenance', '--platform', 'linux/amd64,linux/arm64']);
  t.true('buildx.build.provenance/linux/arm64' in two);
});

test('outputs without a place for attestations are refused before anything is built', async (t) => {
  const space = workspace(t, files);
  for (const [output, words] of [
    ['type=docker,dest=a.tar', /docker exporter does not support exporting manifest lists/],
    ['type=docker', /docker exporter does not currently support exporting manifest lists/],
    [
      'type=image,push=true,oci-mediatypes=false,name=r.test/a',
      /cannot export attestations with "oci-mediatypes=false"/,
    ],
  ] as const) {
    const { code, stderr } = await space.build(['--provenance', '-o', output]);
    t.is(code, 2, stderr);
    t.regex(stderr, words);
  }
  const { code, stderr } = await inspect(space, ['inspect', '--sbom', '--provenance', 'app:1']);
  t.is(code, 2, stderr);
});

test('an image without attestations says so', async (t) => {
  const space = workspace(t, files);
  assertBuilt(t, await space.build(['-t', 'app:1']));
  const { code, stderr } = await inspect(space, ['inspect', '--provenance', 'app:1']);
  t.not(code, 0);
  t.regex(stderr, /app:1 has no provenance\n.*build it with --provenance/);
});

test('what was stored with its attestations is saved with them', async (t) => {
  const space = workspace(t, files);
  assertBuilt(t, await space.build(['-t', 'app:1', '--provenance', '--sbom']));
  const archive = join(space.root, 'saved.tar');
  const { code, stderr } = await inspect(space, ['save', '--format', 'oci', '-o', archive, 'app:1']);
  t.is(code, 0, stderr);
  const layout = join(space.root, 'saved');
  execFileSync('sh', ['-c', `mkdir ${layout} && tar -xf ${archive} -C ${layout}`]);
  const { stdout } = await inspect(space, ['inspect', '--sbom', `oci-layout://${layout}`]);
  t.like(json(stdout), { SPDX: { spdxVersion: 'SPDX-2.3' } });
});

/** What a name stands for in a registry. */
async function served(host: string, name: string) {
  const answer = await fetch(`http://${host}/v2/${name.replace(':', '/manifests/')}`, {
    headers: { accept: `${MEDIA.ociIndex}, ${MEDIA.ociManifest}` },
  });
  return { digest: answer.headers.get('docker-content-digest'), index: (await answer.json()) as ImageIndex };
}

testNeeding('registry')(
  'what was stored with its attestations travels with them: tag, push, save, load',
  async (t) => {
    const registry = await startRealRegistry();
    t.teardown(() => registry.stop());
    const space = workspace(t, files);
    const platforms = ['--platform', 'linux/arm64,linux/amd64'];
    assertBuilt(t, await space.build(['-t', 'app:1', '--provenance', '--sbom']));
    assertBuilt(t, await space.build(['-t', 'app:2', '--provenance=mode=min', ...platforms]));
    const fresh = workspace(t, {});
    const run = async (own: Workspace, ...args: readonly string[]) => {
      const result = await inspect(own, args);
      t.is(result.code, 0, result.stderr);
      return { stdout: result.stdout.toString(), stderr: result.stderr };
    };
    const name = `${registry.host}/team/app`;
    for (const tag of ['1', '2']) await run(space, 'tag', `app:${tag}`, `${name}:${tag}`);
    const archive = join(space.root, 'saved.tar');
    await run(space, 'save', '--format', 'oci', '-o', archive, `${name}:1`);

    const pushed = await run(space, 'push', `${name}:1`);
    t.regex(pushed.stderr, /are pushed uncompressed, since its attestations are of the image/);
    const one = await served(registry.host, 'team/app:1');
    t.is(
      pushed.stdout,
      `${name}:1: digest: ${one.digest} size: ${JSON.stringify(one.index, null, 2).length}\n`,
    );
    t.deepEqual(one.index.manifests.map(attestedDigest), [undefined, one.index.manifests[0]!.digest]);
    await run(space, 'push', `${name}:2`);
    const two = await served(registry.host, 'team/app:2');
    const [arm, amd, ...said] = two.index.manifests as unknown as [Descriptor, Descriptor, ...Descriptor[]];
    t.deepEqual(said.map(attestedDigest), [arm.digest, amd.digest]);
    for (const kind of ['--provenance', '--sbom'])
      t.true(json<object>((await run(fresh, 'inspect', kind, `${name}:1`)).stdout) instanceof Object);

    await run(fresh, 'load', '-i', archive);
    t.truthy(json<object>((await run(fresh, 'inspect', '--sbom', `${name}:1`)).stdout));
    await run(fresh, 'tag', `${name}:1`, `${name}:again`);
    await run(fresh, 'push', `${name}:again`);
    t.is((await served(registry.host, 'team/app:again')).digest, one.digest);

    // Whoever asks for a compression gets it, without what is no longer true.
    const compressed = await run(space, 'push', '--compression', 'gzip', `${name}:1`);
    t.regex(compressed.stderr, /the attestations of .* are not pushed/);
    t.is((await served(registry.host, 'team/app:1')).index.manifests, undefined as never);
  },
);

const SECRET = 'sk-7f3a9c51e0b84d26';
const ARGUMENT = 'arg-1b2c3d4e5f60';
const LABEL = 'label-99aabbccdd';
const PASSWORD = 'pw-0f1e2d3c4b5a';
/** In the query of a URL in the Dockerfile, whose text is in mode=max. */
const SIGNATURE = 'sig-a0b1c2d3e4';

testNeeding('sandbox')(
  'no argument, label, secret or credential is in mode=min, and no secret in mode=max',
  async (t) => {
    const { origin } = await serveFiles(t, { '/f.txt': { body: 'served' } });
    const url = `${origin.replace('//', `//me:${PASSWORD}@`)}/f.txt?sig=${SIGNATURE}`;
    const steps = [
      'ARG V',
      'LABEL team=x',
      `ADD ${url} /f.txt`,
      'RUN --mount=type=secret,id=token,env=TOKEN test -n "$TOKEN" && test -n "$V"',
    ].join('\n');
    const space = workspace(t, { Dockerfile: dockerfileWithShell(`${steps}\n`) });
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@f', ...args], { cwd: space.context });
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'first');
    git('remote', 'add', 'origin', `https://me:${PASSWORD}@git.example/app.git`);
    const file = join(space.root, 'token');
    writeFileSync(file, SECRET);
    const args = [...hostShell(), '--secret', `id=token,src=${file}`, '--build-arg', `V=${ARGUMENT}`];
    const common = [...args, '--label', `team=${LABEL}`, '-t', 'app:1', '--sbom'];
    for (const version of ['v1', 'v0.2']) {
      const min = await built(t, space, `min-${version}`, [
        ...common,
        `--provenance=mode=min,version=${version}`,
      ]);
      const max = await built(t, space, `max-${version}`, [
        ...common,
        `--provenance=mode=max,version=${version}`,
      ]);
      const said = ({ layout, attestations }: typeof min): string =>
        attestations
          .flatMap(({ entry, manifest }) => [entry, manifest.config, ...manifest.layers])
          .map((descriptor) => withDecoded(blob(layout, descriptor).toString()))
          .join('\n');
      for (const value of [SECRET, ARGUMENT, LABEL, PASSWORD, SIGNATURE])
        t.false(said(min).includes(value), value);
      for (const value of [SECRET, PASSWORD]) t.false(said(max).includes(value), value);
      for (const value of [ARGUMENT, LABEL, '"token"']) t.true(said(max).includes(value), value);
      t.true(said(min).includes(`${origin}/f.txt`));
      t.true(said(min).includes('https://git.example/app.git'));
    }
    const { stdout } = await inspect(space, ['inspect', '--provenance', 'app:1']);
    t.truthy(json<object>(stdout));
  },
);

/** With whatever of it is base64 in plain. */
function withDecoded(text: string): string {
  const parts = text.match(/[A-Za-z0-9+/]{24,}={0,2}/g) ?? [];
  return [text, ...parts.map((part) => Buffer.from(part, 'base64').toString('latin1'))].join('\n');
}

test('a file of a URL and the base are told with their digests', async (t) => {
  const { origin } = await serveFiles(t, { '/f.txt': { body: 'a' } });
  const space = workspace(t, { Dockerfile: `FROM scratch\nADD ${origin}/f.txt /f\n` });
  assertBuilt(t, await space.build(['-t', 'app:1', '--provenance=mode=min']));
  const { stdout } = await inspect(space, ['inspect', '--provenance', 'app:1']);
  t.deepEqual(json<Slsa>(stdout).SLSA.buildDefinition.resolvedDependencies, [
    {
      uri: `${origin}/f.txt`,
      digest: { sha256: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' },
    },
  ]);
});
