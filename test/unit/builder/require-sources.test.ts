// What the contexts must have, looked for before the first slow step.
import test from 'ava';
import { requireContextSources } from '../../../src/builder/require-sources.js';
import { createRig } from '../../rig/rig.js';

test('every path that a step takes from the context is looked for, with the place of the step', async (t) => {
  const rig = createRig(t);
  rig.write({ a: '', '.dockerignore': 'hidden\n', hidden: '' });
  const look = (text: string) => rig.inStage(text, ({ tools, plan }) => requireContextSources(tools, plan));
  await t.notThrowsAsync(
    look('FROM scratch\nCOPY a /\nADD http://h/no /\nRUN --mount=source=a,target=/t x\n'),
  );
  const failure = async (text: string) => {
    const error = await t.throwsAsync(look(text));
    return error as Error & { code: string; hint?: string; location?: { startLine: number } };
  };
  const absent = await failure('FROM scratch\nCOPY a /\nCOPY b /\n');
  t.deepEqual([absent.code, absent.location?.startLine], ['COPY_NOT_FOUND', 3]);
  const mounted = await failure('FROM scratch\nRUN --mount=source=b,target=/t x\n');
  t.deepEqual([mounted.code, mounted.location?.startLine], ['COPY_NOT_FOUND', 2]);
  t.regex((await failure('FROM scratch\nCOPY hidden /\n')).hint ?? '', /hidden/);
});

test('paths of stages and images are not', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  const text = 'FROM scratch AS a\nFROM scratch\nCOPY --from=a no /\nCOPY --from=base no /\n';
  await t.notThrowsAsync(rig.inStage(text, ({ tools, plan }) => requireContextSources(tools, plan)));
});
