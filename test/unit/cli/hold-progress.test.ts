import test from 'ava';
import { holdProgress } from '../../../src/cli/hold-progress.js';
import type { BuildEvent } from '../../../src/core/events.js';

const note = (message: string): BuildEvent => ({ kind: 'note', message });

test('while a shell is open nothing is drawn, and afterwards all that was told, in its order', (t) => {
  const said: string[] = [];
  const progress = holdProgress(
    {
      onEvent: (event) => said.push(event.kind === 'note' ? event.message : event.kind),
      refresh: () => said.push('refresh'),
      pause: () => said.push('pause'),
      finish: () => undefined,
      refreshMilliseconds: 0,
    },
    ({ step }) => said.push(`shell in ${step}`),
  );
  progress.onEvent(note('1'));
  progress.refresh();
  progress.onEvent({ kind: 'shell-open', step: 's', failure: 'f', time: 1 });
  progress.onEvent(note('2'));
  progress.refresh();
  progress.onEvent(note('3'));
  t.deepEqual(said, ['1', 'refresh', 'pause', 'shell in s']);
  progress.onEvent({ kind: 'shell-closed', time: 2 });
  progress.onEvent(note('4'));
  t.deepEqual(said.slice(4), ['2', '3', '4']);
});
