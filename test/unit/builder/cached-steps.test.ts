// What is made and what is taken from the cache, told by the processes that start.
import test from 'ava';
import { createRig } from '../../rig/rig.js';
import { file } from '../../support/sandbox-rootfs.js';

const TEXT = 'FROM scratch AS a\nRUN a\nFROM scratch\nRUN b\nCOPY --from=a /f /\n';

test('the second build is all hits: no process, no sandbox, the same image', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const first = await rig.build(TEXT).result;
  t.deepEqual([first.executed, first.cached, rig.sandbox.opened], [3, 0, 1]);
  const build = rig.build(TEXT);
  const second = await build.result;
  t.deepEqual([second.executed, second.cached, second.digest], [0, 3, first.digest]);
  t.is(rig.sandbox.opened, 1);
  t.true(build.ends.every((end) => end.endsWith(': cached')));
});

test('a step that was edited is made, and so is what stands on it', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  await rig.build('FROM scratch\nRUN one\nRUN two\nRUN three\n').result;
  const { executed, cached } = await rig.build('FROM scratch\nRUN one\nRUN other\nRUN three\n').result;
  t.deepEqual([executed, cached], [2, 1]);
  t.deepEqual(rig.started, ['one', 'two', 'three', 'other', 'three']);
});

test('a step behind one that gives the same layer as before is a hit', async (t) => {
  const rig = createRig(t);
  rig.endAll(() => [file('f', 'the same')]);
  await rig.build('FROM scratch\nRUN one\nRUN two\n').result;
  const { executed, cached } = await rig.build('FROM scratch\nRUN edited\nRUN two\n').result;
  t.deepEqual([executed, cached], [1, 1]);
});

test('two stages that share a step: it runs once, both have it, and it counts once', async (t) => {
  const rig = createRig(t);
  const build = rig.build(
    'FROM scratch AS a\nRUN same\nRUN a\nFROM scratch\nRUN same\nRUN b\nCOPY --from=a / /\n',
  );
  const same = await rig.nextRun('same');
  same.writes([file('f', '')]);
  same.exits();
  const [a, b] = await Promise.all([rig.nextRun('a'), rig.nextRun('b')]);
  t.deepEqual(a.layers, b.layers);
  a.exits();
  b.exits();
  const { executed, cached } = await build.result;
  t.deepEqual([executed, cached], [4, 1]);
  t.deepEqual(rig.started.filter((command) => command === 'same').length, 1);
  t.deepEqual(build.ends.filter((end) => end.startsWith('RUN same')).toSorted(), [
    'RUN same: cached',
    'RUN same: done',
  ]);
});

test('two stages that share a step fail with it, each at its place, and the build with one of them', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch AS a\nRUN same\nFROM scratch\nRUN same\nCOPY --from=a / /\n');
  (await rig.nextRun('same')).exits(2);
  const error = await build.failure();
  t.is(error.code, 'STEP_EXIT_NONZERO');
  t.deepEqual(rig.started, ['same']);
});

test('--no-cache makes everything anew, each step once', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  await rig.build(TEXT).result;
  const { executed, cached } = await rig.build(TEXT, { noCache: true }).result;
  t.deepEqual([executed, cached], [3, 0]);
  t.deepEqual(rig.started.toSorted(), ['a', 'a', 'b', 'b']);
  t.is((await rig.build(TEXT).result).cached, 3);
});

test('--no-cache-filter makes the steps of that stage anew, and what its files go to only if they changed', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  await rig.build(TEXT).result;
  const { executed, cached } = await rig.build(TEXT, { noCacheFilter: ['a'] }).result;
  t.deepEqual([executed, cached], [1, 2]);
});

test('steps that give equal layers share a blob, and each stands in the image', async (t) => {
  const rig = createRig(t);
  rig.endAll(() => [file('f', 'equal')]);
  const { digest } = await rig.build('FROM scratch\nRUN one\nRUN two\n', { tags: ['app'] }).result;
  const [one, two, ...rest] = rig.layersOf(digest);
  t.is(one, two);
  t.deepEqual(rest, []);
  t.is((await rig.build('FROM scratch\nRUN one\nRUN two\n').result).cached, 2);
});

test('a layer that is gone from the store is made again', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const text = 'FROM scratch\nRUN one\nRUN two\n';
  const { digest } = await rig.build(text, { tags: ['app'] }).result;
  rig.store.removeLayer(rig.layersOf(digest)[1]!);
  const { executed, cached } = await rig.build(text).result;
  t.deepEqual([executed, cached], [1, 1]);
});

test('a miss says why: which inputs are other than those of the step that stood there before', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '1', b: '1' });
  rig.endAll((command) => [file('f', command)]);
  const text = (run: string) => `FROM scratch\nARG V=1\nCOPY a b /\nRUN ${run}\nRUN last\n`;
  const first = rig.build(text('one'));
  await first.result;
  t.deepEqual(first.misses, {
    'COPY a b /': { kind: 'never' },
    'RUN one': { kind: 'never' },
    'RUN last': { kind: 'never' },
  });
  const command = rig.build(text('two'));
  await command.result;
  t.deepEqual(command.misses, {
    // Another command is another step, which never stood here.
    'RUN two': { kind: 'never' },
    'RUN last': { kind: 'changed', inputs: [{ input: 'parent' }] },
  });
  const argument = rig.build(text('two'), { buildArgs: { V: '2' } });
  await argument.result;
  t.deepEqual(argument.misses, {
    'RUN two': { kind: 'changed', inputs: [{ input: 'env', name: 'V' }] },
    'RUN last': { kind: 'changed', inputs: [{ input: 'env', name: 'V' }] },
  });
  rig.write({ b: '2' });
  const files = rig.build(text('two'), { buildArgs: { V: '2' } });
  await files.result;
  t.deepEqual(files.misses['COPY a b /'], {
    kind: 'changed',
    inputs: [{ input: 'content', index: 1, name: 'b' }],
  });
  t.deepEqual(files.misses['RUN two'], { kind: 'changed', inputs: [{ input: 'parent' }] });
});

test('a miss says that the cache was not to be used, that the layer is gone, that the last layer was refused', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const text = 'FROM scratch\nRUN one\n';
  const { digest } = await rig.build(text, { tags: ['app'] }).result;
  const ignored = rig.build(text, { noCache: true });
  await ignored.result;
  t.deepEqual(ignored.misses, { 'RUN one': { kind: 'ignored' } });
  rig.store.removeLayer(rig.layersOf(digest)[0]!);
  const gone = rig.build(text);
  await gone.result;
  t.deepEqual(gone.misses, { 'RUN one': { kind: 'lost', part: 'blob' } });
});

test('a layer with the value of a secret in it is no hit, and the next build says that it was refused', async (t) => {
  const rig = createRig(t);
  rig.endAll(() => [file('f', 'the s3cr3t-value')]);
  const text = 'FROM scratch\nRUN --mount=type=secret,id=token one\n';
  const secrets = [{ id: 'token', value: Buffer.from('s3cr3t-value') }];
  t.is((await rig.build(text, { secrets }).failure()).code, 'SECRET_LEAKED');
  rig.endAll(() => []);
  const again = rig.build(text, { secrets });
  await again.result;
  t.deepEqual(again.misses, { 'RUN --mount=type=secret,id=token one': { kind: 'refused' } });
});

test('two builds at once that need the same step: one makes it, the other waits and takes it', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nRUN same\n';
  const first = rig.build(text, { tags: ['a'] });
  const run = await rig.nextRun('same');
  const second = rig.build(text, { tags: ['b'] });
  const waits = new Promise<void>((resolve) =>
    second.whenever((event) => {
      if (event.kind === 'note' && event.message.includes('another build is making the same step')) resolve();
    }),
  );
  await waits;
  run.writes([file('f', '')]);
  run.exits();
  const [made, found] = await Promise.all([first.result, second.result]);
  t.deepEqual([made.executed, found.executed, found.cached], [1, 0, 1]);
  t.is(made.digest, found.digest);
  t.deepEqual(rig.started, ['same']);
});

test('of two builds that need the same step one fails: the other makes it', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nRUN same\n';
  const first = rig.build(text);
  const failing = await rig.nextRun('same');
  const second = rig.build(text);
  failing.exits(1);
  t.is((await first.failure()).code, 'STEP_EXIT_NONZERO');
  (await rig.nextRun('same')).exits();
  t.is((await second.result).executed, 1);
});

test('a build that waits for the step of another can be stopped', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nRUN same\n';
  const first = rig.build(text);
  const run = await rig.nextRun('same');
  const second = rig.build(text);
  second.whenever((event) => {
    if (event.kind === 'note') second.abort(new Error('no time'));
  });
  t.is((await second.failure()).code, 'ABORTED');
  run.exits();
  t.is((await first.result).executed, 1);
});
