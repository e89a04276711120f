// What is told of the steps of a plan before they begin.
import test from 'ava';
import { announcedSteps } from '../../../src/builder/announced-steps.js';
import { createRig } from '../../rig/rig.js';

const FILE = `FROM scratch AS a
RUN one
FROM a AS b
WORKDIR /w
FROM scratch
COPY --from=b /w /w
`;

test('all steps are told once, before the first begins, under the ids that they then have', async (t) => {
  t.is(typeof announcedSteps, 'function');
  const rig = createRig(t);
  const build = rig.build(FILE);
  (await rig.nextRun('one')).exits();
  await build.result;
  const plans = build.events.flatMap((event) => (event.kind === 'plan' ? [event] : []));
  t.is(plans.length, 1);
  const [plan] = plans;
  t.deepEqual(
    plan?.steps.map(({ name }) => name),
    ['[a 1/1] RUN one', '[b 1/1] WORKDIR /w', '[stage-2 1/1] COPY --from=b /w /w'],
  );
  const begun = build.events.flatMap((event) => (event.kind === 'step-start' ? [event.step.id] : []));
  t.true(plan?.steps.every(({ id }) => begun.includes(id)));
  t.true(build.events.indexOf(plan!) < build.events.findIndex(({ kind }) => kind === 'step-work'));
});

test('a base is the first step of its stage, with its digest, and shown once for all that start from it', async (t) => {
  const rig = createRig(t);
  const { digest } = await rig.build('FROM scratch\nWORKDIR /base\n', { tags: ['base:1'] }).result;
  const build = rig.build('FROM base:1 AS a\nWORKDIR /a\nFROM base:1\nCOPY --from=a /a /b\n');
  await build.result;
  const names = build.events.flatMap((event) => (event.kind === 'step-start' ? [event.step.name] : []));
  t.deepEqual(
    names.filter((name) => name.includes('FROM ')),
    [`[a 1/2] FROM docker.io/library/base:1@${digest}`],
  );
});
