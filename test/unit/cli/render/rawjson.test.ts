import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { digestOf } from '../../../../src/core/digest.js';
import type { BuildEvent } from '../../../../src/core/events.js';
import { createRawJsonRenderer } from '../../../../src/cli/render/rawjson.js';

const EPOCH = '1970-01-01T00:00:0';

test("one JSON object a line, in the shape of BuildKit's SolveStatus", (t) => {
  let out = '';
  const renderer = createRawJsonRenderer({ write: (text) => void (out += text), now: () => 9 });
  const events: BuildEvent[] = [
    { kind: 'step-start', step: { id: 'a', name: 'RUN\nx' }, time: 1 },
    { kind: 'step-log', id: 'a', stream: 2, data: Buffer.from([0xff, 10]), time: 2 },
    { kind: 'step-progress', id: 'a', item: 'sha256:x', current: 1, total: 3, time: 3 },
    { kind: 'step-progress', id: 'a', item: 'sha256:x', current: 3, total: 3, isDone: true, time: 4.5 },
    {
      kind: 'step-end',
      id: 'a',
      status: 'error',
      error: { code: 'STEP_EXIT_NONZERO', message: 'm' },
      time: 5,
    },
    {
      kind: 'warning',
      rule: 'R',
      message: 'w',
      url: 'u',
      location: { file: 'D', startLine: 2, endLine: 3, text: 'x' },
    },
    { kind: 'note', message: 'n' },
    { kind: 'step-end', id: 'unknown', status: 'done', time: 6 },
  ];
  events.forEach(renderer.onEvent);
  renderer.finish();
  const vertex = digestOf('a');
  const base = { digest: vertex, name: 'RUN\nx', started: `${EPOCH}1.000Z` };
  t.deepEqual(
    out.trimEnd().split('\n').map((line): unknown => JSON.parse(line)),
    [
      { tsbuild: { schema: 1, version: '0.0.0-development' } },
      { vertexes: [base] },
      { logs: [{ vertex, stream: 2, data: '/wo=', timestamp: `${EPOCH}2.000Z` }] },
      { statuses: [{ id: 'sha256:x', vertex, total: 3, current: 1, timestamp: `${EPOCH}3.000Z`, started: `${EPOCH}3.000Z` }] },
      {
        statuses: [
          {
            id: 'sha256:x', vertex, total: 3, current: 3, timestamp: `${EPOCH}4.500Z`, started: `${EPOCH}3.000Z`,
            completed: `${EPOCH}4.500Z`,
          },
        ],
      },
      { vertexes: [{ ...base, completed: `${EPOCH}5.000Z`, error: 'm' }] },
      {
        warnings: [
          {
            vertex: '', level: 1, short: Buffer.from('R: w (line 2)').toString('base64'), url: 'u',
            sourceInfo: { filename: 'D', data: Buffer.from('x').toString('base64') },
            range: [{ start: { line: 2 }, end: { line: 3 } }],
          },
        ],
      },
      { notes: [{ message: 'n', timestamp: `${EPOCH}9.000Z` }] },
    ],
  ); // prettier-ignore
});

test('cached and canceled', (t) => {
  let out = '';
  const renderer = createRawJsonRenderer({ write: (text) => void (out += text), now: () => 0 });
  for (const status of ['cached', 'canceled'] as const) {
    renderer.onEvent({ kind: 'step-start', step: { id: status, name: status }, time: 1 });
    renderer.onEvent({ kind: 'step-end', id: status, status, time: 1 });
  }
  t.true(out.includes('"cached":true'));
  t.true(out.includes('"error":"context canceled"'));
});

test('names and errors are cut, and nothing in a line moves a cursor', (t) => {
  let out = '';
  const renderer = createRawJsonRenderer({ write: (text) => void (out += text), now: () => 9 });
  const name = `RUN \x7f\x9b\u202e${'x'.repeat(1 << 20)}`;
  renderer.onEvent({ kind: 'step-start', step: { id: 'a', name }, time: 1 });
  const error = { code: 'STEP_EXIT_NONZERO', message: `process "${name}" failed` } as const;
  renderer.onEvent({ kind: 'step-end', id: 'a', status: 'error', error, time: 2 });
  t.true(out.length < 10_000, String(out.length));
  t.notRegex(out, /[\x7f-\x9f\u202e]/);
  t.is(
    (JSON.parse(out.split('\n')[1]!) as { vertexes: { name: string }[] }).vertexes[0]!.name.slice(0, 7),
    'RUN \x7f\x9b\u202e',
  );
});

function linesOf(use: (renderer: ReturnType<typeof createRawJsonRenderer>) => void): unknown[] {
  let out = '';
  const renderer = createRawJsonRenderer({ write: (text) => void (out += text), now: () => 9 });
  use(renderer);
  renderer.finish();
  return out
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

test('the steps of the plan are told before they begin, and when the own work of one does', (t) => {
  const [, plan, started, begun] = linesOf(({ onEvent }) => {
    onEvent({ kind: 'plan', steps: [{ id: 'a', name: 'RUN x' }], time: 1 });
    onEvent({ kind: 'step-start', step: { id: 'a', name: 'RUN x' }, time: 2 });
    onEvent({ kind: 'step-work', id: 'a', time: 3 });
    onEvent({ kind: 'step-work', id: 'unknown', time: 3 });
  });
  const vertex = { digest: digestOf('a'), name: 'RUN x' };
  t.deepEqual(plan, { vertexes: [vertex] });
  t.deepEqual(started, { vertexes: [{ ...vertex, started: `${EPOCH}2.000Z` }] });
  t.deepEqual(begun, { vertexes: [{ ...vertex, started: `${EPOCH}3.000Z` }] });
});

test('stages of the plan and finished images are told with the digests of their steps', (t) => {
  const stage = { name: 's', platform: 'linux/amd64', base: 'scratch', line: 1 };
  const lines = { startLine: 2, endLine: 3 };
  const layers = [{ diffId: 'sha256:1', size: 5, createdBy: 'RUN x' }];
  const image = { digest: 'sha256:d', configDigest: 'sha256:c', platform: 'linux/amd64', layers };
  const [, plan, told] = linesOf(({ onEvent }) => {
    onEvent({
      kind: 'plan',
      steps: [{ id: 'a', name: 'RUN x' }],
      stages: [{ ...stage, id: 'one', needs: ['two'], steps: [{ ...lines, id: 'a', needs: ['two'] }] }],
      time: 1,
    });
    onEvent({ kind: 'image', ...image, time: 2 });
  });
  const needs = [digestOf('two')];
  t.deepEqual(plan, {
    vertexes: [{ digest: digestOf('a'), name: 'RUN x' }],
    stages: [{ ...stage, id: digestOf('one'), needs, steps: [{ ...lines, vertex: digestOf('a'), needs }] }],
  });
  t.deepEqual(told, { images: [{ ...image, timestamp: `${EPOCH}2.000Z` }] });
});

test('the last line is the result, or the failure', (t) => {
  const done = linesOf(({ conclude }) => conclude?.({ kind: 'done', result: { digest: 'sha256:x' } }));
  t.deepEqual(done.at(-1), { result: { digest: 'sha256:x' } });
  const error = new TsbuildError('STEP_EXIT_NONZERO', 'm', {
    hint: 'h',
    exitCode: 3,
    location: { file: 'Dockerfile', startLine: 2, endLine: 2, text: 'long' },
  });
  t.deepEqual(linesOf(({ conclude }) => conclude?.({ kind: 'failed', error })).at(-1), {
    error: {
      code: 'STEP_EXIT_NONZERO',
      message: 'm',
      hint: 'h',
      exitStatus: 1,
      exitCode: 3,
      location: { file: 'Dockerfile', startLine: 2, endLine: 2 },
    },
  });
  const bug = linesOf(({ conclude }) => conclude?.({ kind: 'failed', error: new Error('x') }));
  t.deepEqual(bug.at(-1), { error: { code: 'INTERNAL', message: 'x', exitStatus: 70 } });
});
