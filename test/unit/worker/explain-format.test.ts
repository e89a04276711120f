import test from 'ava';
import { describe, explainFormat } from '../../../src/worker/explain-format.js';
import { TsbuildError } from '../../../src/core/errors.js';
import type { SystemCalls } from '../../../src/host/syscalls/system-calls.js';
import { HELLO } from '../../support/arm64-programs.js';

test('a file that is not executed is a program of another machine, or none', (t) => {
  t.regex(
    describe('/bin/sh', HELLO),
    /^\/bin\/sh is a program for linux\/arm64: is its image of the platform/,
  );
  t.regex(describe('/a.sh', Buffer.from('echo 1\n')), /^\/a\.sh is neither a program for Linux nor a script/);
});

test('other failures stay as they are, and nothing is looked at', (t) => {
  const untouched = new Proxy({} as SystemCalls, {
    get: () => t.fail('a system call was made'),
  });
  for (const error of [
    new Error('exec /bin/sh: exec format error'),
    new TsbuildError('STEP_NOT_FOUND', 'exec /bin/sh: permission denied'),
    new TsbuildError('STEP_NOT_FOUND', 'exec /bin/sh: exec format error', { hint: 'known' }),
  ])
    t.is(explainFormat(untouched, '/', error), error);
});
