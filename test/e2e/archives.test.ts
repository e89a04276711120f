// `tsbuild save` and `tsbuild load` as a user calls them: what is printed, the exit status, and what is left when they
// fail.
import test, { type ExecutionContext } from 'ava';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evilTar } from '../support/evil-tars.js';
import { gzipped, legacyEntries, platformEntries } from '../support/image-archives.js';
import { tempDir } from '../support/temp-store.js';
import { runTsbuild, startTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const DOCKERFILE = 'FROM scratch\nCOPY file /file\n';
const STORE_FAMILY = 7;

async function built(t: ExecutionContext) {
  const space = workspace(t, { Dockerfile: DOCKERFILE, file: 'hello\n' });
  assertBuilt(t, await space.build(['-t', 'app:1', '-t', 'registry.test/team/app:2']));
  return space;
}

const namesIn = (store: string): string[] => {
  const index = readFileSync(join(store, 'v1', 'oci', 'index.json'), 'utf8');
  const { manifests } = JSON.parse(index) as { manifests: { annotations?: Record<string, string> }[] };
  return manifests.map(({ annotations }) => annotations?.['io.containerd.image.name'] ?? '').sort();
};

test('through a pipe and back: names are kept, and a build may be FROM what was loaded', async (t) => {
  const space = await built(t);
  const save = ['save', 'app:1', 'registry.test/team/app:2'];
  const { stdout, code, stderr } = await runTsbuild(save, { store: space.store });
  t.is(code, 0, stderr);
  const store = tempDir(t);
  const load = await runTsbuild(['load'], { store, input: gzipped(stdout) });
  t.is(load.code, 0, load.stderr);
  t.is(load.stdout.toString(), 'Loaded image: app:1\nLoaded image: registry.test/team/app:2\n');
  t.deepEqual(namesIn(store), namesIn(space.store));
  space.write('Dockerfile', 'FROM app:1\nCOPY --from=registry.test/team/app:2 /file /again\n');
  const out = join(space.root, 'out');
  const child = await runTsbuild(['build', '-o', out, space.context], { store });
  assertBuilt(t, child);
  t.is(readFileSync(join(out, 'again'), 'utf8'), 'hello\n');
});

test('an image without a name is found by its id', async (t) => {
  const store = tempDir(t);
  const archive = evilTar(
    legacyEntries().map((entry) =>
      entry.name === 'manifest.json'
        ? { ...entry, content: String(entry.content).replace('["app:1"]', 'null') }
        : entry,
    ),
  );
  const load = await runTsbuild(['load', '-q'], { store, input: archive });
  t.is(load.stderr, '');
  const [, id = ''] = /^Loaded image ID: (sha256:[0-9a-f]{64})\n$/.exec(load.stdout.toString()) ?? [];
  const saved = await runTsbuild(['save', id], { store });
  t.is(saved.code, 0, saved.stderr);
  t.true(saved.stdout.includes('manifest.json'));
});

test('an image for another machine is loaded, and it is said', async (t) => {
  const arm = { os: 'linux', architecture: process.arch === 'arm64' ? 'amd64' : 'arm64' };
  const one = await runTsbuild(['load'], { store: tempDir(t), input: evilTar(platformEntries([arm])) });
  t.is(one.code, 0, one.stderr);
  t.regex(one.stderr, new RegExp(`app:1 is for linux/${arm.architecture}; this machine is linux/`));
  const own = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };
  const several = evilTar(platformEntries([arm, own]));
  const two = await runTsbuild(['load'], { store: tempDir(t), input: several });
  t.regex(two.stderr, new RegExp(`was loaded; the archive also has linux/${arm.architecture}`));
  const asked = ['load', `--platform=linux/${arm.architecture}`];
  t.is((await runTsbuild(asked, { store: tempDir(t), input: several })).code, 0);
});

test('a bad archive: its entry, a hint, and no name', async (t) => {
  const space = await built(t);
  const before = namesIn(space.store);
  const bad = evilTar([...legacyEntries({ name: 'new:1' }), { name: '../x', content: 'x' }]);
  const { code, stderr, stdout } = await runTsbuild(['load'], { store: space.store, input: bad });
  t.is(code, STORE_FAMILY);
  t.regex(stderr, /standard input: \.\.\/x: a name with \.\./);
  t.regex(stderr, /hint: /);
  t.is(stdout.length, 0);
  t.deepEqual(namesIn(space.store), before);
  const cut = evilTar(legacyEntries({ name: 'new:1' })).subarray(0, 2000);
  t.is((await runTsbuild(['load'], { store: space.store, input: cut })).code, STORE_FAMILY);
  t.deepEqual(namesIn(space.store), before);
  t.deepEqual(readdirSync(join(space.store, 'v1', 'tmp')), []);
});

test('a file that is being written has no name, and one that fails leaves what was there', async (t) => {
  const space = await built(t);
  const output = join(space.root, 'out.tar');
  writeFileSync(output, 'mine');
  const missing = await runTsbuild(['save', '-o', output, 'none:1'], { store: space.store });
  t.is(missing.code, STORE_FAMILY);
  t.regex(missing.stderr, /none:1/);
  t.is(readFileSync(output, 'utf8'), 'mine');
  const nowhere = await runTsbuild(['save', '-o', join(space.root, 'no', 'x.tar'), 'app:1'], {
    store: space.store,
  });
  t.is(nowhere.code, STORE_FAMILY);
  t.regex(nowhere.stderr, /make the directory/);
  const saved = await runTsbuild(['save', '-o', output, 'app:1'], { store: space.store });
  t.is(saved.code, 0, saved.stderr);
  t.true(readFileSync(output).includes('manifest.json'));
  t.deepEqual(
    readdirSync(space.root).filter((name) => name.includes('tmp-')),
    [],
  );
});

test('an interrupted load leaves nothing in tmp/, and no name', async (t) => {
  const store = tempDir(t);
  const child = startTsbuild(['load'], { store });
  const ended = new Promise((resolve) => void child.once('close', resolve));
  child.stdin!.on('error', () => undefined);
  child.stdin!.write(evilTar(legacyEntries()).subarray(0, 3000));
  while (!existsSync(join(store, 'v1', 'tmp')) || readdirSync(join(store, 'v1', 'tmp')).length === 0)
    await new Promise((resolve) => void setTimeout(resolve, 20));
  child.kill('SIGINT');
  await ended;
  t.is(child.exitCode, 130);
  t.deepEqual(readdirSync(join(store, 'v1', 'tmp')), []);
  t.deepEqual(namesIn(store), []);
});

test('no engine: each place that was tried', async (t) => {
  const space = workspace(t, { Dockerfile: DOCKERFILE, file: 'x' });
  const env = { DOCKER_HOST: `unix://${join(space.root, 'gone.sock')}` };
  const { code, stderr } = await space.build(['--load', '-t', 'app:1'], { env });
  t.is(code, 5);
  t.regex(stderr, /gone\.sock \(DOCKER_HOST\): no such socket/);
});
