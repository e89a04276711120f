// COPY, ADD and WORKDIR in a build: no sandbox, what they wait for, and what they take from the cache.
import test from 'ava';
import { toUtf8 } from '../../../../src/core/bytes.js';
import { createRig, type Rig } from '../../../rig/rig.js';
import { dir, file } from '../../../support/sandbox-rootfs.js';

function pathsOf(rig: Rig, digest: string | undefined): string[][] {
  return rig.layersOf(digest).map((layer) => rig.store.readIndex(layer).map(({ path }) => toUtf8(path)));
}

test('a build without RUN opens no sandbox', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '1', 'd/b': '2' });
  const { digest, executed } = await rig.build('FROM scratch\nCOPY a /\nADD d /d/\nWORKDIR /w\n', {
    tags: ['app'],
  }).result;
  t.deepEqual(pathsOf(rig, digest), [['a'], ['d', 'd/b'], ['w']]);
  t.deepEqual([executed, rig.sandbox.opened], [3, 0]);
});

test('a COPY of files that have not changed is a hit, whenever they were touched', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '1' });
  const text = 'FROM scratch\nCOPY a /\n';
  await rig.build(text).result;
  rig.write({ a: '1' });
  t.is((await rig.build(text).result).cached, 1);
  rig.write({ a: '2' });
  t.is((await rig.build(text).result).executed, 1);
});

test('a COPY --from of files that came out the same is a hit, though their stage was made anew', async (t) => {
  const rig = createRig(t);
  const text = (other: string) => `FROM scratch AS a\nRUN ${other}\nFROM scratch\nCOPY --from=a /f /\n`;
  rig.endAll((command) => [file('f', 'the same'), file('g', command)]);
  await rig.build(text('one')).result;
  const { executed, cached } = await rig.build(text('two')).result;
  t.deepEqual([executed, cached], [1, 1]);
});

test('COPY --from of an image fetches its layers once, for as many steps as there are', async (t) => {
  const rig = createRig(t);
  await rig.serve('tools', { layers: [[file('x', '1'), file('y', '2')]] });
  const build = rig.build('FROM scratch\nCOPY --from=tools x /\nCOPY --from=tools y /\n', { tags: ['app'] });
  t.deepEqual(pathsOf(rig, (await build.result).digest), [['x'], ['y']]);
  t.deepEqual(rig.asked, ['resolve tools', 'config of tools', 'layer 0 of tools']);
});

test('COPY --from of a stage that ran in this build has its bytes', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch AS a\nRUN a\nFROM scratch\nCOPY --from=a /d/f /g\n', {
    tags: ['app'],
  });
  const run = await rig.nextRun('a');
  run.writes([dir('d'), file('d/f', 'content')]);
  run.exits();
  const [layer] = rig.layersOf((await build.result).digest);
  const [entry] = rig.store.readIndex(layer!);
  t.is(toUtf8(entry!.path), 'g');
  t.is(entry?.kind === 'node' ? entry.node.size : undefined, 7);
});

test('a path that the stage lacks: the place, and only when the stage is done', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch AS a\nRUN a\nFROM scratch\nCOPY --from=a /no /\n');
  (await rig.nextRun('a')).exits();
  const error = await build.failure();
  t.deepEqual([error.code, error.location?.startLine], ['COPY_NOT_FOUND', 4]);
});

test('a path that the context lacks ends the build when its first process would start', async (t) => {
  const rig = createRig(t);
  rig.write({ near: '' });
  const build = rig.build('FROM scratch\nRUN slow\nCOPY neer /\n');
  const error = await build.failure();
  t.deepEqual([error.code, error.location?.startLine], ['COPY_NOT_FOUND', 3]);
  t.deepEqual(rig.left(), []);
});

test('--chown by name looks into the accounts of the layers below', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.write({ a: '' });
  const { digest } = await rig.build('FROM base\nCOPY --chown=app:staff a /\n', { tags: ['app'] }).result;
  const [entry] = rig.store.readIndex(rig.layersOf(digest)[1]!);
  t.deepEqual(entry?.kind === 'node' ? [entry.node.uid, entry.node.gid] : [], [1000, 50]);
});

test('two stages that copy the same: it is copied once', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '1' });
  const text = 'FROM scratch AS one\nCOPY a /\nFROM scratch\nCOPY a /\nCOPY --from=one a /b\n';
  const { executed, cached } = await rig.build(text).result;
  t.deepEqual([executed, cached], [2, 1]);
});

test('an edited file behind a RUN: the RUN stays a hit, and no sandbox is opened for the COPY', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '1' });
  rig.endAll(() => []);
  const text = 'FROM scratch\nRUN one\nCOPY a /\n';
  await rig.build(text).result;
  rig.write({ a: '2' });
  const { executed, cached } = await rig.build(text).result;
  t.deepEqual([executed, cached, rig.sandbox.opened], [1, 1, 1]);
});

test('an edited file before a RUN starts the sandbox for it', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '1' });
  rig.endAll(() => []);
  const text = 'FROM scratch\nCOPY a /\nRUN one\n';
  await rig.build(text).result;
  rig.write({ a: '2' });
  const { executed, cached } = await rig.build(text).result;
  t.deepEqual([executed, cached, rig.sandbox.opened], [2, 0, 2]);
});
