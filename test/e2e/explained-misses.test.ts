// The events of a build say of each step that was made why it was not found, and nothing that a value is.
import test from 'ava';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MissReason } from '../../src/core/miss-reason.js';
import { builder } from '../support/in-process-build.js';

const DOCKERFILE = `FROM scratch
ARG OWNER=1
COPY a b /d/
COPY --chown=$OWNER c /c
WORKDIR /w
`;

test('each step that is made says why', async (t) => {
  const { build, write, events, store } = builder(t);
  write({ Dockerfile: DOCKERFILE, a: '1', b: '1', c: '1' });
  const reasons = async (request: Parameters<typeof build>[0] = {}): Promise<(MissReason | undefined)[]> => {
    events.length = 0;
    await build({ outputs: [], ...request });
    const isStep = new Set(
      events.flatMap((event) =>
        event.kind === 'step-start' && /^\[\d\/\d\] /.test(event.step.name) ? [event.step.id] : [],
      ),
    );
    return events.flatMap((event) => (event.kind === 'step-end' && isStep.has(event.id) ? [event.miss] : []));
  };
  t.deepEqual(await reasons(), [{ kind: 'never' }, { kind: 'never' }, { kind: 'never' }]);
  t.deepEqual(await reasons(), [undefined, undefined, undefined]);

  write({ b: '2' });
  const below = { kind: 'changed', inputs: [{ input: 'parent' }] };
  t.deepEqual(await reasons(), [
    { kind: 'changed', inputs: [{ input: 'content', index: 1, name: 'b' }] },
    below,
    below,
  ]);

  const ignored = { kind: 'ignored' };
  t.deepEqual(await reasons({ noCache: true }), [ignored, ignored, below]);

  rmSync(join(store, 'v1', 'index'), { recursive: true });
  t.deepEqual(await reasons(), [{ kind: 'lost', part: 'index' }, below, below]);

  await reasons({ buildArgs: { OWNER: '424242' } });
  t.notRegex(JSON.stringify(events.map((event) => (event.kind === 'step-end' ? event : {}))), /424242/);
});
