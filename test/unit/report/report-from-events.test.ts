import test from 'ava';
import type { BuildEvent } from '../../../src/core/events.js';
import type { ReportBuild } from '../../../src/report/report-data.js';
import { reportFromEvents } from '../../../src/report/report-from-events.js';

const BUILD: ReportBuild = { id: 'b', started: 100, duration: 10, status: 'error', context: '.', tags: [] };

const PLAN: BuildEvent = {
  kind: 'plan',
  steps: [
    { id: 'base', name: '[1/3] FROM a' },
    { id: 'copy', name: '[2/3] COPY a /a' },
    { id: 'run', name: '[3/3] RUN make' },
    { id: 'last', name: '[3/3] RUN never' },
  ],
  stages: [
    {
      id: 's',
      name: 'stage-0',
      platform: 'linux/amd64',
      base: 'a',
      line: 1,
      needs: [],
      steps: [
        { id: 'copy', startLine: 2, endLine: 2 },
        { id: 'run', startLine: 3, endLine: 4 },
      ],
    },
  ],
  time: 101,
};

function start(id: string, time: number, name = id): BuildEvent {
  return { kind: 'step-start', step: { id, name }, time };
}

const EVENTS: readonly BuildEvent[] = [
  start('definition', 100, '[internal] load'),
  { kind: 'step-end', id: 'definition', status: 'done', time: 101 },
  PLAN,
  start('copy', 102),
  { kind: 'step-end', id: 'copy', status: 'cached', from: 'registry.test/cache', time: 102 },
  start('run', 102),
  { kind: 'step-work', id: 'run', time: 103 },
  { kind: 'step-log', id: 'run', stream: 1, data: Buffer.from('out\n'), time: 104 },
  {
    kind: 'step-end',
    id: 'run',
    status: 'error',
    error: { code: 'STEP_EXIT_NONZERO', message: 'exit code: 1' },
    miss: { kind: 'never' },
    time: 109,
  },
  { kind: 'note', message: 'n' },
  { kind: 'warning', rule: 'R', message: 'm' },
];

test('steps have their times since the beginning, why they ran, and what they have written', async (t) => {
  const { steps, stages, criticalPath, notes, warnings } = await reportFromEvents(BUILD, EVENTS);
  t.deepEqual(steps, [
    {
      id: 'definition',
      name: '[internal] load',
      outcome: 'ran',
      isInstruction: false,
      start: 0,
      end: 1,
      reasons: [],
    },
    {
      id: 'copy',
      name: '[2/3] COPY a /a',
      outcome: 'cached',
      isInstruction: true,
      lines: { start: 2, end: 2 },
      start: 2,
      end: 2,
      reasons: ['taken from the cache registry.test/cache'],
    },
    {
      id: 'run',
      name: '[3/3] RUN make',
      outcome: 'failed',
      isInstruction: true,
      lines: { start: 3, end: 4 },
      start: 2,
      work: 3,
      end: 9,
      reasons: ['no step like it was made here before'],
      error: 'exit code: 1',
      log: { lines: ['out'], left: 0 },
    },
    { id: 'base', name: '[1/3] FROM a', outcome: 'waiting', isInstruction: true, reasons: [] },
    { id: 'last', name: '[3/3] RUN never', outcome: 'waiting', isInstruction: true, reasons: [] },
  ]);
  t.deepEqual(stages, PLAN.kind === 'plan' ? PLAN.stages : undefined);
  t.deepEqual(
    criticalPath.map(({ id }) => id),
    ['definition', 'copy', 'run'],
  );
  t.deepEqual(notes, ['n']);
  t.deepEqual(warnings, [{ rule: 'R', message: 'm' }]);
});

test('a step that did not end says what it has written, one that succeeded does not', async (t) => {
  const log = (id: string): BuildEvent => ({
    kind: 'step-log',
    id,
    stream: 2,
    data: Buffer.from('x'),
    time: 103,
  });
  const { steps } = await reportFromEvents(BUILD, [
    PLAN,
    start('copy', 102),
    log('copy'),
    { kind: 'step-end', id: 'copy', status: 'done', time: 104 },
    start('run', 104),
    log('run'),
  ]);
  t.deepEqual(
    steps.slice(0, 2).map(({ outcome, log: told }) => [outcome, told?.lines]),
    [
      ['ran', undefined],
      ['running', ['x']],
    ],
  );
});

test('a build that began anew is told once', async (t) => {
  const again = await reportFromEvents(BUILD, [...EVENTS, PLAN, start('run', 105)]);
  t.is(again.stages.length, 1);
  const run = again.steps.find(({ id }) => id === 'run');
  t.like(run, { outcome: 'running', start: 5 });
  t.is(run?.end, undefined);
});

test('images and pushes', async (t) => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const layers = [{ diffId: 'sha256:1', size: 5, createdBy: 'RUN x' }];
  const { images, pushed } = await reportFromEvents({ ...BUILD, status: 'done' }, [
    { kind: 'image', digest, configDigest: digest, platform: 'linux/amd64', layers, time: 101 },
    start('push', 102, 'exporting to image'),
    {
      kind: 'step-progress',
      id: 'push',
      item: `pushing manifest for r.test/a:1@${digest}`,
      current: 0,
      isDone: true,
      time: 103,
    },
  ]);
  t.deepEqual(images, [{ platform: 'linux/amd64', digest, layers }]);
  t.deepEqual(pushed, [{ name: 'r.test/a:1', digest, sent: 0 }]);
});
