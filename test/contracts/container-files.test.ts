// The files of a container that does not run, through the worker that works on them: copies in and out, what changed,
// the whole as an archive, the changes as a layer, and the first content of volumes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TsbuildError } from '../../src/core/errors.js';
import type { ContainerTree } from '../../src/worker/containers/container-files.js';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox, type WorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { testNeeding } from '../support/requirements.js';
import {
  addLayer,
  dir,
  file,
  hardlink,
  rootfsEntries,
  symlink,
  temporaryStore,
} from '../support/sandbox-rootfs.js';

const { signal } = new AbortController();

interface Bench {
  readonly worker: WorkerSandbox;
  readonly tree: ContainerTree;
  readonly directory: string;
}

const IMAGE = [
  ...rootfsEntries(),
  dir('data', { uid: 5, gid: 6, mode: 0o750 }),
  file('data/one', 'one\n', { uid: 5 }),
  hardlink('data/two', 'data/one', { uid: 5 }),
  file('etc/motd', 'hello\n'),
  symlink('link-to-data', '/data'),
  symlink('link-up', '../../../data/one'),
];

let opened: Promise<Bench> | undefined;
const bench = (): Promise<Bench> => (opened ??= openBench());
test.after.always(async () => (await opened)?.worker.dispose());

async function openBench(): Promise<Bench> {
  const store = temporaryStore();
  store.temporaries.hold();
  const layers = [await addLayer(store, IMAGE)];
  const worker = await openWorkerSandbox({ rung: usernsRung, paths: store.paths, signal });
  const directory = join(store.paths.local, 'containers', 'c', 'f'.repeat(64));
  mkdirSync(directory, { recursive: true });
  return { worker, directory, tree: { directory, layers, mounts: [], isRootReadonly: false } };
}

/** A container of its own, that was written to once. */
async function container(name: string): Promise<Bench> {
  const { worker, tree, directory } = await bench();
  const own = join(directory, '..', name.padEnd(64, '0'));
  mkdirSync(own, { recursive: true });
  const mine = { ...tree, directory: own };
  await worker.files.write(mine, '/tmp', tarOf({ '.made': '' }), { signal });
  return { worker, tree: mine, directory: own };
}

/** As tar(1) packs files of these names and contents. */
async function* tarOf(files: Readonly<Record<string, string>>): AsyncGenerator<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-cp-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  yield execFileSync('tar', ['-C', folder, '-c', ...readdirSync(folder)]);
  rmSync(folder, { recursive: true });
}

async function unpacked(t: ExecutionContext, chunks: AsyncIterable<Buffer>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-cp-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  execFileSync('tar', ['-C', folder, '-x', '--no-same-owner'], { input: Buffer.concat(parts) });
  return folder;
}

async function listed(chunks: AsyncIterable<Buffer>): Promise<readonly string[]> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  const text = execFileSync('tar', ['-tv', '--numeric-owner'], {
    input: Buffer.concat(parts),
    encoding: 'utf8',
  });
  return text.trim().split('\n');
}

const read = { isLinkFollowed: false, name: 'x', signal } as const;

testNeeding('sandbox', 'busybox')('copies in and out, with owners and links', async (t) => {
  const { worker, tree } = await container('a1');
  const { files } = worker;
  await files.write(tree, '/link-to-data', tarOf({ 'in/deep/file': 'text', one: 'replaced' }), {
    owner: { uid: 0, gid: 0 },
    signal,
  });
  const out = await unpacked(t, files.read(tree, '/data', read));
  t.deepEqual(readdirSync(join(out, 'x')).sort(), ['in', 'one', 'two']);
  t.is(execFileSync('cat', [join(out, 'x/one'), join(out, 'x/two')], { encoding: 'utf8' }), 'replacedone\n');
  const lines = await listed(files.read(tree, '/data', read));
  t.regex(
    lines.find((line) => line.endsWith(' x/'))!,
    /^drwxr-x--- 5\/6 /,
  );
  t.regex(
    lines.find((line) => line.endsWith(' x/one'))!,
    /^-rw-r--r-- 0\/0 /,
  );
  t.regex(
    lines.find((line) => line.endsWith(' x/two'))!,
    /^-rw-r--r-- 5\/0 /,
  );
});

testNeeding('sandbox', 'busybox')('an object is a link itself unless it is followed', async (t) => {
  const { worker, tree } = await container('a2');
  const { files } = worker;
  const at = (path: string, isLinkFollowed: boolean) => files.status(tree, path, { isLinkFollowed, signal });
  t.like(await at('/link-to-data', false), { type: 'symlink', link: '/data' });
  t.like(await at('/link-to-data', true), { type: 'dir', mode: 0o750 });
  t.like(await at('/link-to-data/', false), { type: 'dir' });
  t.like(await at('/link-to-data/.', false), { type: 'dir' });
  t.like(await at('/link-up', true), { type: 'file', size: 4 });
  t.is(await at('/nowhere', true), undefined);
  t.is(await at('/nowhere/either', true), undefined);
  t.like(await at('/', false), { type: 'dir' });
  await t.throwsAsync(() => at('/etc/motd/x', false), { code: 'COPY_CONFLICT' } as object);
  t.deepEqual(
    await listed(files.read(tree, '/link-up', { ...read, isLinkFollowed: true })).then((all) => all.length),
    1,
  );
});

testNeeding('sandbox', 'busybox')('tells what changed, as docker does', async (t) => {
  const { worker, tree } = await container('a3');
  const { files } = worker;
  t.deepEqual(await files.changes(tree, signal), [
    { kind: 'changed', path: '/tmp' },
    { kind: 'added', path: '/tmp/.made' },
  ]);
  await files.write(tree, '/etc', tarOf({ motd: 'changed\n', 'new/file': '' }), { signal });
  t.deepEqual(await files.changes(tree, signal), [
    { kind: 'changed', path: '/etc' },
    { kind: 'changed', path: '/etc/motd' },
    { kind: 'added', path: '/etc/new' },
    { kind: 'added', path: '/etc/new/file' },
    { kind: 'changed', path: '/tmp' },
    { kind: 'added', path: '/tmp/.made' },
  ]);
});

testNeeding('sandbox', 'busybox')('a commit is a layer with these changes alone', async (t) => {
  const { worker, tree } = await container('a4');
  const layer = await worker.files.commit(tree, signal);
  const again = {
    ...tree,
    layers: [...tree.layers, layer],
    directory: join(tree.directory, '..', 'b'.repeat(64)),
  };
  mkdirSync(again.directory, { recursive: true });
  await worker.files.write(again, '/var', tarOf({ x: '' }), { signal });
  t.like(await worker.files.status(again, '/tmp/.made', { isLinkFollowed: false, signal }), { type: 'file' });
  t.true(layer.size < 10_000);
});

testNeeding('sandbox', 'busybox')('an export is all but what is mounted', async (t) => {
  const { worker, tree, directory } = await container('a5');
  const volume = join(directory, 'volume');
  mkdirSync(volume);
  writeFileSync(join(volume, 'of-volume'), 'x');
  const mounts = [{ source: volume, subpath: '', target: '/data', isReadonly: true }];
  const names = (await listed(worker.files.export({ ...tree, mounts }, signal))).map((line) =>
    line.split(' ').at(-1),
  );
  t.true(names.includes('etc/motd'));
  t.true(names.includes('data/'));
  t.false(names.some((name) => name?.startsWith('data/') && name !== 'data/'));
  const seen = await listed(worker.files.read({ ...tree, mounts }, '/data', read));
  t.true(seen.some((line) => line.endsWith('x/of-volume')));
});

testNeeding('sandbox', 'busybox')('refuses what docker refuses', async (t) => {
  const { worker, tree, directory } = await container('a6');
  const { files } = worker;
  const write = (
    path: string,
    content: Readonly<Record<string, string>>,
    changes: Partial<ContainerTree> = {},
  ) => files.write({ ...tree, ...changes }, path, tarOf(content), { signal });
  const refused = async (work: Promise<unknown>, code: string, words: RegExp): Promise<void> => {
    const error = await t.throwsAsync<TsbuildError>(work, { instanceOf: TsbuildError });
    t.is(error?.code as string, code);
    t.regex(error?.message ?? '', words);
  };
  await refused(write('/nowhere', { x: '' }), 'COPY_NOT_FOUND', /Could not find the file \/nowhere/);
  await refused(write('/etc/motd', { x: '' }), 'COPY_CONFLICT', /not a directory/);
  await refused(
    write('/', { data: '' }),
    'COPY_CONFLICT',
    /cannot overwrite directory "\/data" with non-directory/,
  );
  await refused(
    write('/', { 'etc/motd/x': '' }),
    'COPY_CONFLICT',
    /cannot overwrite non-directory .* with directory/,
  );
  await refused(
    write('/etc', { x: '' }, { isRootReadonly: true }),
    'COPY_CONFLICT',
    /rootfs is marked read-only/,
  );
  const mounts = [{ source: directory, subpath: '', target: '/data', isReadonly: true }];
  await refused(write('/data', { x: '' }, { mounts }), 'COPY_CONFLICT', /volume is marked read-only/);
  await refused(write('/link-to-data', { x: '' }, { mounts }), 'COPY_CONFLICT', /read-only/);
  await refused(files.write(tree, '/tmp', broken(), { signal }), 'LAYER_INVALID', /tar/);
  t.false(statSync(directory).isFile());
});

async function* broken(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1024, 'no tar ');
}
