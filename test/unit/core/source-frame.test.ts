import test from 'ava';
import { renderSourceFrame } from '../../../src/core/source-frame.js';

const location = (text: string, startLine: number, endLine = startLine) => ({
  file: 'Dockerfile',
  startLine,
  endLine,
  text,
});

test('one line is marked and has two lines around it', (t) => {
  t.is(
    renderSourceFrame(location('FROM alpine\nRUN exit 3\nCMD x', 2)),
    `Dockerfile:2
--------------------
   1 |     FROM alpine
   2 | >>> RUN exit 3
   3 |     CMD x
--------------------`,
  );
});

test('a range is marked as a whole and has one line around it', (t) => {
  t.is(
    renderSourceFrame(location('a\nb\nc\nd\ne\nf', 3, 4)),
    `Dockerfile:3
--------------------
   2 |     b
   3 | >>> c
   4 | >>> d
   5 |     e
--------------------`,
  );
});

test('the context is cut at both ends of the text', (t) => {
  t.is(renderSourceFrame(location('a\nb\nc\nd', 1)).split('\n').length, 1 + 1 + 3 + 1);
  t.is(renderSourceFrame(location('a', 1)).split('\n').length, 4);
});

test('a CRLF text is shown without its carriage returns', (t) => {
  t.false(renderSourceFrame(location('FROM a\r\nRUN b\r\n', 2)).includes('\r'));
});

test('without the text, or outside of it, only the place', (t) => {
  t.is(renderSourceFrame({ file: 'Dockerfile', startLine: 2, endLine: 2 }), 'Dockerfile:2');
  t.is(renderSourceFrame(location('a', 9)), 'Dockerfile:9');
  t.is(renderSourceFrame(location('a', 0)), 'Dockerfile:0');
});

test('an end before the start or after the text is brought inside', (t) => {
  t.true(renderSourceFrame(location('a\nb', 2, 1)).includes('2 | >>> b'));
  t.true(renderSourceFrame(location('a\nb', 2, 99)).includes('2 | >>> b'));
});

test('a line of megabytes and a location of very many lines are cut', (t) => {
  const long = renderSourceFrame(location(`FROM a\nLABEL a=${'x'.repeat(1 << 20)}end`, 2));
  t.true(long.length < 1000, String(long.length));
  t.regex(long, / {3}2 \| >>> LABEL a=x+… \d+ more characters …x+end\n/);
  const many = renderSourceFrame(
    location(Array.from({ length: 5000 }, (_, i) => `l${i + 1}`).join('\n'), 2, 4000),
  );
  t.is(many.split('\n').length, 1 + 1 + 61 + 1);
  t.regex(many, / {3}1 \| {5}l1\n {3}2 \| >>> l2\n/);
  t.regex(many, / … 3941 more lines …\n/);
  t.regex(many, / 4000 \| >>> l4000\n 4001 \| {5}l4001\n/);
});
