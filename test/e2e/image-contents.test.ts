// `tree` and `diff` of images, as a user runs them.
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { makeEvilImage } from '../support/evil-image.js';
import { pushToRegistry, startRealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';
import { serveTinyImage } from '../support/tiny-registry.js';
import { runTsbuild, type TsbuildOptions, type TsbuildRun } from '../support/tsbuild-command.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const FILES = {
  Dockerfile: 'FROM scratch\nCOPY big /usr/lib/big\nCOPY small /app/small\n',
  'Dockerfile.two': 'FROM app:1\nCOPY small /usr/lib/big\nCOPY --chmod=755 small /app/small\nENV A=1\n',
  big: 'b'.repeat(50_000),
  small: 's'.repeat(300),
};

interface Own extends Workspace {
  run(args: readonly string[], options?: Partial<TsbuildOptions>): Promise<TsbuildRun>;
  /** Standard output; fails the test when the status is another one. */
  out(status: number, ...args: readonly string[]): Promise<string>;
}

async function twoImages(t: ExecutionContext): Promise<Own> {
  const space = workspace(t, FILES);
  assertBuilt(t, await space.build(['-q', '-t', 'app:1']));
  assertBuilt(t, await space.build(['-q', '-t', 'app:2', '-f', join(space.context, 'Dockerfile.two')]));
  const run: Own['run'] = (args, options = {}) => runTsbuild(args, { ...options, store: space.store });
  return {
    ...space,
    run,
    async out(status, ...args) {
      const result = await run(args);
      t.is(result.code, status, result.stderr);
      return result.stdout.toString();
    },
  };
}

test('tree: sizes, a path, layers, waste, JSON', async (t) => {
  const { out } = await twoImages(t);
  const lines = (await out(0, 'tree', 'app:1')).split('\n');
  t.deepEqual(lines.slice(0, 4), [
    ' 50.3kB  100%  /',
    '   50kB   99%  ├─ usr/',
    '   50kB   99%  │  └─ lib/',
    '   300B  0.6%  └─ … 1 smaller file',
  ]);
  t.is(lines.at(-2), '50.3kB in 2 layers');
  t.regex(await out(0, 'tree', 'app:1', 'usr/lib'), /^ +50kB {2}100% {2}\/usr\/lib\/\n.*└─ big\n/);
  t.regex(await out(0, 'tree', '--layers', 'app:2'), /\n {2}C +300B {2}\/usr\/lib\/big\n/);
  t.regex(
    await out(0, 'tree', '--wasted', 'app:2'),
    /50kB +layer 1 +layer 3, replaced +\/usr\/lib\/big\n[^]*50\.3kB wasted in 2 files\n$/,
  );
  const contents = JSON.parse(await out(0, 'tree', '--format', 'json', '--all', '--depth', '9', 'app:2'));
  t.like(contents, { size: 600, files: 2, wastedBytes: 50_300, root: { name: '', size: 600 } });
  t.is(contents.layers.length, 4);
  await out(7, 'tree', 'app:1', '/gone');
  await out(2, 'tree', '--depth', '-1', 'app:1');
  await out(2, 'tree', '--layers', '--wasted', 'app:1');
  await out(2, 'tree');
});

test('diff: files, config and layers, and the exit status of git', async (t) => {
  const { out, run } = await twoImages(t);
  const text = await out(0, 'diff', 'app:1', 'app:2');
  t.regex(text, /\nCONFIG\n\+ Env A: 1\n\nLAYERS\n= 2 in both\n/);
  t.regex(text, /\nC +\/app\/small {2}mode 0644 → 0755\nC {2}-49\.7kB {2}\/usr\/lib\/big {2}size\n/);
  t.is(await out(1, 'diff', '--exit-code', 'app:1', 'app:2'), text);
  t.regex(await out(0, 'diff', '--exit-code', 'app:1', 'app:1'), /Files and config are the same\n$/);
  t.like(JSON.parse(await out(0, 'diff', '--format', 'json', 'app:1', 'app:2')), {
    isEqual: false,
    changed: { files: 2, size: 600 },
    config: [{ field: 'Env', key: 'A', after: '1' }],
  });
  const one = await run(['diff', '--exit-code', 'app:1']);
  t.is(one.code, 2);
  t.regex(one.stderr, /--exit-code is for two images/);
  await out(1, 'diff', 'app:1');
  t.is((await run(['diff', '--exit-code', 'app:1', 'sha256:0000'])).code, 7);
});

test('diff: two builds of the same files differ in nothing but times', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'x' });
  for (const tag of ['1', '2']) {
    utimesSync(join(space.context, 'a'), 1000 * Number(tag), 1000 * Number(tag));
    assertBuilt(t, await space.build(['-q', '--no-cache', '-t', `app:${tag}`]));
  }
  const run = await runTsbuild(['diff', '--exit-code', 'app:1', 'app:2'], { store: space.store });
  t.is(run.code, 0, run.stderr);
  t.regex(run.stdout.toString(), /Files and config are the same; 1 differ in their time alone\n$/);
});

testNeeding('registry')('an image that is in a registry alone is fetched', async (t) => {
  const { env } = await serveTinyImage(t);
  const space = workspace(t, { Dockerfile: 'FROM tiny:1\nCOPY more /more\n', more: 'more' });
  assertBuilt(t, await space.build(['-q', '-t', 'app:1'], { env }));
  const fresh = workspace(t, {});
  const tree = await runTsbuild(['tree', 'tiny:1'], { store: fresh.store, env });
  t.is(tree.code, 0, tree.stderr);
  t.regex(tree.stderr, /^note: tiny:1 is not in the store, its registry is asked\n/);
  t.regex(tree.stdout.toString(), / in 1 layer\n$/);
  // The base of an image that was built here may have all of its layers in the registry.
  const diff = await runTsbuild(['diff', 'tiny:1', 'app:1'], { store: space.store, env });
  t.is(diff.code, 0, diff.stderr);
  t.regex(diff.stdout.toString(), /= 1 in both\n[^]*A +4B {2}\/more\n/);
});

testNeeding('registry')('names of a hostile image reach neither the terminal nor this machine', async (t) => {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  const { blobs, manifest } = makeEvilImage({
    layers: [
      [
        { name: 'a/\x1b[31mred\rX', content: 'x' },
        { name: 'a/l', type: 'symlink', link: '../../../../etc/passwd' },
      ],
    ],
    config: { history: [{ created_by: 'RUN \x1b]0;title\x07' }] },
  });
  const documents = new Map([...blobs].filter(([digest]) => digest !== manifest.digest));
  const document = blobs.get(manifest.digest)!;
  await pushToRegistry(registry, {
    repository: 'evil',
    name: '1',
    blobs: documents,
    document,
    type: manifest.mediaType,
  });
  const { store } = workspace(t, {});
  const name = `${registry.host}/evil:1`;
  for (const args of [
    ['tree', '--all'],
    ['tree', '--layers'],
    ['tree', '--format', 'json'],
    ['diff', name],
  ]) {
    const { code, stdout, stderr } = await runTsbuild([...args, name], { store });
    t.is(code, 0, stderr);
    t.notRegex(stdout.toString(), /[\x00-\x08\x0b-\x1f\x7f]/);
  }
  const link = await runTsbuild(['tree', name, 'a/l'], { store });
  t.is(link.code, 7);
  t.regex(link.stderr, /the image has no "a\/l"/);
});
