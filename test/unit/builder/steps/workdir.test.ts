import test from 'ava';
import { executeWorkdir } from '../../../../src/builder/steps/workdir.js';
import { toUtf8 } from '../../../../src/core/bytes.js';
import { createRig } from '../../../rig/rig.js';

test('the directories that are missing, with the owner that USER says, and none that is there', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  await rig.inStage('FROM base\nUSER app\nWORKDIR /etc/a/b\n', async ({ run, step, reporter, tools }) => {
    const layer = await executeWorkdir(run, step('workdir'), reporter);
    const entries = tools.store.readIndex(layer.diffId);
    t.deepEqual(
      entries.map((entry) => [toUtf8(entry.path), entry.kind === 'node' ? entry.node.uid : undefined]),
      [
        ['etc', 0],
        ['etc/a', 1000],
        ['etc/a/b', 1000],
      ],
    );
    t.deepEqual([reporter.isCached, rig.sandbox.opened], [false, 0]);
    t.is(typeof layer.created, 'string');
  });
});

test('the second time it is a hit; with a RUN behind it, a miss opens the sandbox', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nWORKDIR /w\n';
  const made = await rig.inStage(text, ({ run, step, reporter }) =>
    executeWorkdir(run, step('workdir'), reporter),
  );
  await rig.inStage(text, async ({ run, step, reporter }) => {
    t.is((await executeWorkdir(run, step('workdir'), reporter)).diffId, made.diffId);
    t.true(reporter.isCached);
  });
  await rig.inStage('FROM scratch\nWORKDIR /v\n', ({ run, step, reporter }) =>
    executeWorkdir({ ...run, isRunAhead: true }, step('workdir'), reporter),
  );
  t.is(rig.sandbox.opened, 1);
});
