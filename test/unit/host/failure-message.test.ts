import test from 'ava';
import { failureOf } from '../../../src/host/failure-message.js';
import { systemCallError } from '../../../src/host/syscalls/binding.js';
import { namespaceError, workerEnd } from '../../../src/worker/front/unshare.js';
import { constants } from 'node:os';

const { EPERM, ENOENT, EMFILE } = constants.errno;

test('only what the kernel refuses is a reason for another isolation', (t) => {
  t.is(failureOf(systemCallError('mount', EPERM)).code, 'SANDBOX_FAILED');
  for (const bug of [new TypeError('x is undefined'), systemCallError('openat', ENOENT), 'thrown text'])
    t.is(failureOf(bug).code, 'INTERNAL');
});

test('a limit that is reached is told in words, and is no reason for another isolation', (t) => {
  const { code, message, hint = '' } = failureOf(systemCallError('fcntl', EMFILE));
  t.is(code, 'HOST_LIMIT');
  t.regex(message, /no more open files.*fcntl: EMFILE/);
  t.regex(hint, /ulimit -n/);
});

test('a worker that ends with a stack trace is a bug of tsbuild, whatever else it may be', (t) => {
  t.is(workerEnd('TypeError: x\n    at main (worker.cjs:1:1)\n', 1).code, 'INTERNAL');
  t.is(workerEnd('unshare: mount / failed: Operation not permitted', 1).code, 'SANDBOX_FAILED');
  t.is(namespaceError('Error: x\n    at start (worker.cjs:1:1)', 1).code, 'INTERNAL');
  t.is(namespaceError('unshare: unshare failed: Operation not permitted', 1).code, 'SANDBOX_NO_USERNS');
});
