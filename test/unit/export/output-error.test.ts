import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { outputError } from '../../../src/export/output-error.js';

test('what the system refused is told in words; other errors pass', (t) => {
  const refused = outputError(Object.assign(new Error('x'), { code: 'EACCES' }), '/out');
  t.like(refused, { code: 'OUTPUT_FAILED', hint: 'name a place where this user may write' });
  for (const other of [new Error('a bug'), new TsbuildError('ABORTED', 'interrupted')])
    t.is(outputError(other, '/out'), other);
});
