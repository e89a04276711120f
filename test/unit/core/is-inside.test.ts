// What a worker deletes for the front lies below one of its folders, and is never the folder itself or its parent.
import test from 'ava';
import { isInside } from '../../../src/core/is-inside.js';

for (const [path, expected] of [
  ['/s/trees/a', true],
  ['/s/trees/a/b', true],
  ['/s/trees/..a', true],
  ['/s/trees', false],
  ['/s/trees/', false],
  ['/s/trees/.', false],
  ['/s/trees/..', false],
  ['/s/trees/../', false],
  ['/s/trees/a/..', false],
  ['/s/trees/a/../../x', false],
  ['/s/trees/a//b', false],
  ['/s/trees-of-others/a', false],
  ['/s/mounts/a', false],
] as const)
  test(`${path} is ${expected ? 'inside' : 'not inside'}`, (t) => {
    t.is(isInside('/s/trees', path), expected);
  });
