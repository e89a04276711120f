import test from 'ava';
import { reportWarning } from '../../../src/report/report-warning.js';

const TEXT = Array.from({ length: 100 }, (_, i) => `line ${i + 1}\r`).join('\n');

function linesOf(startLine: number, endLine: number, text?: string) {
  const location = { file: 'Dockerfile', startLine, endLine, ...(text !== undefined && { text }) };
  return reportWarning({ kind: 'warning', message: 'm', location }).location?.lines;
}

test('the lines that are meant, and two around them', (t) => {
  t.deepEqual(linesOf(1, 1, TEXT), [
    { number: 1, text: 'line 1', isMeant: true },
    { number: 2, text: 'line 2', isMeant: false },
    { number: 3, text: 'line 3', isMeant: false },
  ]);
  t.deepEqual(
    linesOf(99, 100, TEXT)?.map(({ number, isMeant }) => [number, isMeant]),
    [
      [97, false],
      [98, false],
      [99, true],
      [100, true],
    ],
  );
});

test('very many lines are cut, and a place without a text has none', (t) => {
  t.is(linesOf(1, 100, TEXT)?.length, 40);
  t.deepEqual(linesOf(1, 1), []);
  t.deepEqual(linesOf(500, 501, TEXT), []);
  t.is(reportWarning({ kind: 'warning', message: 'm' }).location, undefined);
});
