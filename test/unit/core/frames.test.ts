import test from 'ava';
import fc from 'fast-check';
import { errorOf, failureOf } from '../../../src/host/failure-message.js';
import { encodeFrame, frameDecoder } from '../../../src/core/frames.js';
import { TsbuildError } from '../../../src/core/errors.js';

test('property: messages come out whole, however the bytes are cut', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      (ids, size) => {
        const stream = Buffer.concat(ids.map((id) => encodeFrame({ id })));
        const received: { id: number }[] = [];
        const decode = frameDecoder<{ id: number }>((message) => received.push(message));
        for (let at = 0; at < stream.length; at += size) decode(stream.subarray(at, at + size));
        return received.length === ids.length && received.every(({ id }, i) => id === ids[i]);
      },
    ),
  );
  t.pass();
});

test('bytes, in any number and place, and numbers without end come out as they went in', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 60 })),
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 1, max: 40 }),
      (parts, text, size) => {
        const message = {
          text,
          one: { data: parts[0] ?? null },
          parts,
          limit: Infinity,
          list: [[Infinity, null]],
        };
        const stream = Buffer.concat([encodeFrame(message), encodeFrame({ text })]);
        const received: unknown[] = [];
        const decode = frameDecoder<object>((one) => received.push(one));
        for (let at = 0; at < stream.length; at += size) decode(stream.subarray(at, at + size));
        const buffers = parts.map((part) => Buffer.from(part));
        t.deepEqual(received, [{ ...message, one: { data: buffers[0] ?? null }, parts: buffers }, { text }]);
      },
    ),
  );
});

test('an error keeps its code, hint and exit code on its way', (t) => {
  const error = errorOf(
    failureOf(new TsbuildError('STEP_NOT_FOUND', 'exec: "x"', { hint: 'h', exitCode: 127 })),
  );
  t.like(error, { code: 'STEP_NOT_FOUND', message: 'exec: "x"', hint: 'h', exitCode: 127 });
  t.is(errorOf(failureOf(new Error('odd'))).code, 'INTERNAL');
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  t.like(errorOf(failureOf(full)), { code: 'STORE_FULL' });
});
