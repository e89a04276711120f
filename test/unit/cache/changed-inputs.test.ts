// What differs between the inputs of two keys is told completely, and without their values.
import test from 'ava';
import fc from 'fast-check';
import { changedInputs } from '../../../src/cache/changed-inputs.js';
import { keyOf, type KeyInputs } from '../../../src/cache/step-key.js';
import type { Json } from '../../../src/core/canonical-json.js';

const variable = fc
  .tuple(fc.constantFrom('A', 'B', 'PATH'), fc.constantFrom('', '1', 'x=y', 'secret'))
  .map(([name, value]) => `${name}=${value}`);
const value: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, 7, 'secret', ''),
  fc.array(fc.constantFrom<Json>('secret', 'b', { target: '/secret' }), { maxLength: 3 }),
);
const inputs: fc.Arbitrary<KeyInputs> = fc.record(
  { argv: value, content: value, env: fc.array(variable, { maxLength: 4 }), user: value },
  { requiredKeys: [] },
);

test('something has changed exactly when the keys differ', (t) => {
  fc.assert(
    fc.property(inputs, inputs, (a, b) => changedInputs(a, b).length > 0 === (keyOf(a) !== keyOf(b))),
  );
  t.pass();
});

test('what has changed one way has changed the other way', (t) => {
  fc.assert(fc.property(inputs, inputs, (a, b) => t.deepEqual(changedInputs(a, b), changedInputs(b, a))));
});

test('each change is told once, and only of inputs that are there', (t) => {
  fc.assert(
    fc.property(inputs, inputs, (a, b) => {
      const changes = changedInputs(a, b);
      t.is(new Set(changes.map((change) => JSON.stringify(change))).size, changes.length);
      for (const { input } of changes) t.true(input in a || input in b);
    }),
  );
});

test('no value is told', (t) => {
  fc.assert(
    fc.property(inputs, inputs, (a, b) => t.notRegex(JSON.stringify(changedInputs(a, b)), /secret|x=y/)),
  );
});

const CASES: readonly (readonly [string, KeyInputs, KeyInputs, object[]])[] = [
  [
    'a variable with another value',
    { env: ['A=1', 'B=1'] },
    { env: ['A=1', 'B=2'] },
    [{ input: 'env', name: 'B' }],
  ],
  ['a variable more', { env: [] }, { env: ['A=1'] }, [{ input: 'env', name: 'A' }]],
  ['variables in another order', { env: ['A=1', 'B=1'] }, { env: ['B=1', 'A=1'] }, [{ input: 'env' }]],
  ['the second source', { content: ['x', 'y'] }, { content: ['x', 'z'] }, [{ input: 'content', index: 1 }]],
  ['a source more', { content: ['x'] }, { content: ['x', 'z'] }, [{ input: 'content', index: 1 }]],
  ['a user that is given', {}, { user: 'u' }, [{ input: 'user' }]],
  [
    'two of them',
    { parent: 'p', user: '' },
    { parent: 'q', user: 'u' },
    [{ input: 'parent' }, { input: 'user' }],
  ],
];

for (const [words, before, now, changes] of CASES)
  test(`told: ${words}`, (t) => t.deepEqual(changedInputs(before, now), changes));
