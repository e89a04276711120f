// The mounts of a RUN as the sandbox is asked for them: from where, with what content, and which of them count for the
// cache.
import test, { type ExecutionContext } from 'ava';
import { contentOfMounts, resolveMounts } from '../../../../src/builder/steps/mounts.js';
import { toUtf8 } from '../../../../src/core/bytes.js';
import type { MountSpec } from '../../../../src/worker/sandbox.js';
import { createRig, type Rig } from '../../../rig/rig.js';
import type { ScriptedRun } from '../../../rig/scripted-run.js';
import { dir, file } from '../../../support/sandbox-rootfs.js';

type Of<T extends MountSpec['type']> = Extract<MountSpec, { type: T }>;

function mountOf<T extends MountSpec['type']>(t: ExecutionContext, { process }: ScriptedRun, type: T): Of<T> {
  const [mount, ...rest] = process.mounts;
  t.deepEqual([mount?.type, rest], [type, []]);
  return mount as Of<T>;
}

function pathsIn(rig: Rig, { source }: Of<'bind'>): string[] {
  return source.layers.flatMap(({ diffId }) => rig.store.readIndex(diffId).map(({ path }) => toUtf8(path)));
}

test('bind from a stage: its layers, and the path in them; it waits for the stage', async (t) => {
  const rig = createRig(t);
  const build = rig.build(`FROM scratch AS tools
RUN tools
FROM scratch
RUN --mount=type=bind,from=tools,source=bin,target=/t one
`);
  const tools = await rig.nextRun('tools');
  t.deepEqual(rig.started, ['tools']);
  tools.writes([dir('bin'), file('bin/x', '')]);
  tools.exits();
  const run = await rig.nextRun('one');
  const mount = mountOf(t, run, 'bind');
  t.deepEqual([mount.target, mount.source.subpath, mount.isReadonly], ['/t', '/bin', true]);
  t.deepEqual(pathsIn(rig, mount), ['bin', 'bin/x']);
  run.exits();
  await build.result;
});

test('bind from the context: a layer without what is ignored; other files make it another step', async (t) => {
  const rig = createRig(t);
  rig.write({ 'src/a': '1', 'src/b': '2', 'src/no': '3', '.dockerignore': 'src/no\n' });
  const text = 'FROM scratch\nRUN --mount=target=/s,source=src,rw one\n';
  const build = rig.build(text);
  const run = await rig.nextRun('one');
  const mount = mountOf(t, run, 'bind');
  t.deepEqual([mount.target, mount.source.subpath, mount.isReadonly], ['/s', '/source', false]);
  t.deepEqual(pathsIn(rig, mount), ['source', 'source/a', 'source/b']);
  run.exits();
  await build.result;
  rig.write({ 'src/no': 'other' });
  t.is((await rig.build(text).result).cached, 1);
  rig.write({ 'src/a': 'other' });
  const changed = rig.build(text);
  (await rig.nextRun('one')).exits();
  t.is((await changed.result).executed, 1);
});

test('bind from an image fetches it', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('tools', { layers: [[file('x', '')]] });
  const build = rig.build('FROM scratch\nRUN --mount=from=tools,target=/t one\n');
  const run = await rig.nextRun('one');
  const { source } = mountOf(t, run, 'bind');
  t.deepEqual(
    source.layers.map(({ diffId }) => diffId),
    [layers[0]!.diffId],
  );
  run.exits();
  await build.result;
});

test('a path that the stage lacks fails the step, with its place', async (t) => {
  const rig = createRig(t);
  const build = rig.build(
    'FROM scratch AS a\nRUN a\nFROM scratch\nRUN --mount=from=a,source=no,target=/t one\n',
  );
  (await rig.nextRun('a')).exits();
  const error = await build.failure();
  t.deepEqual([error.code, error.location?.startLine], ['COPY_NOT_FOUND', 4]);
});

test('a path that the context lacks ends the build while the first process runs', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nRUN slow\nRUN --mount=source=no,target=/t one\n');
  const error = await build.failure();
  t.deepEqual([error.code, error.location?.startLine], ['COPY_NOT_FOUND', 3]);
});

test('cache mounts of one id are one, whatever step uses it; another namespace or owner is another', async (t) => {
  const rig = createRig(t);
  const ids: string[] = [];
  rig.sandbox.onRun = (run) => {
    ids.push(mountOf(t, run, 'cache').id);
    run.exits();
  };
  const text = `FROM scratch
RUN --mount=type=cache,id=npm,target=/a one
RUN --mount=type=cache,id=npm,target=/b two
RUN --mount=type=cache,target=/npm three
RUN --mount=type=cache,id=npm,target=/a,uid=7 four
`;
  await rig.build(text).result;
  await rig.build(text, { buildArgs: { BUILDKIT_CACHE_MOUNT_NS: 'mine' }, noCache: true }).result;
  const [one, two, three, four, other] = ids;
  t.is(one, two);
  t.is(new Set([one, three, four, other]).size, 4);
});

test('a cache mount that begins with files of a stage is one for each such content', async (t) => {
  const rig = createRig(t);
  const seen: Of<'cache'>[] = [];
  rig.sandbox.onRun = (run) => {
    if (run.command === 'one') seen.push(mountOf(t, run, 'cache'));
    run.writes([file('f', run.command)]);
    run.exits();
  };
  const text = (seed: string) =>
    `FROM scratch AS a\nRUN ${seed}\nFROM scratch\nRUN --mount=type=cache,id=c,from=a,target=/c one\n`;
  await rig.build(text('seed'), { noCache: true }).result;
  await rig.build(text('other seed'), { noCache: true }).result;
  const [first, second] = seen;
  t.is(first?.seed?.layers.length, 1);
  t.not(first?.id, second?.id);
});

test('what a cache mount holds does not count for the cache of steps', async (t) => {
  const rig = createRig(t);
  rig.endAll(() => []);
  const text = 'FROM scratch\nRUN --mount=type=cache,target=/c one\n';
  await rig.build(text).result;
  t.is((await rig.build(text).result).cached, 1);
});

test('--no-cache empties a cache mount once in a build', async (t) => {
  const rig = createRig(t);
  const resets: boolean[] = [];
  rig.sandbox.onRun = (run) => {
    resets.push(mountOf(t, run, 'cache').isReset);
    run.exits();
  };
  const text = 'FROM scratch\nRUN --mount=type=cache,target=/c one\nRUN --mount=type=cache,target=/c two\n';
  await rig.build(text).result;
  await rig.build(text, { noCache: true }).result;
  t.deepEqual(resets, [false, false, true, false]);
});

test('secrets: as a file and as a variable; their values do not count, a missing one that is required fails the step', async (t) => {
  const rig = createRig(t);
  const text = `FROM scratch
RUN --mount=type=secret,id=a,target=/s,mode=0440,uid=7 one
RUN --mount=type=secret,id=a,env=TOKEN two
`;
  const secrets = (value: string) => [{ id: 'a', value: Buffer.from(value) }];
  const build = rig.build(text, { secrets: secrets('the value of one') });
  const one = await rig.nextRun('one');
  const mount = mountOf(t, one, 'secret');
  t.deepEqual([mount.target, mount.mode, mount.uid], ['/s', 0o440, 7]);
  t.is(Buffer.from(mount.data).toString(), 'the value of one');
  one.exits();
  const two = await rig.nextRun('two');
  t.deepEqual(two.process.mounts, []);
  t.true(two.process.env.includes('TOKEN=the value of one'));
  two.exits();
  await build.result;
  t.is((await rig.build(text, { secrets: secrets('another value') }).result).cached, 2);
  const missing = await rig.build('FROM scratch\nRUN --mount=type=secret,id=b,required=true one\n').failure();
  t.deepEqual([missing.code, missing.location?.startLine], ['STEP_SECRET_MISSING', 2]);
});

test('tmpfs: its size, and a target that is relative to the directory of the step', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nWORKDIR /w\nRUN --mount=type=tmpfs,target=t,size=1m one\n');
  const run = await rig.nextRun('one');
  t.deepEqual(mountOf(t, run, 'tmpfs'), { type: 'tmpfs', target: '/w/t', sizeBytes: 1 << 20 });
  run.exits();
  await build.result;
});

test('only what a bind mount shows counts: other files give another digest, other mounts none', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '1' });
  const text = 'FROM scratch\nRUN --mount=source=a,target=/a --mount=type=cache,target=/c x\n';
  const contents = () => rig.inStage(text, ({ run, step }) => contentOfMounts(run, step('run').mounts));
  const [bind, cache] = await contents();
  t.deepEqual([typeof bind?.digest, cache], ['string', null]);
  rig.write({ a: '2' });
  t.not((await contents())[0]?.digest, bind?.digest);
});

test('the targets are absolute, and a cache without an id has its target for one', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nWORKDIR /w\nRUN --mount=type=cache,target=c --mount=type=tmpfs,target=/t x\n';
  const { mounts, env } = await rig.inStage(text, ({ run, step }) => resolveMounts(run, step('run')));
  t.deepEqual(
    mounts.map(({ type, target }) => [type, target]),
    [
      ['cache', '/w/c'],
      ['tmpfs', '/t'],
    ],
  );
  t.deepEqual(env, []);
});
