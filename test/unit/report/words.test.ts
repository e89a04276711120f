import test from 'ava';
import { bytes, count, cut, duration, instruction, moment, share } from '../../../src/report/words.js';

test('times, sizes and shares', (t) => {
  t.deepEqual([0, 12.34, 59.96, 125, 3720].map(duration), [
    '0.0 s',
    '12.3 s',
    '1 min 00 s',
    '2 min 05 s',
    '1 h 02 min',
  ]);
  t.deepEqual([0, 1500, 244e6].map(bytes), ['0 B', '1.5 kB', '244 MB']);
  t.deepEqual([share(0, 5), share(1, 1000), share(1, 3), share(1, 0)], ['0 %', '< 1 %', '33 %', '0 %']);
  t.deepEqual([count(1, 'file'), count(2, 'file')], ['1 file', '2 files']);
  t.is(moment(1_796_065_583.9), '2026-11-30 19:06:23 UTC');
});

test('instructions without what builders put around them', (t) => {
  t.is(instruction('RUN /bin/sh -c npm ci # buildkit'), 'RUN npm ci');
  t.is(instruction('/bin/sh -c #(nop)  CMD ["node"]'), 'CMD ["node"]');
  t.is(instruction('/bin/sh -c make'), 'RUN make');
});

test('a text is cut between characters', (t) => {
  t.is(cut('abc', 3), 'abc');
  t.is(cut('abcd', 3), 'ab\u2026');
  t.is(cut('a\u{1f600}bc', 3), 'a\u2026');
});
