// What is kept of an output for an error: the end of it, as plain text.
import test from 'ava';
import { lastLines } from '../../../../src/builder/steps/last-lines.js';

test('the last ten lines that are not empty', (t) => {
  const numbers = Array.from({ length: 14 }, (_, i) => `line ${i}\n\n`).join('');
  t.deepEqual(
    lastLines(numbers).split('\n'),
    Array.from({ length: 10 }, (_, i) => `line ${i + 4}`),
  );
  t.is(lastLines(''), '');
  t.is(lastLines('\n \n'), '');
});

test('a progress bar is its last form, and nothing moves the terminal of who prints it', (t) => {
  t.is(lastLines('10%\r50%\r100%\r\ndone'), '100%\ndone');
  t.is(lastLines('\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u0000\u0008x\u202ey'), 'red  xy');
});
