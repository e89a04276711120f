import test from 'ava';
import { pointToDoctor } from '../../../../src/worker/front/doctor-hint.js';
import { refusalOf } from '../../../../src/worker/front/ladder.js';
import type { Rung, RungName } from '../../../../src/worker/front/rung.js';
import { ERROR_CODES, TsbuildError } from '../../../../src/core/errors.js';

function failureOf(name: RungName, error: TsbuildError): { rung: Rung; error: TsbuildError } {
  const rung: Rung = {
    name,
    description: name,
    isCleanedByKernel: true,
    command: () => [],
    prepare: () => Promise.resolve(),
    explain: () => error,
  };
  return { rung, error };
}

const noIds = new TsbuildError('SANDBOX_NO_SUBUID', 'no ids', { hint: 'add ids' });

test('when nothing works the reason of each rung is told, with the command for the strongest', (t) => {
  const notRoot = new TsbuildError('SANDBOX_UNSUPPORTED', 'not root');
  const error = refusalOf('auto', [failureOf('userns', noIds), failureOf('chroot', notRoot)]);
  t.is(error.code, 'SANDBOX_UNSUPPORTED');
  t.is(error.message, 'no isolation works on this machine:\nuserns: no ids\nchroot: not root');
  t.is(error.hint, 'add ids');
});

test('a forced rung, or a reason that all share, is told alone', (t) => {
  t.is(refusalOf('userns', [failureOf('userns', noIds)]), noIds);
  t.is(refusalOf('auto', [failureOf('userns', noIds), failureOf('userns-single', noIds)]), noIds);
  t.is(refusalOf('chroot', []).code, 'SANDBOX_UNSUPPORTED');
});

test('every failure of the sandbox has a hint that names doctor, once', (t) => {
  for (const code of ERROR_CODES.filter((known) => known.startsWith('SANDBOX_'))) {
    for (const hint of [undefined, 'do this']) {
      const pointed = pointToDoctor(new TsbuildError(code, 'failed', { hint }));
      t.true(pointed instanceof TsbuildError && pointed.hint?.includes('tsbuild doctor'));
      t.is(pointToDoctor(pointed), pointed);
    }
  }
  const other = new TsbuildError('LAYER_UNSAFE', 'unsafe');
  t.is(pointToDoctor(other), other);
});
