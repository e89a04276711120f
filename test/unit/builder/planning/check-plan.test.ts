// The build checks inside of a build, and what they know of it.
import test from 'ava';
import { factsOfPlan } from '../../../../src/builder/planning/check-facts.js';
import { checkPlan } from '../../../../src/builder/planning/check-plan.js';
import type { BuildEvent } from '../../../../src/core/events.js';
import { createRig } from '../../../rig/rig.js';

test('findings are warnings, and their number is given', async (t) => {
  const rig = createRig(t);
  await rig.inStage('FROM scratch\nENV a b\n', async ({ tools, definition, dockerfile, plan }) => {
    const events: BuildEvent[] = [];
    const listening = { ...tools, emit: (event: BuildEvent) => void events.push(event) };
    t.is(await checkPlan(listening, definition, dockerfile, plan), 1);
    t.like(events, [{ kind: 'warning', rule: 'LegacyKeyValueFormat', location: { startLine: 2 } }]);
  });
});

test('they fail the build when the file says so', async (t) => {
  const rig = createRig(t);
  const error = await rig.build('# check=error=true\nFROM scratch\nENV a b\nRUN x\n').failure();
  t.is(error.code, 'DOCKERFILE_LINT');
  t.deepEqual(rig.started, []);
});

test('the facts: what is ignored, and what the bases have', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { config: { Env: ['A=1'], Shell: ['/bin/x'] } });
  rig.write({ '.dockerignore': 'no\n' });
  const text = 'FROM base AS used\nCOPY a /\nFROM scratch AS unused\nFROM used\n';
  await rig.inStage(text, async ({ tools, definition, dockerfile, plan }) => {
    const facts = factsOfPlan(tools, definition, dockerfile, plan);
    t.deepEqual([...(facts.stages ?? [])], [0, 2]);
    t.deepEqual(facts.baseEnvironments?.get(0), ['A=1']);
    t.true(facts.baseShells?.has(0));
    t.truthy(facts.ignoredBy?.('no'));
    t.falsy(facts.ignoredBy?.('yes'));
  });
});
