import test from 'ava';
import { seal, unseal } from '../../../src/store/sealed-json.js';

test('what was sealed is read again, and nothing that was changed', (t) => {
  const value = { a: [1, 'x'], sum: 'mine' };
  const text = seal(value);
  t.deepEqual(unseal(text), value);
  for (let at = 0; at < text.length; at++) {
    const changed = `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
    t.is(unseal(changed), undefined);
  }
  t.is(unseal(text.slice(0, -1)), undefined);
  t.is(unseal(''), undefined);
});
