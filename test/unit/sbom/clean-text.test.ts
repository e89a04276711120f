import test from 'ava';
import fc from 'fast-check';
import { cleanText, partyOf } from '../../../src/sbom/clean-text.js';

test('texts are on one line, bounded, and free of what terminals obey', (t) => {
  t.is(cleanText(' a\r\n\tb\u001b[31m\u2028c\ud800 '), 'a b [31m c');
  t.is(cleanText('x'.repeat(5000))?.length, 1000);
  for (const nothing of ['', ' \n', undefined, 5, {}]) t.is(cleanText(nothing), undefined);
});

test('parties are persons or organizations', (t) => {
  t.is(partyOf('Jane Doe <j@d> (https://d)'), 'Person: Jane Doe (j@d)');
  t.is(partyOf('Jane Doe (https://d)'), 'Person: Jane Doe');
  t.is(partyOf('"Doe, J." <j@d>'), 'Person: Doe, J. (j@d)');
  t.is(partyOf('Debian Python Team <x@y>'), 'Organization: Debian Python Team (x@y)');
  t.is(partyOf('<>'), undefined);
});

test('any text is cleaned to a fixed point', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const clean = cleanText(text);
      t.is(cleanText(clean), clean);
      t.notRegex(clean ?? '', /[\p{Cc}\p{Cs}]/u);
      partyOf(text);
    }),
  );
});
