import test from 'ava';
import { eventsOf } from '../../src/bake-events.js';
import type { BuildEvent } from '../../src/core/events.js';

test('stages have the name of their target', (t) => {
  const stage = { name: 's', platform: 'linux/amd64', base: 'scratch', line: 1 };
  const lines = { startLine: 2, endLine: 2 };
  const seen: BuildEvent[] = [];
  const stages = [{ ...stage, id: '0', needs: ['1'], steps: [{ ...lines, id: 'b', needs: ['1'] }] }];
  eventsOf('app', (event) => seen.push(event))({ kind: 'plan', steps: [], stages, time: 1 });
  const needs = ['app/1'];
  t.like(seen[0], {
    stages: [{ ...stage, id: 'app/0', name: 'app s', needs, steps: [{ ...lines, id: 'app/b', needs }] }],
  });
});

test('steps have the name of their target', (t) => {
  const seen: BuildEvent[] = [];
  const emit = eventsOf('app', (event) => seen.push(event));
  emit({ kind: 'step-start', step: { id: 'a', name: '[build 1/2] RUN x' }, time: 0 });
  emit({ kind: 'step-end', id: 'a', status: 'done', time: 1 });
  emit({ kind: 'plan', steps: [{ id: 'b', name: 'exporting' }], time: 1 });
  emit({ kind: 'note', message: 'n' });
  t.deepEqual(seen, [
    { kind: 'step-start', step: { id: 'app/a', name: '[app build 1/2] RUN x' }, time: 0 },
    { kind: 'step-end', id: 'app/a', status: 'done', time: 1 },
    { kind: 'plan', steps: [{ id: 'app/b', name: '[app] exporting' }], time: 1 },
    { kind: 'note', message: 'n' },
  ]);
});
