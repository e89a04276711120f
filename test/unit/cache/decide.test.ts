// Each decision: a hit in the first source that can give it, or a miss with its reason.
import test from 'ava';
import { decide, type Question } from '../../../src/cache/decide.js';
import type { Found, LastStep, Place, RecordSource } from '../../../src/cache/record-source.js';
import { keyOf, type KeyInputs, type StepKey } from '../../../src/cache/step-key.js';

interface Kept {
  readonly inputs: KeyInputs;
  readonly lost?: Found<string>['lost'];
}

const PLACE = 'ab'.repeat(32) as Place;

/** Records in memory, and the keys that were asked for. */
function source(name: string, kept: readonly Kept[], last?: LastStep) {
  const asked: StepKey[] = [];
  const found: RecordSource<string> & { readonly asked: StepKey[] } = {
    name,
    asked,
    async find(key) {
      asked.push(key);
      const one = kept.find(({ inputs }) => keyOf(inputs) === key);
      return one && { record: name, use: () => undefined, ...(one.lost && { lost: one.lost }) };
    },
    lastAt: (place) => (place === PLACE ? last : undefined),
  };
  return found;
}

const inputs = { op: 'run', argv: ['make'], parent: 'p', env: ['A=1'] };
const question: Question = { inputs, isCacheIgnored: false, place: () => PLACE };
const lastOf = (one: KeyInputs, rest: Partial<LastStep> = {}): LastStep => ({
  key: keyOf(one),
  isRefused: false,
  inputs: one,
  ...rest,
});

async function reason(sources: readonly RecordSource<string>[], asked = question) {
  const decision = await decide(sources, asked);
  return decision.kind === 'miss' ? decision.why() : decision;
}

test('the first source that has the record decides, and the others are not asked', async (t) => {
  const [near, far] = [source('near', [{ inputs }]), source('far', [{ inputs }])];
  t.like(await decide([near, far], question), { kind: 'hit', from: 'near' });
  t.deepEqual(far.asked, []);
});

test('a second source has what the first has not, or has lost', async (t) => {
  for (const near of [source('near', []), source('near', [{ inputs, lost: 'blob' }])])
    t.like(await decide([near, source('far', [{ inputs }])], question), { kind: 'hit', from: 'far' });
});

test('a hit asks for no place', async (t) => {
  const place = () => t.fail() as never;
  t.is((await decide([source('near', [{ inputs }])], { ...question, place })).kind, 'hit');
});

test('ignored: no source is asked', async (t) => {
  const near = source('near', [{ inputs }], lastOf(inputs));
  t.deepEqual(await reason([near], { ...question, isCacheIgnored: true }), { kind: 'ignored' });
  t.deepEqual(near.asked, []);
});

test('never: no source knows the place, or what was there before is gone', async (t) => {
  t.deepEqual(await reason([]), { kind: 'never' });
  t.deepEqual(await reason([source('near', [])]), { kind: 'never' });
  const gone = lastOf({ op: 'run', argv: ['other'] }, { inputs: undefined });
  t.deepEqual(await reason([source('near', [], gone)]), { kind: 'never' });
  const { inputs: one, isCacheIgnored } = question;
  t.deepEqual(await reason([source('near', [], lastOf({}))], { inputs: one, isCacheIgnored }), {
    kind: 'never',
  });
});

test('changed: with what differs from the step before', async (t) => {
  const before = lastOf({ ...inputs, parent: 'q', env: ['A=2'] });
  const changed = { kind: 'changed', inputs: [{ input: 'env', name: 'A' }, { input: 'parent' }] };
  t.deepEqual(await reason([source('near', [], before)]), changed);
  t.deepEqual(await reason([source('near', []), source('far', [], before)]), changed);
});

test('lost: the record names what is not there, or is gone itself', async (t) => {
  for (const part of ['blob', 'index'] as const)
    t.deepEqual(await reason([source('near', [{ inputs, lost: part }]), source('far', [])]), {
      kind: 'lost',
      part,
    });
  t.deepEqual(await reason([source('near', [], lastOf(inputs))]), { kind: 'lost', part: 'record' });
});

test('refused: the same step gave what must not be kept', async (t) => {
  const refused = lastOf(inputs, { isRefused: true, inputs: undefined });
  t.deepEqual(await reason([source('near', [], refused)]), { kind: 'refused' });
  const other = lastOf({ ...inputs, parent: 'q' }, { isRefused: true });
  t.like(await reason([source('near', [], other)]), { kind: 'changed' });
});

test('what a source throws ends the decision', async (t) => {
  const failing: RecordSource<string> = { name: 'far', find: () => Promise.reject(new Error('unreachable')) };
  await t.throwsAsync(decide([failing], question), { message: 'unreachable' });
});
