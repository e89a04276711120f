import test from 'ava';
import type { BuildEvent } from '../../../src/core/events.js';
import { explainSteps } from '../../../src/core/explain-steps.js';
import { renderWhy } from '../../../src/cli/render/why.js';

type End = Omit<Extract<BuildEvent, { kind: 'step-end' }>, 'kind' | 'id' | 'time'>;

function explained(steps: readonly (readonly [name: string, end?: End])[]) {
  const plan: BuildEvent = { kind: 'plan', steps: steps.map(([name]) => ({ id: name, name })), time: 1 };
  const ends = steps.flatMap(([name, end]): BuildEvent[] =>
    end ? [{ kind: 'step-end', id: name, time: 2, ...end }] : [],
  );
  return explainSteps([plan, ...ends.toReversed()]);
}

test('a change, and what stands above it, name what changed', (t) => {
  const steps = explained([
    ['[app 1/4] FROM docker.io/library/node:22@sha256:1', { status: 'done' }],
    [
      '[app 2/4] COPY src /src',
      {
        status: 'done',
        miss: { kind: 'changed', inputs: [{ input: 'content', index: 0, name: 'src' }] },
        changed: { paths: ['/src/a', '/src/b', '/src/c', '/src/d', '/src/e', '/src/f'], count: 9 },
      },
    ],
    [
      '[app 3/4] RUN make',
      {
        status: 'error',
        miss: { kind: 'changed', inputs: [{ input: 'env', name: 'V' }, { input: 'parent' }] },
      },
    ],
    ['[app 4/4] RUN later'],
  ]);
  t.is(
    renderWhy(steps),
    `ran      [app 2/4] COPY src /src
           src changed
           in the image differ: /src/a, /src/b, /src/c, /src/d, /src/e and 4 more
failed   [app 3/4] RUN make
           V has another value
           the layers below it changed: [app 2/4] COPY src /src
`,
  );
});

test('without a step that ran it is the base', (t) => {
  const parent = { kind: 'changed', inputs: [{ input: 'parent' }] } as const;
  const [first, second] = explained([
    ['[1/2] FROM docker.io/library/node:22@sha256:1', { status: 'done' }],
    ['[2/2] RUN a', { status: 'done', miss: parent }],
    ['[other 1/1] RUN b', { status: 'done', miss: parent }],
  ]);
  t.deepEqual(first?.reasons, ['the layers below it changed: [1/2] FROM docker.io/library/node:22@sha256:1']);
  t.deepEqual(second?.reasons, ['the layers below it changed']);
});

test('hits say where they came from, and each kind of miss has its words', (t) => {
  const reasonOf = (end: End) => explained([['[1/1] RUN a', end]])[0]?.reasons.join('; ');
  t.is(reasonOf({ status: 'cached' }), 'taken from the store');
  t.is(reasonOf({ status: 'cached', from: 'r.test/cache' }), 'taken from the cache r.test/cache');
  t.is(reasonOf({ status: 'done', miss: { kind: 'never' } }), 'no step like it was made here before');
  t.is(reasonOf({ status: 'done', miss: { kind: 'ignored' } }), 'the cache was not to be used');
  t.regex(reasonOf({ status: 'done', miss: { kind: 'lost', part: 'blob' } }) ?? '', /its layer is gone/);
  t.regex(reasonOf({ status: 'done', miss: { kind: 'refused' } }) ?? '', /secret/);
  const changed = (input: string, name?: string) =>
    reasonOf({
      status: 'done',
      miss: { kind: 'changed', inputs: [{ input, ...(name !== undefined && { name }) }] },
    });
  t.is(changed('mounts', '/m'), 'what is mounted at /m changed');
  t.is(changed('user'), 'the user changed');
  t.is(changed('surprise'), 'surprise changed');
  t.is(changed('op'), 'the order of its inputs changed');
});

test('a step that was stopped before it was decided has no reason', (t) => {
  t.deepEqual(explained([['[1/1] RUN a', { status: 'canceled' }]]), [
    { id: '[1/1] RUN a', name: '[1/1] RUN a', outcome: 'canceled', reasons: [] },
  ]);
});
