import test from 'ava';
import { createPackFaults } from '../../../../src/cache/remote/pack-faults.js';
import { digestOf } from '../../../../src/core/digest.js';
import { TsbuildError, type ErrorCode } from '../../../../src/core/errors.js';

const [one, two] = [digestOf('one'), digestOf('two')];
const error = (code: ErrorCode) => new TsbuildError(code, 'gone', { hint: 'put it back' });

function faults() {
  const notes: string[] = [];
  return { notes, faults: createPackFaults('place', (message) => notes.push(message)) };
}

test('a layer that fails is refused, the others are not, and one sentence is said', (t) => {
  const { faults: of, notes } = faults();
  t.like(of.refuse(one, error('REGISTRY_NOT_FOUND')), {
    code: 'CACHE_UNAVAILABLE',
    message: 'cache place: gone',
    hint: 'put it back',
  });
  t.deepEqual([of.isRefused(one), of.isRefused(two), of.isUseless, of.count], [true, false, false, 1]);
  of.refuse(two, error('LAYER_INVALID'));
  t.deepEqual([of.isRefused(two), of.isUseless, of.count], [true, false, 2]);
  t.deepEqual(notes, ['the cache place has a layer that is of no use, which is made anew: gone']);
});

for (const code of ['REGISTRY_UNREACHABLE', 'REGISTRY_UNAUTHORIZED'] as const)
  test(`a place that answers with ${code} is not asked again`, (t) => {
    const { faults: of, notes } = faults();
    of.refuse(one, error(code));
    t.deepEqual([of.isRefused(two), of.isUseless], [true, true]);
    t.deepEqual(notes, ['the cache place is of no use: gone']);
  });

test('a pack that says something wrong is refused as a whole', (t) => {
  const { faults: of } = faults();
  of.refuse(undefined, error('CACHE_INVALID'));
  t.true(of.isRefused(one));
});

test('a pack that is given up gives nothing', (t) => {
  const { faults: of } = faults();
  of.giveUp();
  t.deepEqual([of.isRefused(one), of.isUseless, of.count], [true, true, 0]);
});

test('what this machine lacks, and an end that the user wanted, are no fault of a pack', (t) => {
  const { faults: of, notes } = faults();
  for (const given of [error('STORE_FULL'), error('ABORTED'), error('SANDBOX_FAILED'), new TypeError('bug')])
    t.is(of.refuse(one, given), given);
  t.deepEqual([of.isRefused(one), of.count, notes], [false, 0, []]);
});
