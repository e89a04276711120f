import test from 'ava';
import { createOutputTail } from '../../../src/report/output-tail.js';

function tailOf(...chunks: readonly (string | Uint8Array)[]) {
  const tail = createOutputTail();
  for (const chunk of chunks) tail.add(Buffer.from(chunk));
  return tail.end();
}

test('the last lines, without colours, whatever the chunks', (t) => {
  t.is(tailOf(), undefined);
  const euro = Buffer.from('\u20ac');
  t.deepEqual(tailOf('a\x1b[3', '1mb\r\n', euro.subarray(0, 1), euro.subarray(1)), {
    lines: ['ab', '\u20ac'],
    left: 0,
  });
  t.deepEqual(tailOf('10 %\r50 %\rdone\n')?.lines, ['done']);
});

test('lines before the last ones are counted', (t) => {
  const many = Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join('');
  const tail = tailOf(many);
  t.is(tail?.left, 40);
  t.is(tail?.lines[0], 'line 40');
  t.is(tail?.lines.at(-1), 'line 99');
});

test('a line without an end takes bounded room', (t) => {
  const tail = createOutputTail();
  for (let i = 0; i < 100; i++) tail.add(Buffer.alloc(64 << 10, 'x'));
  t.true((tail.end()?.lines[0]?.length ?? 0) < 500);
});
