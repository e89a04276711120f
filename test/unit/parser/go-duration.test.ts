// Durations as Go's time.ParseDuration reads them.
import test from 'ava';
import fc from 'fast-check';
import { parseGoDuration } from '../../../src/parser/go-duration.js';

test('nanoseconds', (t) => {
  for (const [text, expected] of [
    ['0', 0],
    ['300ms', 3e8],
    ['-1.5h', -5.4e12],
    ['1m30s', 9e10],
    ['+5s', 5e9],
    ['1µs', 1000],
    ['.5s', 5e8],
  ] as const)
    t.is(parseGoDuration(text), expected, text);
});

test('sums of units', (t) => {
  const property = fc.property(fc.nat(99), fc.nat(59), fc.nat(59), (h, m, s) => {
    return parseGoDuration(`${h}h${m}m${s}s`) === ((h * 60 + m) * 60 + s) * 1e9;
  });
  fc.assert(property);
  t.pass();
});

test("errors in Go's words", (t) => {
  for (const [text, message] of [
    ['', 'time: invalid duration ""'],
    ['5', 'time: missing unit in duration "5"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
    ['s', 'time: invalid duration "s"'],
    ['9999999h', 'time: invalid duration "9999999h"'],
  ] as const)
    t.throws(() => parseGoDuration(text), { message, code: 'DOCKERFILE_SYNTAX' });
});
