import test from 'ava';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../src/core/errors.js';
import type { BuildEvent } from '../../src/core/events.js';
import { alsoTo, keepBuildLog } from '../../src/keep-build-log.js';
import { tempDir } from '../support/temp-store.js';

function world(builds: string) {
  const told: BuildEvent[] = [];
  const log = keepBuildLog(
    { context: 'app', buildArgs: { TOKEN: 'hunter2' } },
    { paths: { builds }, emit: (event) => told.push(event), now: () => 1000, cwd: '/work' },
  );
  return { told, log };
}

test('a failed build is kept with its failure, without values of arguments, and its id is told first, its end last', (t) => {
  const folder = tempDir(t);
  const { told, log } = world(folder);
  log.onEvent({ kind: 'note', message: 'n' });
  log.failed(new TsbuildError('STEP_EXIT_NONZERO', 'm'));
  const [name = ''] = readdirSync(folder);
  const id = name.slice(0, 12);
  t.deepEqual(told, [
    { kind: 'build', id, time: 1000 },
    { kind: 'build-end', id, status: 'error', time: 1000 },
  ]);
  const text = readFileSync(join(folder, name), 'utf8');
  t.true(text.includes('"context":"/work/app"'));
  t.true(text.includes('"status":"error"') && text.includes('STEP_EXIT_NONZERO'));
  t.false(text.includes('hunter2'));
});

test('a log that cannot be kept ends no build and is said once', (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o600);
  const { told, log } = world(join(file, 'builds'));
  for (let i = 0; i < 3; i++) log.onEvent({ kind: 'step-work', id: 'a', time: 2000 + i });
  log.failed(new TsbuildError('ABORTED', 'm'));
  t.deepEqual(
    told.flatMap((event) => (event.kind === 'note' ? [event.message] : [])),
    ['the log of this build is not kept: a part of the path is not a directory'],
  );
});

test('options with a second reader of events copy nothing else', (t) => {
  const seen: string[] = [];
  const options = {
    onEvent: () => void seen.push('first'),
    get stdin(): NodeJS.ReadableStream {
      throw new Error('opened');
    },
  };
  alsoTo(options, () => void seen.push('log')).onEvent?.({ kind: 'note', message: '' });
  t.deepEqual(seen, ['log', 'first']);
});
