// cp, diff, export and commit as code calls them, of a container that was made and never ran.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { containersPaths } from '../../src/containers/container-paths.js';
import type { ContainerRecord } from '../../src/containers/container-record.js';
import { digestOf } from '../../src/core/digest.js';
import { finishImage } from '../../src/images/finish-image.js';
import { madeLayer } from '../../src/images/layer.js';
import {
  commitContainer,
  copyContainer,
  createVolume,
  diffContainer,
  diskUsage,
  exportContainer,
  inspect,
  prune,
  pruneContainers,
  removeVolumes,
  TsbuildError,
  volumes,
} from '../../src/index.js';
import { testNeeding } from '../support/requirements.js';
import { addLayer, dir, file, rootfsEntries, symlink, temporaryStore } from '../support/sandbox-rootfs.js';

interface Bench {
  readonly options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string };
  readonly folder: string;
}

let opened: Promise<string> | undefined;
let count = 0;

/** A store with a container that is called c1, c2, … */
async function bench(
  t: ExecutionContext,
  mounts: ContainerRecord['mounts'] = [],
): Promise<Bench & { name: string }> {
  opened ??= openRoot();
  const root = await opened;
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-cp-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const name = `c${++count}`;
  writeContainer(root, name, mounts);
  return { name, folder, options: { env: { ...process.env, TSBUILD_ROOT: root }, cwd: folder } };
}

const IMAGE = [...rootfsEntries(), dir('data'), file('data/one', 'one\n'), symlink('to-data', 'data')];
let image: ContainerRecord['image'];

async function openRoot(): Promise<string> {
  const store = temporaryStore();
  const layer = await addLayer(store, IMAGE);
  const platform = { os: 'linux', architecture: 'amd64' };
  const config = { Env: ['PATH=/bin'], Cmd: ['sh'], OnBuild: ['RUN x'] };
  const made = finishImage({ platform, config, history: [] }, [madeLayer(layer, '2020-01-01T00:00:00Z')], {});
  await store.putSmallBlobs([made.configBytes, made.manifestBytes]);
  image = {
    name: 'app:1',
    manifest: made.manifest.digest,
    config: made.configDigest,
    platform: 'linux/amd64',
    layers: [layer],
  };
  return dirname(store.paths.root);
}

function writeContainer(root: string, name: string, mounts: ContainerRecord['mounts']): void {
  const paths = containersPaths({ local: join(root, 'local', 'v1') });
  const id = digestOf(Buffer.from(name)).slice('sha256:'.length);
  const config = {
    hostname: name,
    domainname: '',
    user: '7',
    env: ['PATH=/bin', 'A=b'],
    entrypoint: [],
    cmd: ['sleep', '9'],
    workingDir: '/data',
    labels: { l: '1' },
    exposedPorts: ['80/tcp'],
    volumes: [],
    shell: ['/bin/sh', '-c'],
    stopSignal: 'SIGTERM',
    stopTimeout: 10,
    isTerminal: false,
    isStdinOpen: false,
    isStdinOnce: false,
  };
  const host = { userns: 'build', isolation: 'userns', isReadonlyRootfs: false };
  const record = { version: 1, id, name, createdAt: 1, image, config, host, mounts, networks: [], ports: [] };
  mkdirSync(paths.of(id).directory, { recursive: true });
  writeFileSync(paths.of(id).record, JSON.stringify(record));
}

function sink(): Writable & { text(): Buffer } {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      parts.push(Buffer.from(chunk));
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(parts) });
}

const contract = testNeeding('sandbox', 'busybox');

contract('cp follows the rules of docker for names, directories and what is in them', async (t) => {
  const { name, folder, options } = await bench(t);
  const copy = (source: string, target: string, more = {}) =>
    copyContainer({ source, target, ...more }, options);
  mkdirSync(join(folder, 'd/sub'), { recursive: true });
  writeFileSync(join(folder, 'd/f'), 'of d');
  writeFileSync(join(folder, 'd/sub/g'), 'of sub', { mode: 0o640 });
  // Into a directory that is there, under a name that is not, and what is in it alone.
  await copy('d', `${name}:/data`);
  await copy('d', `${name}:/data/renamed`);
  await copy('d/.', `${name}:/data`);
  await copy('d/f', `${name}:/data/one`);
  await copy(`${name}:/data`, 'out');
  t.is(readFileSync(join(folder, 'out/d/sub/g'), 'utf8'), 'of sub');
  t.is(statSync(join(folder, 'out/d/sub/g')).mode & 0o7777, 0o640);
  t.is(readFileSync(join(folder, 'out/renamed/f'), 'utf8'), 'of d');
  t.is(readFileSync(join(folder, 'out/sub/g'), 'utf8'), 'of sub');
  t.is(readFileSync(join(folder, 'out/one'), 'utf8'), 'of d');
  await copy(`${name}:/data/one`, 'file');
  t.is(readFileSync(join(folder, 'file'), 'utf8'), 'of d');
  await copy(`${name}:/data/one`, 'out/');
  await copy(`${name}:to-data/renamed/.`, '.');
  t.is(readFileSync(join(folder, 'f'), 'utf8'), 'of d');
  await copy(`${name}:/to-data`, 'link');
  t.is(execFileSync('readlink', [join(folder, 'link')], { encoding: 'utf8' }), 'data\n');
  await copy(`${name}:/to-data`, 'followed', { isLinkFollowed: true });
  t.is(readFileSync(join(folder, 'followed/d/f'), 'utf8'), 'of d');
});

contract('cp takes and gives archives', async (t) => {
  const { name, folder, options } = await bench(t);
  writeFileSync(join(folder, 'x'), 'of x');
  const tar = execFileSync('tar', ['-C', folder, '-c', 'x']);
  await copyContainer({ source: '-', target: `${name}:/data` }, { ...options, stdin: Readable.from([tar]) });
  const stdout = sink();
  await copyContainer({ source: `${name}:/data`, target: '-' }, { ...options, stdout });
  const names = execFileSync('tar', ['-t'], { input: stdout.text(), encoding: 'utf8' });
  t.is(names, 'data/\ndata/one\ndata/x\n');
});

contract('cp says what docker says of what cannot be', async (t) => {
  const { name, folder, options } = await bench(t);
  writeFileSync(join(folder, 'x'), '');
  mkdirSync(join(folder, 'd'));
  const cases: readonly (readonly [source: string, target: string, words: RegExp])[] = [
    [`${name}:/nowhere`, '.', /Could not find the file \/nowhere in container/],
    [`${name}:/data`, 'x', /cannot copy directory/],
    [`${name}:/data/one`, 'no/where', /invalid output path: directory .* does not exist/],
    [`${name}:/data/one/`, '.', /not a directory/],
    [`${name}:/data/one`, 'nowhere/', /no such directory/],
    ['x', `${name}:/nowhere/deep/x`, /Could not find the file \/nowhere\/deep in/],
    ['x', `${name}:/nowhere/`, /no such directory/],
    ['d', `${name}:/data/one`, /cannot copy directory/],
    ['nowhere', `${name}:/data`, /lstat nowhere: no such file or directory/],
    ['x', 'd', /must specify at least one container source/],
    [`${name}:/a`, `${name}:/b`, /copying between containers is not supported/],
    ['-', `${name}:/data/one`, /destination ".*" must be a directory/],
    [`nobody:/data`, '.', /No such container: nobody/],
  ];
  for (const [source, target, words] of cases) {
    const error = await t.throwsAsync(copyContainer({ source, target }, options), {
      instanceOf: TsbuildError,
    });
    t.regex(error?.message ?? '', words, `${source} ${target}`);
  }
});

contract('a link that a container made leads nothing out of a copy', async (t) => {
  const { name, folder, options } = await bench(t);
  const secret = join(folder, 'secret');
  mkdirSync(secret);
  writeFileSync(join(secret, 'token'), 'mine');
  mkdirSync(join(folder, 'evil'));
  symlinkSync(secret, join(folder, 'evil/link'));
  await copyContainer({ source: 'evil', target: `${name}:/data` }, options);
  await t.throwsAsync(copyContainer({ source: `${name}:/data/evil/link/token`, target: 'got' }, options));
  t.false(existsSync(join(folder, 'got')));
  await copyContainer({ source: `${name}:/data/evil`, target: 'back' }, options);
  writeFileSync(join(folder, 'one'), 'one');
  await t.throwsAsync(copyContainer({ source: 'one', target: `${name}:/data/evil/link/one` }, options));
  t.false(existsSync(join(secret, 'one')));
});

contract('diff and export tell and give what was changed', async (t) => {
  const { name, folder, options } = await bench(t);
  t.deepEqual(await diffContainer(name, options), []);
  writeFileSync(join(folder, 'x'), 'x');
  await copyContainer({ source: 'x', target: `${name}:/data` }, options);
  t.deepEqual(await diffContainer(name, options), [
    { kind: 'changed', path: '/data' },
    { kind: 'added', path: '/data/x' },
  ]);
  await exportContainer({ container: name, output: 'all.tar' }, options);
  const names = execFileSync('tar', ['-tf', join(folder, 'all.tar')], { encoding: 'utf8' }).split('\n');
  t.true(['data/one', 'data/x', 'to-data', 'etc/passwd'].every((path) => names.includes(path)));
});

contract('commit makes an image with what changed, the config, and the changes', async (t) => {
  const { name, folder, options } = await bench(t);
  writeFileSync(join(folder, 'x'), 'x');
  await copyContainer({ source: 'x', target: `${name}:/data` }, options);
  const changes = [
    'CMD ["run", "it"]',
    'ENV B=$A-c',
    'LABEL m=2',
    'EXPOSE 90',
    'ONBUILD RUN y',
    'WORKDIR sub',
  ];
  const request = { container: name, name: 'committed:1', author: 'me', message: 'why', changes };
  const { id } = await commitContainer(request, options);
  const [details] = await inspect(['committed:1'], options);
  t.is(details!.Id, id);
  t.like(details!.Config, {
    User: '7',
    Env: ['PATH=/bin', 'A=b', 'B=b-c'],
    Cmd: ['run', 'it'],
    WorkingDir: '/data/sub',
    Labels: { l: '1', m: '2' },
    ExposedPorts: { '80/tcp': {}, '90/tcp': {} },
    OnBuild: ['RUN x', 'RUN y'],
  });
  t.is(details!.RootFS.Layers.length, 2);
  await t.throwsAsync(commitContainer({ container: name, changes: ['RUN x'] }, options), {
    message: /RUN is not a valid change command/,
  });
});

contract('volumes that a container uses are not deleted', async (t) => {
  const mount = { type: 'volume', name: 'kept', target: '/data', subpath: '' } as const;
  const volume = { ...mount, isAnonymous: false, isReadonly: false, isNotCopied: false };
  const { options } = await bench(t, [volume]);
  await createVolume({ name: 'kept', labels: { a: 'b' } }, options);
  await createVolume({ name: 'loose' }, options);
  const error = await t.throwsAsync(removeVolumes({ names: ['loose', 'kept'] }, options));
  t.regex(error?.message ?? '', /remove kept: volume is in use - \[[0-9a-f]{64}\]/);
  const names = async (filter: string) =>
    (await volumes({ filters: [filter] }, options)).map(({ Name }) => Name);
  t.deepEqual(await names('dangling=true'), ['loose']);
  t.deepEqual(await names('dangling=false'), ['kept']);
  t.deepEqual(await names('label=a=b'), ['kept']);
  await removeVolumes({ names: ['loose'] }, options);
  await t.throwsAsync(removeVolumes({ names: ['loose'] }, options), { message: 'get loose: no such volume' });
  t.deepEqual(await removeVolumes({ names: ['loose'], force: true }, options), []);
});

contract('what a container needs outlives every prune, and its image its removal', async (t) => {
  const { name, folder, options } = await bench(t);
  writeFileSync(join(folder, 'x'), 'x');
  await copyContainer({ source: 'x', target: `${name}:/data` }, options);
  await commitContainer({ container: name, name: 'used:1' }, options);
  await prune({ isAll: true }, options);
  await copyContainer({ source: `${name}:/data`, target: 'kept' }, options);
  t.is(readFileSync(join(folder, 'kept/one'), 'utf8'), 'one\n');
  const { classes } = await diskUsage({}, options);
  const own = classes.find((each) => each.class === 'containers');
  t.true(own!.count >= 1 && own!.bytes > 0);
  const { ids } = await pruneContainers({ filters: ['label=none'] }, options);
  t.deepEqual(ids, []);
});
