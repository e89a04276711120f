// How far a download has come.
import test from 'ava';
import type { BuildEvent } from '../../../src/core/events.js';
import { reportBytes } from '../../../src/core/report-bytes.js';

interface Run {
  /** Seconds at which each chunk of ten bytes comes. */
  readonly at: readonly number[];
  readonly total?: number;
}

/**
 * The reports as `current`, with `!` behind the one that says that all is there, and what was given out before each.
 */
async function reportsOf({ at, total }: Run): Promise<string[]> {
  const told: string[] = [];
  let time = 0;
  let given = 0;
  const emit = (event: BuildEvent) => {
    if (event.kind !== 'step-progress') return;
    told.push(`${event.current}${event.isDone ? '!' : ''} of ${event.total ?? '?'} after ${given}`);
  };
  async function* chunks() {
    for (const next of at) {
      time = next;
      yield Buffer.alloc(10);
    }
  }
  for await (const chunk of reportBytes({ emit, now: () => time }, chunks(), { id: 'a', item: 'b', total }))
    given += chunk.length;
  return told;
}

test('four reports a second at the most', async (t) => {
  t.deepEqual(await reportsOf({ at: [0, 0.1, 0.2, 0.25, 0.3], total: 100 }), [
    '10 of 100 after 0',
    '40 of 100 after 30',
    '50! of 100 after 50',
  ]);
});

test('all is there: told before the last chunk is given out, and once', async (t) => {
  t.deepEqual(await reportsOf({ at: [0, 0.1], total: 20 }), ['10 of 20 after 0', '20! of 20 after 10']);
});

test('a total that is not known', async (t) => {
  t.deepEqual(await reportsOf({ at: [0, 0.1] }), ['10 of ? after 0', '20! of ? after 20']);
});
