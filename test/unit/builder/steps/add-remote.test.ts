import test from 'ava';
import { isRemoteSource, planRemoteSource } from '../../../../src/builder/steps/add-remote.js';
import { createRig } from '../../../rig/rig.js';

test('which sources are not files of the context', (t) => {
  for (const source of [
    'http://h/a',
    'https://h/a.tar',
    'https://github.com/a/b.git',
    'git@github.com:a/b.git',
  ])
    t.true(isRemoteSource(source), source);
  for (const source of ['a', './http', 'a.git', 'ftp://h/a']) t.false(isRemoteSource(source), source);
});

test('a path is left to who copies files, and nothing is looked at ahead for it', async (t) => {
  const rig = createRig(t);
  await rig.inStage('FROM scratch\nADD a /\n', async ({ run, step, lookedAhead }) => {
    t.is(await planRemoteSource(run, step('add'), 'a'), undefined);
    t.is(lookedAhead(), 0);
  });
});
