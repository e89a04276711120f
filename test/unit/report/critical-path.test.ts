import test from 'ava';
import type { StageRef } from '../../../src/core/events.js';
import { criticalPath, type TimedStep } from '../../../src/report/critical-path.js';

type Row = readonly [id: string, start?: number, end?: number, work?: number];

function stepsOf(rows: readonly Row[], isInstruction = true): readonly TimedStep[] {
  return rows.map(([id, start, end, work]) => ({
    id,
    isInstruction,
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(work !== undefined && { work }),
  }));
}

function stage(
  id: string,
  steps: Readonly<Record<string, readonly string[]>>,
  needs: readonly string[] = [],
): StageRef {
  return {
    id,
    name: id,
    platform: 'linux/amd64',
    base: 'scratch',
    line: 1,
    needs,
    steps: Object.entries(steps).map(([step, sources]) => ({
      id: step,
      startLine: 1,
      endLine: 1,
      needs: sources,
    })),
  };
}

const idsOf = (path: readonly { readonly id: string }[]) => path.map(({ id }) => id);

test('of two stages the slower one limits what takes files of both', (t) => {
  const stages = [
    stage('s', { s1: [], s2: [] }),
    stage('f', { f1: [] }),
    stage('t', { t1: ['s', 'f'] }, ['s', 'f']),
  ];
  const steps = stepsOf([
    ['s1', 0, 2],
    ['f1', 0, 3],
    ['s2', 2, 7],
    ['t1', 7, 8],
  ]);
  t.deepEqual(criticalPath(steps, stages), [
    { id: 's1', seconds: 2 },
    { id: 's2', seconds: 5 },
    { id: 't1', seconds: 1 },
  ]);
});

test('a fetch that a step waited for is part of the chain', (t) => {
  const steps = [
    ...stepsOf([['metadata', 0, 1]], false),
    ...stepsOf([['run', 1, 20, 15]]),
    ...stepsOf(
      [
        ['fetch 1', 1.1, 5],
        ['fetch 2', 1.1, 14.9],
      ],
      false,
    ),
  ];
  t.deepEqual(idsOf(criticalPath(steps, [stage('s', { run: [] })])), ['metadata', 'fetch 2', 'run']);
});

test('the first step of a stage waits for no step of another one', (t) => {
  const stages = [stage('a', { a1: [] }), stage('b', { b1: [] })];
  const steps = [
    ...stepsOf([['base', 0, 1]]),
    ...stepsOf([
      ['a1', 1, 2],
      ['b1', 3, 9],
    ]),
  ];
  t.deepEqual(idsOf(criticalPath(steps, stages)), ['base', 'b1']);
});

test('a stage without steps passes on what it needs', (t) => {
  const stages = [stage('a', { a1: [] }), stage('b', {}, ['a']), stage('c', { c1: [] }, ['b'])];
  t.deepEqual(
    idsOf(
      criticalPath(
        stepsOf([
          ['a1', 0, 1],
          ['c1', 1, 2],
        ]),
        stages,
      ),
    ),
    ['a1', 'c1'],
  );
});

test('without stages times alone tell, and what did not begin or end is no part of it', (t) => {
  const steps = stepsOf([['a', 0, 1], ['b', 1, 3], ['c', 0, 2], ['d', 3, 4], ['e', 4], ['f']]);
  t.deepEqual(idsOf(criticalPath(steps)), ['a', 'b', 'd']);
  t.deepEqual(criticalPath([]), []);
});

test('stages that need each other in a log that is damaged end the walk', (t) => {
  const stages = [stage('a', {}, ['b']), stage('b', {}, ['a']), stage('c', { c1: [] }, ['a'])];
  t.deepEqual(idsOf(criticalPath(stepsOf([['c1', 0, 1]]), stages)), ['c1']);
});
