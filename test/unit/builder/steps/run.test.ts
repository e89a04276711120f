// A RUN as the sandbox is asked for it, and what becomes of what its process says and of how it ends.
import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { executeRun } from '../../../../src/builder/steps/run.js';
import { toUtf8 } from '../../../../src/core/bytes.js';
import { createRig } from '../../../rig/rig.js';
import { dir, file } from '../../../support/sandbox-rootfs.js';

test('the snapshot of the process is the layer of the image', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nRUN one\n', { tags: ['app:1'] });
  const run = await rig.nextRun('one');
  run.writes([dir('out'), file('out/hello', 'hello')]);
  run.exits();
  const [layer, ...rest] = rig.layersOf((await build.result).digest);
  t.deepEqual(rest, []);
  const paths = rig.store.readIndex(layer!).map(({ path }) => toUtf8(path));
  t.deepEqual(paths, ['out', 'out/hello']);
});

test('what two processes say at the same time is attributed to their steps', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch AS a\nRUN a\nFROM scratch\nRUN b\nCOPY --from=a / /\n');
  const [a, b] = await Promise.all([rig.nextRun('a'), rig.nextRun('b')]);
  a.says('from a\n');
  b.says('from b\n', 2);
  a.says('more of a\n');
  a.exits();
  b.exits();
  await build.result;
  t.is(build.output('RUN a'), 'from a\nmore of a\n');
  t.is(build.output('RUN b'), 'from b\n');
  const streams = build.events.flatMap((event) => (event.kind === 'step-log' ? [event.stream] : []));
  t.deepEqual(streams, [1, 2, 1]);
});

test('a secret is not in the output, also when it comes in pieces, nor in the failure', async (t) => {
  const rig = createRig(t);
  const secrets = [{ id: 'token', value: Buffer.from('s3cr3t-value') }];
  const text = 'FROM scratch\nRUN --mount=type=secret,id=token one\n';
  const build = rig.build(text, { secrets });
  const run = await rig.nextRun('one');
  run.says('the token is s3cr3');
  run.says('t-value!\n');
  run.fails(new TsbuildError('SANDBOX_FAILED', 'cannot start s3cr3t-value'));
  const error = await build.failure();
  t.false(build.output('RUN --mount=type=secret,id=token one').includes('s3cr3t'));
  t.regex(build.output('RUN --mount=type=secret,id=token one'), /^the token is \S+!\n$/);
  t.false(error.message.includes('s3cr3t-value'));
  t.is(error.location?.startLine, 2);
});

test('an exit code other than 0: STEP_EXIT_NONZERO with the place, and the step is no hit afterwards', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nENV A=1\nRUN one\n';
  const failing = rig.build(text);
  (await rig.nextRun('one')).exits(7);
  const error = await failing.failure();
  t.deepEqual([error.code, error.exitCode, error.location?.startLine], ['STEP_EXIT_NONZERO', 7, 3]);
  t.regex(error.message, /process "\/bin\/sh -c one" did not complete successfully: exit code: 7/);
  t.deepEqual(rig.left(), []);
  const again = rig.build(text);
  (await rig.nextRun('one')).exits();
  t.deepEqual((await again.result).executed, 1);
});

test('the failure has the name of the step and its last lines, without its secrets', async (t) => {
  const rig = createRig(t);
  const secrets = [{ id: 'token', value: Buffer.from('s3cr3t-value') }];
  const build = rig.build('FROM scratch\nRUN --mount=type=secret,id=token one\n', { secrets });
  const run = await rig.nextRun('one');
  run.says('begun\n10%\r20%\r');
  run.says('\u001b[31mit failed with s3cr3t-value\u001b[0m\n', 2);
  run.exits(1);
  const error = await build.failure();
  t.is(error.step, '[stage-0 1/1] RUN --mount=type=secret,id=token one');
  t.is(error.log, 'begun\nit failed with ****');
  t.is(error.cause, undefined);
  const silent = rig.build('FROM scratch\nRUN two\n');
  (await rig.nextRun('two')).exits(1);
  t.is((await silent.failure()).log, undefined);
});

test('a process that a signal ended, and one that had too little memory', async (t) => {
  const rig = createRig(t);
  const killed = rig.build('FROM scratch\nRUN one\n');
  (await rig.nextRun('one')).dies('SIGSEGV');
  const error = await killed.failure();
  t.deepEqual(
    [error.code, error.hint, error.exitCode],
    ['STEP_KILLED', 'it was killed by SIGSEGV, which is a crash: it used memory that is not its own', 139],
  );
  const starved = rig.build('FROM scratch\nRUN one\n');
  (await rig.nextRun('one')).dies('SIGKILL', { isOutOfMemory: true });
  t.regex((await starved.failure()).message, /cannot allocate memory/);
});

test('a sandbox that cannot be opened fails the first RUN, with its place', async (t) => {
  const rig = createRig(t);
  rig.sandbox.refusal = new TsbuildError('SANDBOX_NO_USERNS', 'no namespaces here', { hint: 'allow them' });
  const build = rig.build('FROM scratch\nWORKDIR /w\nRUN one\nRUN two\n');
  const error = await build.failure();
  t.deepEqual(
    [error.code, error.message, error.hint, error.location?.startLine],
    ['SANDBOX_NO_USERNS', 'no namespaces here', 'allow them', 3],
  );
  t.deepEqual(build.ends, ['WORKDIR /w: done', 'RUN one: error']);
});

test('a build whose sandbox cannot be opened needs none when no RUN is executed', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nRUN one\nWORKDIR /w\n';
  const first = rig.build(text);
  (await rig.nextRun('one')).exits();
  await first.result;
  rig.sandbox.refusal = new TsbuildError('SANDBOX_NO_USERNS', 'no namespaces here');
  t.is((await rig.build(`${text}WORKDIR /v\n`).result).cached, 2);
});

const UNCONNECTED = new TsbuildError('SANDBOX_NO_NETWORK', 'pasta has failed');
const TOOL = { name: 'pasta', program: '/usr/bin/pasta' } as const;

test('a network that cannot be connected is given up: the process starts once more on that of the host', async (t) => {
  const rig = createRig(t);
  rig.sandbox.network = { tool: TOOL, isForced: false };
  const build = rig.build('FROM scratch\nRUN one\nRUN two\n');
  const first = await rig.nextRun('one');
  t.is(first.process.network, 'private');
  first.says('hello\n');
  first.fails(UNCONNECTED);
  const second = await rig.nextRun('one');
  t.is(second.process.network, 'host');
  second.says('hello\n');
  second.exits();
  const two = await rig.nextRun('two');
  t.is(two.process.network, 'host');
  two.exits();
  t.is((await build.result).executed, 2);
  t.is(build.output('RUN one'), 'hello\nhello\n');
  t.true(build.notes.some((note) => note.includes('begins once more, with its output: pasta has failed')));
  t.true(build.notes.includes('processes use the network of the host: pasta has failed'));
});

test('a network that the user asked for is not given up', async (t) => {
  const rig = createRig(t);
  rig.sandbox.network = { tool: TOOL, isForced: true };
  const build = rig.build('FROM scratch\nRUN one\n');
  (await rig.nextRun('one')).fails(UNCONNECTED);
  const error = await build.failure();
  t.deepEqual([error.code, error.location?.startLine], ['SANDBOX_NO_NETWORK', 2]);
  t.deepEqual(rig.started, ['one']);
});

test('a step with a network of its own choice keeps it', async (t) => {
  const rig = createRig(t);
  rig.sandbox.network = { tool: TOOL, isForced: false };
  const build = rig.build('FROM scratch\nRUN --network=none one\n');
  const run = await rig.nextRun('one');
  t.is(run.process.network, 'none');
  run.exits();
  await build.result;
});

test('user, group, home and variables come from the image and the Dockerfile', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  const build = rig.build('FROM base\nARG FROM_ARG=1\nENV FROM_ENV=2\nUSER app\nWORKDIR /w\nRUN one\n');
  const { process, exits } = await rig.nextRun('one');
  const { uid, gid, groups, cwd, env } = process;
  t.deepEqual({ uid, gid, cwd, groups }, { uid: 1000, gid: 1000, cwd: '/w', groups: [1000, 50] });
  for (const variable of ['FROM_ARG=1', 'FROM_ENV=2', 'HOME=/home/app'])
    t.true(env.includes(variable), variable);
  exits();
  await build.result;
});

test('a user that the image does not have fails the step before a process starts', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  const error = await rig.build('FROM base\nUSER nobody-knows\nRUN one\n').failure();
  t.deepEqual([error.code, error.location?.startLine], ['STEP_USER_NOT_FOUND', 3]);
  t.deepEqual(rig.started, []);
});

test('the words of an exec form, a script of a heredoc, and what the request gives to every process', async (t) => {
  const rig = createRig(t);
  const request = {
    addHosts: [{ host: 'db', ip: '192.0.2.7' }],
    ulimits: [{ name: 'nofile', soft: 10, hard: 20 }],
    shmSizeBytes: 1 << 20,
  };
  const build = rig.build('FROM scratch\nRUN ["prog", "a b"]\nRUN <<EOF\n#!/bin/x\nscript\nEOF\n', request);
  const words = await rig.nextRun('prog a b');
  t.deepEqual(words.process.argv, ['prog', 'a b']);
  t.regex(words.process.hosts, /^192\.0\.2\.7\tdb$/m);
  t.deepEqual([words.process.ulimits, words.process.shmSizeBytes], [request.ulimits, 1 << 20]);
  words.exits();
  const script = await rig.nextRun('/dev/pipes/EOF');
  const [shown] = script.process.files;
  t.deepEqual(
    [shown?.path, Buffer.from(shown!.content).toString()],
    ['/dev/pipes/EOF', '#!/bin/x\nscript\n'],
  );
  script.exits();
  await build.result;
});

test('only a stage that files are copied from has the contents of its layers hashed', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch AS a\nRUN a\nFROM scratch\nRUN b\nCOPY --from=a / /\n');
  const [a, b] = await Promise.all([rig.nextRun('a'), rig.nextRun('b')]);
  a.exits();
  b.exits();
  await build.result;
  t.deepEqual(
    rig.sandbox.snapshots.toSorted((one, other) => (one.commands[0]! < other.commands[0]! ? -1 : 1)),
    [
      { commands: ['a'], areContentsHashed: true },
      { commands: ['b'], areContentsHashed: false },
    ],
  );
});

test('the layer that a step gives, and who is told ahead that it takes its time', async (t) => {
  const rig = createRig(t);
  rig.endAll(() => [file('f', 'x')]);
  await rig.inStage('FROM scratch\nRUN one\n', async ({ run, step, reporter, lookedAhead, tools }) => {
    const layer = await executeRun({ ...run, isSource: true }, step('run'), reporter);
    t.is(tools.store.blobSize(layer.diffId), layer.descriptor.size);
    t.is(typeof layer.created, 'string');
    t.deepEqual([lookedAhead(), reporter.isCached], [1, false]);
    t.deepEqual(rig.sandbox.snapshots, [{ commands: ['one'], areContentsHashed: true }]);
    await executeRun(run, step('run'), reporter);
    t.deepEqual([lookedAhead(), reporter.isCached, tools.tally], [1, true, { executed: 1, cached: 1 }]);
  });
});
