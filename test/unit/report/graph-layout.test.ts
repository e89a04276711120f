import test from 'ava';
import type { StageRef } from '../../../src/core/events.js';
import { BOX, layOutStages } from '../../../src/report/graph-layout.js';

function stage(id: string, base: string, needs: readonly string[] = []): StageRef {
  return { id, name: id, platform: 'linux/amd64', base, line: 1, needs, steps: [] };
}

test('a stage stands behind all that it needs, and no two stand in one place', (t) => {
  const { stages, edges, width, height } = layOutStages([
    stage('a', 'scratch'),
    stage('b', 'a', ['a']),
    stage('c', 'scratch'),
    stage('d', 'b', ['b', 'c', 'unknown']),
  ]);
  const at = new Map(stages.map((one) => [one.stage.id, one]));
  t.true(at.get('a')!.x < at.get('b')!.x && at.get('b')!.x < at.get('d')!.x);
  t.is(at.get('a')!.x, at.get('c')!.x);
  t.is(new Set(stages.map(({ x, y }) => `${x} ${y}`)).size, 4);
  t.deepEqual(
    edges.map(({ from, to, kind }) => [from.stage.id, to.stage.id, kind]),
    [
      ['a', 'b', 'base'],
      ['b', 'd', 'base'],
      ['c', 'd', 'files'],
    ],
  );
  t.true(stages.every(({ x, y }) => x + BOX.width < width && y + BOX.height < height));
});

test('no stages take no room', (t) => {
  t.deepEqual(layOutStages([]).stages, []);
});
