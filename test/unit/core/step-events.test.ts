// A piece of work as the events of one displayed step.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import type { BuildEvent } from '../../../src/core/events.js';
import { reportStep, type StepReporter } from '../../../src/core/step-events.js';

async function eventsOf(work: (reporter: StepReporter) => Promise<unknown>): Promise<BuildEvent[]> {
  const events: BuildEvent[] = [];
  let time = 0;
  const emitter = { emit: (event: BuildEvent) => void events.push(event), now: () => ++time };
  await reportStep(emitter, { id: 'a', name: 'A' }, work).catch(() => undefined);
  return events;
}

const START: BuildEvent = { kind: 'step-start', step: { id: 'a', name: 'A' }, time: 1 };

test('done, or from the cache', async (t) => {
  const end = { kind: 'step-end', id: 'a', time: 2 } as const;
  t.deepEqual(await eventsOf(async () => 1), [START, { ...end, status: 'done' }]);
  t.deepEqual(await eventsOf(async ({ markCached }) => markCached()), [START, { ...end, status: 'cached' }]);
});

test('failed, with its code; canceled; a bug', async (t) => {
  const failing = (error: Error) =>
    eventsOf(async () => {
      throw error;
    });
  const [, failed] = await failing(new TsbuildError('COPY_NOT_FOUND', 'b'));
  t.like(failed, { status: 'error', error: { code: 'COPY_NOT_FOUND', message: 'b' } });
  const [, canceled] = await failing(new TsbuildError('ABORTED', 'b'));
  t.like(canceled, { status: 'canceled' });
  const [, bug] = await failing(new Error('c'));
  t.like(bug, { status: 'error', error: { code: 'INTERNAL', message: 'c' } });
});

test('the result and the error are passed on', async (t) => {
  const emitter = { emit: () => {}, now: () => 0 };
  t.is(await reportStep(emitter, { id: 'a', name: 'A' }, async () => 5), 5);
  await t.throwsAsync(
    reportStep(emitter, { id: 'a', name: 'A' }, () => Promise.reject(new Error('x'))),
    {
      message: 'x',
    },
  );
});
