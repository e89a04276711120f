// What is told of the stages of a plan before they begin.
import test from 'ava';
import { announcedStages } from '../../../src/builder/announced-stages.js';
import { createRig } from '../../rig/rig.js';

const FILE = `FROM scratch AS a
RUN one
FROM a AS b
WORKDIR /w
FROM scratch
COPY --from=b \\
  /w /w
`;

test('stages say what they start from, where their steps stand, and whose files they take', async (t) => {
  t.is(typeof announcedStages, 'function');
  const rig = createRig(t);
  const build = rig.build(FILE);
  (await rig.nextRun('one')).exits();
  await build.result;
  const plan = build.events.find((event) => event.kind === 'plan');
  const platform = plan?.stages?.[0]?.platform ?? '';
  t.regex(platform, /^linux\//);
  t.deepEqual(plan?.stages, [
    {
      id: 'stage 0',
      name: 'a',
      platform,
      base: 'scratch',
      line: 1,
      needs: [],
      steps: [{ id: 'stage 0 step 0', startLine: 2, endLine: 2 }],
    },
    {
      id: 'stage 1',
      name: 'b',
      platform,
      base: 'a',
      line: 3,
      needs: ['stage 0'],
      steps: [{ id: 'stage 1 step 0', startLine: 4, endLine: 4 }],
    },
    {
      id: 'stage 2',
      name: 'stage-2',
      platform,
      base: 'scratch',
      line: 5,
      needs: ['stage 1'],
      steps: [{ id: 'stage 2 step 0', startLine: 6, endLine: 7, needs: ['stage 1'] }],
    },
  ]);
  t.deepEqual(
    plan?.stages?.flatMap(({ steps }) => steps.map(({ id }) => id)),
    plan?.steps.map(({ id }) => id),
  );
});
