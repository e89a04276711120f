import test from 'ava';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildEvent } from '../../../../src/core/events.js';
import { parseLine } from '../../../../src/store/build-logs/log-lines.js';
import { buildLogFile, newBuildId, recordBuild } from '../../../../src/store/build-logs/record-build.js';
import { tempDir } from '../../../support/temp-store.js';

const header = { id: newBuildId(1_700_000_000), started: 1_700_000_000, context: '.', tags: [] };
const log = (text: string, time: number): BuildEvent => ({
  kind: 'step-log', id: 'a', stream: 1, data: Buffer.from(text), time: header.started + time,
}); // prettier-ignore

test('a short build is one file at its end, which others cannot read', (t) => {
  const paths = { builds: join(tempDir(t), 'builds') };
  const recorder = recordBuild(paths, header);
  recorder.onEvent(log('x', 0.5));
  t.false(existsSync(paths.builds));
  const size = recorder.end({ ended: header.started + 0.6, status: 'done' });
  recorder.close();
  recorder.close();
  const file = buildLogFile(paths, header.id);
  t.is(statSync(file).size, size);
  t.is(statSync(file).mode & 0o777, 0o600);
  const kinds = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => parseLine(line)?.kind);
  t.deepEqual(kinds, ['header', 'event', 'end']);
});

test('a build that goes on is written from time to time', (t) => {
  const paths = { builds: tempDir(t) };
  const recorder = recordBuild(paths, header);
  recorder.onEvent(log('early', 0.1));
  recorder.onEvent(log('late', 2));
  recorder.close();
  t.regex(readFileSync(buildLogFile(paths, header.id), 'utf8'), /early[^]*late/);
});

test('of much output the beginning and the end are kept', (t) => {
  const paths = { builds: tempDir(t) };
  const recorder = recordBuild(paths, header, { most: 20_000, last: 2_000 });
  for (let i = 0; i < 5000; i++) recorder.onEvent(log(`line ${i}\n`, 0));
  recorder.onEvent({ kind: 'step-end', id: 'a', status: 'done', time: header.started });
  recorder.end({ ended: header.started, status: 'done' });
  recorder.close();
  const text = readFileSync(buildLogFile(paths, header.id), 'utf8');
  t.true(text.length < 25_000);
  t.true(text.includes('line 0\\n') && text.includes('line 4999\\n') && !text.includes('line 2500\\n'));
  t.regex(text, /about \d+ bytes of output are not in this log/);
  t.true(text.includes('"status":"done"'));
});

test('ids sort by time', (t) => {
  t.regex(newBuildId(1_700_000_000.5), /^[0-9a-z]{12}$/);
  t.true(newBuildId(1_700_000_000) < newBuildId(1_700_000_000.002));
  t.is(newBuildId(1_700_000_000.5).slice(0, 8), (1_700_000_000_500).toString(36));
});
