// Where a build can put its result: an image as a tar or a directory, for docker or not, plain files, and standard
// output.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertValidImage } from '../support/assert-valid-image.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const files = {
  Dockerfile: 'FROM scratch\nCOPY a.txt sub /data/\nLABEL kind=test\nCMD ["/data/a.txt"]\n',
  'a.txt': 'a',
  'sub/b.txt': 'b',
};

function unpack(space: Workspace, archive: string): string {
  const directory = join(space.root, 'unpacked');
  mkdirSync(directory);
  execFileSync('tar', ['-xf', archive, '-C', directory]);
  return directory;
}

function assertFiles(t: ExecutionContext, directory: string): void {
  t.deepEqual(readdirSync(join(directory, 'data')).toSorted(), ['a.txt', 'b.txt']);
  t.is(readFileSync(join(directory, 'data', 'b.txt'), 'utf8'), 'b');
}

test('type=oci with tar=false is a valid layout', async (t) => {
  const space = workspace(t, files);
  const layout = join(space.root, 'image');
  assertBuilt(t, await space.build(['-t', 'x:1', '--output', `type=oci,dest=${layout},tar=false`]));
  const { config, files: names } = await assertValidImage(t, layout);
  t.deepEqual(config.config?.Labels, { kind: 'test' });
  t.deepEqual(names.flat().toSorted(), ['data', 'data/a.txt', 'data/b.txt']);
});

test('type=oci is a tar of a valid layout', async (t) => {
  const space = workspace(t, files);
  const archive = join(space.root, 'image.tar');
  assertBuilt(t, await space.build(['--output', `type=oci,dest=${archive}`]));
  await assertValidImage(t, unpack(space, archive));
});

test('type=docker holds manifest.json with the name, and is a valid layout too', async (t) => {
  const space = workspace(t, files);
  const archive = join(space.root, 'image.tar');
  assertBuilt(t, await space.build(['-t', 'x:1', '--output', `type=docker,dest=${archive}`]));
  const directory = unpack(space, archive);
  const [row] = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as {
    RepoTags: string[];
    Config: string;
    Layers: string[];
  }[];
  t.deepEqual(row?.RepoTags, ['x:1']);
  for (const path of [row!.Config, ...row!.Layers]) t.true(statSync(join(directory, path)).isFile());
  await assertValidImage(t, directory);
});

test('type=local writes the files', async (t) => {
  const space = workspace(t, files);
  const out = join(space.root, 'files');
  assertBuilt(t, await space.build(['--output', `type=local,dest=${out}`]));
  assertFiles(t, out);
});

test('a lone word is a local directory', async (t) => {
  const space = workspace(t, files);
  assertBuilt(t, await space.build(['-o', join(space.root, 'files')]));
  assertFiles(t, join(space.root, 'files'));
});

test('type=tar writes one tar of the files', async (t) => {
  const space = workspace(t, files);
  const archive = join(space.root, 'files.tar');
  assertBuilt(t, await space.build(['--output', `type=tar,dest=${archive}`]));
  assertFiles(t, unpack(space, archive));
});

test('- is a tar of the files on standard output', async (t) => {
  const space = workspace(t, files);
  const run = await space.build(['-o', '-']);
  assertBuilt(t, run);
  const archive = join(space.root, 'files.tar');
  writeFileSync(archive, run.stdout);
  assertFiles(t, unpack(space, archive));
});

test('type=oci,dest=- is an image on standard output and nothing else', async (t) => {
  const space = workspace(t, files);
  const run = await space.build(['--output', 'type=oci,dest=-']);
  assertBuilt(t, run);
  const archive = join(space.root, 'image.tar');
  writeFileSync(archive, run.stdout);
  await assertValidImage(t, unpack(space, archive));
});

test('several outputs hold the same image', async (t) => {
  const space = workspace(t, files);
  const [one, two] = [join(space.root, 'one'), join(space.root, 'two')];
  const outputs = [one, two].flatMap((dest) => ['--output', `type=oci,dest=${dest},tar=false`]);
  assertBuilt(t, await space.build(outputs));
  t.is((await assertValidImage(t, one)).digest, (await assertValidImage(t, two)).digest);
});

test('--iidfile and --metadata-file name the image', async (t) => {
  const space = workspace(t, files);
  const [layout, iid, metadata] = [
    join(space.root, 'image'),
    join(space.root, 'iid'),
    join(space.root, 'metadata.json'),
  ];
  writeFileSync(iid, 'stale');
  const run = await space.build([
    '-t',
    'x:1',
    '--output',
    `type=oci,dest=${layout},tar=false,compression=uncompressed`,
    '--iidfile',
    iid,
    '--metadata-file',
    metadata,
  ]);
  assertBuilt(t, run);
  const { manifest } = await assertValidImage(t, join(space.store, 'v1', 'oci'), 'docker.io/library/x:1');
  const data = JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, unknown>;
  t.is(data['containerimage.config.digest'], manifest.config.digest);
  t.regex(String(data['containerimage.digest']), /^sha256:[0-9a-f]{64}$/);
  t.is(data['image.name'], 'docker.io/library/x:1');
  t.regex(readFileSync(iid, 'utf8'), /^sha256:[0-9a-f]{64}$/);
});

test('an output that cannot be written fails by its path', async (t) => {
  const space = workspace(t, files);
  const dest = join(space.root, 'missing', 'image.tar');
  const run = await space.build(['--output', `type=oci,dest=${dest}`]);
  t.is(run.code, 7, run.stderr);
  t.true(run.stderr.includes(dest), run.stderr);
});
