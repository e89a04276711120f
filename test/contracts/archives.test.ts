// Archives between tsbuild and the tools of others, both ways: what one writes the other reads, and the id of the
// image, which is the digest of its config, stays the same.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startContainerd, startDocker, podmanOf } from '../support/real-engines.js';
import { testNeeding } from '../support/requirements.js';
import { makeTinyImage, writeLayout } from '../support/tiny-image.js';
import { workspace, type Workspace, assertBuilt } from '../support/workspace.js';
import { tempDir } from '../support/temp-store.js';
import { runTsbuild } from '../support/tsbuild-command.js';

interface Saved {
  readonly space: Workspace;
  readonly base: string;
  /** Holds app:1 and tools:2. */
  readonly both: string;
  readonly oci: string;
  /** Of app:1. */
  readonly id: string;
}

/** Two images of a base that has a gzip layer and of layers that are tars, saved in both formats. */
async function saved(t: ExecutionContext): Promise<Saved> {
  const space = workspace(t, {
    Dockerfile: 'FROM base\nCOPY file /app/\nCOPY file /twice\nLABEL team=web\n',
    file: 'hello\n',
  });
  const base = join(space.root, 'base');
  writeLayout(makeTinyImage(), base, 'latest');
  const context = ['--build-context', `base=oci-layout://${base}`];
  const idFile = join(space.root, 'id');
  assertBuilt(t, await space.build([...context, '-t', 'tools:2', '--label', 'kind=tools']));
  assertBuilt(t, await space.build([...context, '-t', 'app:1', '--iidfile', idFile]));
  const [both, oci] = [join(space.root, 'both.tar'), join(space.root, 'oci.tar')];
  for (const args of [
    ['save', '-o', both, 'app:1', 'tools:2'],
    ['save', '-o', oci, '--format=oci', 'app:1'],
  ]) {
    const { code, stderr } = await runTsbuild(args, { store: space.store });
    t.is(code, 0, stderr);
  }
  return { space, base, both, oci, id: readFileSync(idFile, 'utf8') };
}

/** Loads into a new store; what is printed, and the id of the image. */
async function loaded(t: ExecutionContext, args: readonly string[], input?: Uint8Array) {
  const store = tempDir(t);
  const { code, stdout, stderr } = await runTsbuild(['load', ...args], { store, ...(input && { input }) });
  t.is(code, 0, `${args.join(' ')}: ${stderr}`);
  const index = JSON.parse(readFileSync(join(store, 'v1', 'oci', 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  const ids = index.manifests.map(({ digest }) => {
    const manifest = readFileSync(join(store, 'v1', 'oci', 'blobs', 'sha256', digest.slice(7)), 'utf8');
    return (JSON.parse(manifest) as { config: { digest: string } }).config.digest;
  });
  return { store, printed: stdout.toString(), ids };
}

/** The digest of the config, as skopeo reads it. */
function rawConfig(kind: string, path: string): string {
  const raw = execFileSync('skopeo', ['inspect', '--raw', `${kind}:${path}`], { encoding: 'utf8' });
  return (JSON.parse(raw) as { config: { digest: string } }).config.digest;
}

const plain = (id: string): string => id.trim().replace(/^sha256:/, '');

testNeeding('dockerd')('docker reads what is saved, and what docker saves is read', async (t) => {
  t.timeout(300_000);
  const { space, both, id } = await saved(t);
  const docker = await startDocker(t);
  const words = docker.run(['load', '-i', both]);
  t.regex(words, /Loaded image: app:1/);
  t.regex(words, /Loaded image: tools:2/);
  t.is(docker.run(['image', 'inspect', '-f', '{{.Id}}', 'app:1']).trim(), id);
  const archive = join(space.root, 'docker.tar');
  docker.run(['save', '-o', archive, 'app:1']);
  // Version 20.10 writes the layout of a folder per layer.
  t.regex(execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }), /^[0-9a-f]{64}\/layer\.tar$/m);
  for (const [args, input] of [
    [['-i', archive], undefined],
    [[], readFileSync(archive)],
  ] as const) {
    const { printed, ids } = await loaded(t, args, input);
    t.is(printed, 'Loaded image: app:1\n');
    t.deepEqual(ids, [id]);
  }
  const two = join(space.root, 'two.tar');
  docker.run(['save', '-o', two, 'app:1', 'tools:2']);
  t.is((await loaded(t, ['-q', '-i', two])).printed, 'Loaded image: app:1\nLoaded image: tools:2\n');
});

testNeeding('podman', 'root')('podman reads what is saved, and what podman saves is read', async (t) => {
  t.timeout(300_000);
  const { space, both, oci, id } = await saved(t);
  for (const archive of [both, oci]) {
    const podman = podmanOf(t);
    t.regex(podman.run(['load', '-i', archive]), /Loaded image.*app:1/);
    t.is(plain(podman.run(['image', 'inspect', '-f', '{{.Id}}', 'app:1'])), plain(id));
  }
  // From one format to the other podman writes the config anew.
  for (const [archive, formats] of [
    [both, ['docker-archive', 'docker-dir']],
    [oci, ['oci-archive', 'oci-dir']],
  ] as const) {
    const podman = podmanOf(t);
    podman.run(['load', '-i', archive]);
    for (const format of formats) {
      const output = join(space.root, format);
      podman.run(['save', '--format', format, '-o', output, 'app:1']);
      const { printed, ids } = await loaded(t, ['-i', output]);
      t.regex(printed, /^Loaded image( ID)?: /, format);
      t.deepEqual(ids, [id], format);
    }
  }
});

testNeeding('skopeo')('skopeo reads what is saved, and what skopeo copies is read', async (t) => {
  t.timeout(300_000);
  const { space, both, oci, id } = await saved(t);
  const copy = (from: string, to: string) =>
    execFileSync('skopeo', ['copy', '--insecure-policy', '-q', from, to], { stdio: 'pipe' });
  for (const [name, source] of [
    ['both', `docker-archive:${both}:app:1`],
    ['both-oci', `oci-archive:${oci}`],
  ] as const)
    for (const [kind, suffix] of [
      ['docker-archive', ':copied:1'],
      ['oci-archive', ':copied:1'],
      ['dir', ''],
      ['oci', ':copied:1'],
    ] as const) {
      const path = join(space.root, `${name}-${kind}`);
      if (kind === 'dir') mkdirSync(path);
      copy(source, `${kind}:${path}${suffix}`);
      const { printed, ids } = await loaded(t, ['-i', path]);
      t.is(printed, kind === 'dir' ? `Loaded image ID: ${ids[0]}\n` : 'Loaded image: copied:1\n', path);
      // From one format to the other skopeo writes the config anew.
      const isSame = kind === 'dir' || kind.startsWith('oci') === name.endsWith('oci');
      t.deepEqual(ids, [isSame ? id : rawConfig(kind, path)], path);
    }
});

testNeeding('containerd')('containerd imports what is saved, and what it exports is read', async (t) => {
  t.timeout(300_000);
  const { space, both, oci, id } = await saved(t);
  const ctr = await startContainerd(t);
  for (const archive of [both, oci]) {
    ctr.run(['images', 'import', '--snapshotter', 'native', archive]);
    t.regex(ctr.run(['images', 'ls', '-q']), /^docker\.io\/library\/app:1$/m);
    const exported = join(space.root, 'exported.tar');
    ctr.run(['images', 'export', exported, 'docker.io/library/app:1']);
    const { printed, ids } = await loaded(t, ['-i', exported]);
    t.is(printed, 'Loaded image: app:1\n');
    t.deepEqual(ids, [id]);
  }
});

testNeeding('umoci')('umoci unpacks what is saved', async (t) => {
  const { space, both } = await saved(t);
  const layout = join(space.root, 'layout');
  mkdirSync(layout);
  execFileSync('tar', ['-xf', both, '-C', layout]);
  const bundle = join(space.root, 'bundle');
  const args = ['unpack', '--rootless', '--image', `${layout}:1`, bundle];
  execFileSync('umoci', args, { stdio: 'pipe' });
  t.is(readFileSync(join(bundle, 'rootfs', 'app', 'file'), 'utf8'), 'hello\n');
});

testNeeding('skopeo')('what was saved comes back as it was, with the digest of its manifest', async (t) => {
  const { space, both, oci } = await saved(t);
  const entries = execFileSync('tar', ['-tf', both], { encoding: 'utf8' }).trim().split('\n');
  t.is(new Set(entries).size, entries.length, 'shared layers are there once');
  for (const archive of [both, oci]) {
    const { store } = await loaded(t, ['-i', archive]);
    const digestOf = (root: string) =>
      (
        JSON.parse(readFileSync(join(root, 'v1', 'oci', 'index.json'), 'utf8')) as {
          manifests: { digest: string; annotations: Record<string, string> }[];
        }
      ).manifests.find(({ annotations }) => annotations['io.containerd.image.name']?.endsWith('/app:1'))
        ?.digest;
    t.is(digestOf(store), digestOf(space.store));
  }
});
