import test from 'ava';
import { goDuration, goHealthcheck, goList, goQuoteList } from '../../../src/plan/go-format.js';
import { goQuote } from '../../../src/parser/go-quote.js';

test('%q quotes as strconv.Quote does', (t) => {
  t.is(goQuote('a"b\\c\n\t\u0001é\u00a0\u{e0001}'), '"a\\"b\\\\c\\n\\t\\x01é\\u00a0\\U000e0001"');
  t.is(goQuoteList(['/bin/sh', '-c', 'x y']), '["/bin/sh" "-c" "x y"]');
  t.is(goQuoteList([]), '[]');
});

test('%v of a list has spaces only', (t) => {
  t.is(goList(['/a', '/b']), '[/a /b]');
});

test('durations print as time.Duration.String', (t) => {
  const cases: [number, string][] = [
    [0, '0s'],
    [1, '1ns'],
    [1500, '1.5µs'],
    [2_000_000, '2ms'],
    [1_500_000_000, '1.5s'],
    [90_000_000_000, '1m30s'],
    [3_600_000_000_000, '1h0m0s'],
    [3_661_500_000_000, '1h1m1.5s'],
  ];
  for (const [nanoseconds, text] of cases) t.is(goDuration(nanoseconds), text);
});

test('%+v of a health check names every field', (t) => {
  t.is(
    goHealthcheck({ Test: ['CMD-SHELL', 'x'], Interval: 30e9 }),
    '{Test:[CMD-SHELL x] Interval:30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}',
  );
});
