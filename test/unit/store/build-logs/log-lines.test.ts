import test from 'ava';
import fc from 'fast-check';
import type { BuildEvent } from '../../../../src/core/events.js';
import { endLine, eventLine, headerLine, parseLine } from '../../../../src/store/build-logs/log-lines.js';

const header = { id: 'a'.repeat(12), started: 1, context: '/c', target: 't', tags: ['x:1'] };

test('what is written is read', (t) => {
  t.deepEqual(parseLine(headerLine(header)), { kind: 'header', header });
  const end = { ended: 2, status: 'error', error: { code: 'X', message: 'm', hint: 'h' } } as const;
  t.deepEqual(parseLine(endLine(end)), { kind: 'end', end });
  const event: BuildEvent = { kind: 'step-end', id: 'a', status: 'done', miss: { kind: 'never' }, time: 3 };
  t.deepEqual(parseLine(eventLine(event)), { kind: 'event', event });
});

test('any output comes back byte by byte, on one line', (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.string({ unit: 'binary' }).map((text) => new Uint8Array(Buffer.from(text))),
  );
  fc.assert(
    fc.property(bytes, (data) => {
      const line = eventLine({ kind: 'step-log', id: 'a', stream: 1, data, time: 1 });
      t.is(line.indexOf('\n'), line.length - 1);
      const read = parseLine(line);
      if (read?.kind !== 'event' || read.event.kind !== 'step-log') return t.fail();
      return t.deepEqual([...read.event.data], [...data]);
    }),
  );
});

test('what is no line of a log says nothing', (t) => {
  for (const line of ['', '{', 'null', '[]', '1', '{"kind":1}', '{"version":2,"header":{}}'])
    t.is(parseLine(line), undefined);
});
