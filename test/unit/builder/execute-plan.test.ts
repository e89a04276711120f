// The walk over the graph, with processes that end when the test says so: what waits for what, what runs side by side,
// and how a build ends when something fails or somebody stops it.
import test from 'ava';
import { executePlan, type Handlers } from '../../../src/builder/execute-plan.js';
import type { CopyStep, PlannedStep, RunStep, StepOf, WorkdirStep } from '../../../src/plan/step.js';
import { createRig } from '../../rig/rig.js';
import { file } from '../../support/sandbox-rootfs.js';

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test('each kind has its type of step', (t) => {
  const run: Equal<StepOf<'run'>, RunStep> = true;
  const copy: Equal<StepOf<'copy'>, CopyStep> = true;
  const add: Equal<StepOf<'add'>, CopyStep> = true;
  const workdir: Equal<StepOf<'workdir'>, WorkdirStep> = true;
  const all: Equal<StepOf<PlannedStep['kind']>, PlannedStep> = true;
  const handled: Equal<Parameters<Handlers['add']>[1], CopyStep> = true;
  t.deepEqual([run, copy, add, workdir, all, handled], [true, true, true, true, true, true]);
  t.is(typeof executePlan, 'function');
});

test('steps of a stage: each begins when the one before has ended', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nRUN one\nWORKDIR /w\nRUN two\n');
  const one = await rig.nextRun('one');
  t.deepEqual(rig.started, ['one']);
  one.writes([file('a', '1')]);
  one.exits();
  const two = await rig.nextRun('two');
  t.is(two.layers.length, 2);
  two.exits();
  const { executed, cached } = await build.result;
  t.deepEqual([executed, cached], [3, 0]);
  t.deepEqual(build.ends, ['RUN one: done', 'WORKDIR /w: done', 'RUN two: done']);
});

const TWO_BRANCHES = `FROM scratch AS left
RUN left
FROM scratch AS right
RUN right
FROM scratch
COPY --from=left /l /
COPY --from=right /r /
`;

test('stages that do not need each other run side by side', async (t) => {
  const rig = createRig(t);
  const build = rig.build(TWO_BRANCHES);
  const [left, right] = await Promise.all([rig.nextRun('left'), rig.nextRun('right')]);
  right.writes([file('r', 'right')]);
  right.exits();
  left.writes([file('l', 'left')]);
  left.exits();
  await build.result;
  t.deepEqual(build.ends.toSorted(), [
    'COPY --from=left /l /: done',
    'COPY --from=right /r /: done',
    'RUN left: done',
    'RUN right: done',
  ]);
});

test('a stage that the target does not need is not run', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch AS no\nRUN no\nFROM scratch AS yes\nRUN yes\nFROM yes\nRUN never\n';
  const build = rig.build(text, { target: 'yes' });
  (await rig.nextRun('yes')).exits();
  await build.result;
  t.deepEqual(rig.started, ['yes']);
});

test('a stage that two others need starts once, and both have its layers', async (t) => {
  const rig = createRig(t);
  const build = rig.build(`FROM scratch AS base
RUN base
FROM base AS left
RUN left
FROM base AS right
RUN right
FROM left
COPY --from=right /r /
`);
  const base = await rig.nextRun('base');
  t.deepEqual(rig.started, ['base']);
  base.writes([file('b', 'base')]);
  base.exits();
  const [left, right] = await Promise.all([rig.nextRun('left'), rig.nextRun('right')]);
  t.deepEqual(left.layers, right.layers);
  right.writes([file('r', '')]);
  right.exits();
  left.exits();
  t.is((await build.result).executed, 4);
  t.deepEqual(rig.started.toSorted(), ['base', 'left', 'right']);
});

test('COPY --from waits for its stage, and for no other', async (t) => {
  const rig = createRig(t);
  const build = rig.build(`FROM scratch AS slow
RUN slow
FROM scratch AS quick
RUN quick
FROM scratch
COPY --from=quick /q /
RUN after
COPY --from=slow /s /
`);
  const quick = await rig.nextRun('quick');
  const slow = await rig.nextRun('slow');
  quick.writes([file('q', '')]);
  quick.exits();
  (await rig.nextRun('after')).exits();
  slow.writes([file('s', '')]);
  slow.exits();
  await build.result;
  t.is(build.ends.at(-1), 'COPY --from=slow /s /: done');
});

test('a step that waits for another stage is not shown before that is done', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch AS a\nRUN a\nFROM scratch\nCOPY --from=a /f /\n');
  const run = await rig.nextRun('a');
  const shown = () => build.events.flatMap((event) => (event.kind === 'step-start' ? [event.step.name] : []));
  t.false(shown().some((name) => name.includes('COPY')));
  run.writes([file('f', '')]);
  run.exits();
  await build.result;
  t.true(shown().some((name) => name.includes('COPY')));
});

test('a failing stage ends the build at once, while another still runs, whose process is ended', async (t) => {
  const rig = createRig(t);
  const build = rig.build(TWO_BRANCHES);
  const [left, right] = await Promise.all([rig.nextRun('left'), rig.nextRun('right')]);
  right.exits(3);
  const error = await build.failure();
  t.deepEqual([error.code, error.exitCode, error.location?.startLine], ['STEP_EXIT_NONZERO', 3, 4]);
  t.true(left.isAborted);
  t.deepEqual(build.ends.toSorted(), ['RUN left: canceled', 'RUN right: error']);
  t.deepEqual(rig.left(), []);
});

test('the base of the target fails while a stage for a later COPY still runs', async (t) => {
  const rig = createRig(t);
  const build = rig.build(`FROM scratch AS base
RUN base
FROM scratch AS other
RUN other
FROM base
COPY --from=other /o /
`);
  const [base, other] = await Promise.all([rig.nextRun('base'), rig.nextRun('other')]);
  base.exits(1);
  t.is((await build.failure()).location?.startLine, 2);
  t.true(other.isAborted);
});

test('abort of a running process: ABORTED with its cause, and nothing is left in tmp', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nRUN one\nRUN two\n');
  const one = await rig.nextRun('one');
  const reason = new Error('the user has gone');
  build.abort(reason);
  const error = await build.failure();
  t.deepEqual([error.code, error.cause], ['ABORTED', reason]);
  t.true(one.isAborted);
  t.deepEqual(build.ends, ['RUN one: canceled']);
  t.deepEqual(rig.started, ['one']);
  t.deepEqual(rig.left(), []);
});

test('abort before the second stage begins: it never does', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch AS first\nRUN one\nFROM first\nRUN two\n');
  const one = await rig.nextRun('one');
  const reason = new Error('enough');
  one.exits();
  build.abort(reason);
  const error = await build.failure();
  t.deepEqual([error.code, error.cause], ['ABORTED', reason]);
  t.deepEqual(rig.started, ['one']);
  t.deepEqual(rig.left(), []);
});

test('abort in the middle of a fetch', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.registry.hold('layer 0 of base');
  const build = rig.build('FROM base\nRUN one\n');
  const layer = await rig.nextAnswer('layer 0 of base');
  layer.sends(10);
  const reason = new Error('no time');
  build.abort(reason);
  const error = await build.failure();
  t.deepEqual([error.code, error.cause], ['ABORTED', reason]);
  t.true(layer.isAborted);
  t.deepEqual(rig.started, []);
  t.deepEqual(rig.left(), []);
});

test('abort while an image is asked for', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.registry.hold('resolve base');
  const build = rig.build('FROM base\nRUN one\n');
  await rig.nextAnswer('resolve base');
  build.abort(new Error('no time'));
  t.is((await build.failure()).code, 'ABORTED');
  t.deepEqual(rig.asked, ['resolve base']);
});

test('a signal is seen between two steps that are hits', async (t) => {
  const rig = createRig(t);
  const steps = Array.from({ length: 40 }, (_, i) => `WORKDIR /d${i}\n`).join('');
  await rig.build(`FROM scratch\n${steps}`).result;
  const build = rig.build(`FROM scratch\n${steps}RUN last\n`);
  build.whenever(({ kind }) => {
    if (kind === 'step-end' && build.ends.length === 3) build.abort(new Error('stop'));
  });
  t.is((await build.failure()).code, 'ABORTED');
  t.deepEqual(build.ends, ['WORKDIR /d0: cached', 'WORKDIR /d1: cached', 'WORKDIR /d2: cached']);
});
