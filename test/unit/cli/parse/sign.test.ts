// What --sign takes.
import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { parseSign } from '../../../../src/cli/parse/sign.js';

test('a key, or none', (t) => {
  t.deepEqual(parseSign('key=image.key'), { key: 'image.key' });
  t.deepEqual(parseSign('key=env://KEY'), { key: 'env://KEY' });
  t.deepEqual(parseSign('keyless=false,key=a'), { key: 'a' });
  for (const text of ['keyless', 'keyless=true', 'KEYLESS']) t.deepEqual(parseSign(text), { keyless: true });
  t.deepEqual(parseSign('keyless,fulcio-url=https://f.example,rekor-url=http://r.example'), {
    keyless: true,
    fulcioUrl: 'https://f.example',
    rekorUrl: 'http://r.example',
  });
});

test('what makes no sense is said with what does', (t) => {
  for (const [text, code, message] of [
    ['image.key', 'OPTION_INVALID', '--sign: unknown key "image.key"'],
    ['key', 'OPTION_INVALID', '--sign: key has no value'],
    ['key=', 'OPTION_INVALID', '--sign key= does not say by what'],
    ['keyles', 'OPTION_INVALID', '--sign: unknown key "keyles" (did you mean keyless?)'],
    ['keyless=perhaps', 'OPTION_INVALID', '--sign: keyless=perhaps is neither true nor false'],
    ['keyless=false', 'OPTION_INVALID', '--sign keyless=false does not say by what'],
    ['keyless,key=a', 'OPTION_CONFLICT', '--sign takes a key or keyless, not both'],
    ['key=a,rekor-url=https://r', 'OPTION_CONFLICT', '--sign has no rekor-url with a key'],
    ['keyless,fulcio-url=f.example', 'OPTION_INVALID', '--sign: fulcio-url is no address'],
  ] as const) {
    const error = t.throws(() => parseSign(text), { instanceOf: TsbuildError });
    t.like(error, { code, message }, text);
    t.truthy(error!.hint);
  }
});
