import test from 'ava';
import { requireSecrets } from '../../../../src/builder/secrets/require-secrets.js';
import { createRig } from '../../../rig/rig.js';

const secret = (id: string, options = '') =>
  `FROM scratch\nRUN first\nRUN --mount=type=secret,id=${id}${options} two\n`;

test('a required secret that is not given ends the build before anything runs', async (t) => {
  const rig = createRig(t);
  const error = await rig.build(secret('a', ',required=true')).failure();
  t.deepEqual([error.code, error.location?.startLine], ['STEP_SECRET_MISSING', 3]);
  t.deepEqual(rig.started, []);
});

test('given, or not required, or in a stage that is not built: nothing is missing', async (t) => {
  const rig = createRig(t);
  const given = { secrets: [{ id: 'a', value: Buffer.from('some value') }] };
  const passes = (text: string, request = {}) =>
    rig.inStage(text, async ({ tools, plan }) => t.notThrows(() => requireSecrets(tools, plan)), request);
  await passes(secret('a', ',required=true'), given);
  await passes(secret('a'));
  await passes(`${secret('a', ',required=true')}FROM scratch\n`);
});

test('an ssh agent that is required', async (t) => {
  const rig = createRig(t);
  const text = 'FROM scratch\nRUN --mount=type=ssh,id=k,required=true x\n';
  await rig.inStage(text, async ({ tools, plan }) =>
    t.like(
      t.throws(() => requireSecrets(tools, plan)),
      {
        code: 'STEP_SECRET_MISSING',
        message: 'unset ssh forward key k',
      },
    ),
  );
});
