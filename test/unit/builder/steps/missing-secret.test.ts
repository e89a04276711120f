import test from 'ava';
import { missingSecret, missingSsh } from '../../../../src/builder/steps/missing-secret.js';

test('what is missing, and how to give it', (t) => {
  const nothing = missingSecret('token', { unsetVariable: () => undefined });
  t.deepEqual([nothing.code, nothing.message], ['STEP_SECRET_MISSING', 'secret token: not found']);
  t.is(nothing.hint, 'give it with --secret id=token,src=FILE');
  t.regex(missingSecret('token', { unsetVariable: () => 'TOKEN' }).message, /the variable TOKEN is not set/);
  t.like(missingSsh('default'), { code: 'STEP_SECRET_MISSING', message: 'unset ssh forward key default' });
});
