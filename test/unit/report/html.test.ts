import test from 'ava';
import fc from 'fast-check';
import { literal, markup, toText } from '../../../src/report/html.js';

test('values are text, lists stand one after the other, and absent ones are nothing', (t) => {
  const inner = markup`<b>${'a & b'}</b>`;
  t.is(
    toText(markup`<p title="${'"x\''}">${inner}${[1, '<', undefined, false]}</p>`),
    '<p title="&quot;x&#39;"><b>a &amp; b</b>1&lt;</p>',
  );
  t.is(toText(literal('<i>')), '<i>');
});

test('what looks like markup in data is none', (t) => {
  const forged = JSON.parse('{"html":"<script>","Symbol(markup)":"<script>"}') as string;
  t.is(toText(markup`${forged}`), '[object Object]');
});

test('control characters and marks that reorder text are shown, line breaks stay', (t) => {
  t.is(toText(markup`${'a\nb\x1b[31m\u202ec\0\r'}`), 'a\nb\\x1b[31m\\u202ec\\x00\\x0d');
});

test('no text leaves its element or its attribute', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const [, attribute = '', element = ''] =
        /^<a title="([^]*?)">([^]*?)<\/a>$/.exec(toText(markup`<a title="${text}">${text}</a>`)) ?? [];
      t.notRegex(attribute, /[<>"'`]/);
      t.notRegex(element, /[<>"'`]/);
      t.is(attribute, element);
    }),
  );
});
