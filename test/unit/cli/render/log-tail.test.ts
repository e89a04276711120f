import test from 'ava';
import fc from 'fast-check';
import { createLogTail } from '../../../../src/cli/render/log-tail.js';

function tailOf(text: string, limit = 3): readonly string[] {
  const tail = createLogTail(limit);
  tail.write(Buffer.from(text));
  return tail.lines();
}

test('the last lines as a terminal would show them', (t) => {
  t.deepEqual(tailOf('a\nb\nc\nd\ne'), ['c', 'd', 'e']);
  t.deepEqual(tailOf('a\r\nb\r\n'), ['a', 'b']);
  t.deepEqual(tailOf('10%\r20%\r30%'), ['30%']);
  t.deepEqual(tailOf('10%\r20%\r'), ['20%']);
  t.deepEqual(tailOf('10%\r\rdone\n'), ['done']);
  t.deepEqual(tailOf('|\b/\b-\n'), ['-']);
  t.deepEqual(tailOf('\b\bx'), ['x']);
  t.deepEqual(tailOf('a\n\n  \nb\n'), ['a', 'b']);
  t.deepEqual(tailOf('a\nb', 0), []);
  t.is(tailOf('x'.repeat(100_000))[0]?.length, 4096);
});

test('chunks may be cut anywhere', (t) => {
  const texts = fc
    .array(fc.constantFrom('a', 'é', '\r', '\n', '\b', '字'), { maxLength: 30 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const tail = createLogTail(3);
      for (const byte of Buffer.from(text)) tail.write(Buffer.of(byte));
      t.deepEqual(tail.lines(), tailOf(text));
    }),
  );
});
