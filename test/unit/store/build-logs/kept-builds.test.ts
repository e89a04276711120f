import test from 'ava';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../../../src/core/errors.js';
import {
  capBuildLogs,
  findBuild,
  keptBuilds,
  readBuild,
  readBuildEvents,
} from '../../../../src/store/build-logs/kept-builds.js';
import { endLine, eventLine, headerLine } from '../../../../src/store/build-logs/log-lines.js';
import { tempDir } from '../../../support/temp-store.js';

const idOf = (n: number): string => `mx3g5vmu${String(n).padStart(4, '0')}`;

function world(t: Parameters<typeof tempDir>[0]) {
  const paths = { builds: tempDir(t) };
  const add = (n: number, text = '', end = true): void => {
    const lines = [
      headerLine({ id: idOf(n), started: n, context: '/c', tags: [] }),
      eventLine({ kind: 'note', message: text }),
      end ? endLine({ ended: n + 1, status: 'done' }) : '{"kind":"step-lo',
    ];
    writeFileSync(join(paths.builds, `${idOf(n)}.jsonl`), lines.join(''));
  };
  return { paths, add };
}

test('the latest first; one that was killed has no end, and what is no log is passed over', (t) => {
  const { paths, add } = world(t);
  add(1);
  add(3, 'x'.repeat(100_000));
  add(2, '', false);
  writeFileSync(join(paths.builds, `${idOf(4)}.jsonl`), 'garbage');
  writeFileSync(join(paths.builds, 'README'), '');
  t.deepEqual(
    keptBuilds(paths).map(({ header, end }) => [header.id, end?.status]),
    [
      [idOf(3), 'done'],
      [idOf(2), undefined],
      [idOf(1), 'done'],
    ],
  );
  t.deepEqual(keptBuilds({ builds: join(paths.builds, 'none') }), []);
});

test('one is found by the beginning of its id, the last one by none', (t) => {
  const { paths, add } = world(t);
  const refused = (id: string | undefined) =>
    t.throws(() => findBuild(paths, id), { instanceOf: TsbuildError, code: 'OPTION_INVALID' })?.message;
  t.is(refused(undefined), 'there is no log of a build');
  add(1);
  add(12);
  t.is(findBuild(paths, undefined), idOf(12));
  t.is(findBuild(paths, idOf(1)), idOf(1));
  t.is(findBuild(paths, 'mx3g5vmu0001'), idOf(1));
  t.is(refused('mx3'), '2 builds begin with mx3');
  t.is(refused('../x'), 'there is no log of a build ../x');
  t.throws(() => readBuild(paths, idOf(9)), { instanceOf: TsbuildError });
});

test('the events come in their order, without a torn last line', async (t) => {
  const { paths, add } = world(t);
  add(1, 'said', false);
  const events = [];
  for await (const event of readBuildEvents(paths, idOf(1))) events.push(event);
  t.deepEqual(events, [{ kind: 'note', message: 'said' }]);
});

test('the oldest go when there are too many, or too large ones; the last stays', (t) => {
  const { paths, add } = world(t);
  const left = () => readdirSync(paths.builds).map((name) => Number(name.slice(8, 12)));
  for (let n = 1; n <= 5; n++) add(n, 'x'.repeat(1000));
  capBuildLogs(paths, 1000, { count: 5, bytes: 10 });
  t.deepEqual(left(), [1, 2, 3, 4, 5]);
  capBuildLogs(paths, 1000, { count: 3, bytes: 10 });
  t.deepEqual(left(), [3, 4, 5]);
  capBuildLogs(paths, 100_000, { count: 3, bytes: 2500 });
  t.deepEqual(left(), [4, 5]);
  capBuildLogs(paths, 100_000, { count: 3, bytes: 1 });
  t.deepEqual(left(), [5]);
});
