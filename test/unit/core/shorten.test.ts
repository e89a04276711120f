// Long texts of a user in messages.
import test from 'ava';
import fc from 'fast-check';
import { shorten } from '../../../src/core/shorten.js';

test('a short text stays; of a long one the beginning and the end', (t) => {
  t.is(shorten('a'.repeat(500)), 'a'.repeat(500));
  t.is(shorten(`b${'a'.repeat(998)}c`), `b${'a'.repeat(349)}… 500 more characters …${'a'.repeat(149)}c`);
});

test('no character is cut in two, and the length is bounded', (t) => {
  const long = fc.string({ unit: 'binary', minLength: 501, maxLength: 700 });
  const property = fc.property(long, (text) => {
    const short = shorten(text);
    return !/\p{Surrogate}/u.test(short) && short.length < 550;
  });
  fc.assert(property);
  t.pass();
});
