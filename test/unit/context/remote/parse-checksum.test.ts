// ADD --checksum, in the words of opencontainers/go-digest.
import test from 'ava';
import { parseChecksum } from '../../../../src/context/remote/parse-checksum.js';

const hex = 'a'.repeat(64);

test('sha256 alone', (t) => {
  t.is<string, string>(parseChecksum(`sha256:${hex}`), `sha256:${hex}`);
  for (const [text, message] of [
    ['x', 'invalid checksum digest format'],
    ['sha256:', 'invalid checksum digest format'],
    [`SHA256:${hex}`, 'invalid checksum digest format'],
    [`sha256:${hex.toUpperCase()}`, 'invalid checksum digest format'],
    ['sha256:abc', 'invalid checksum digest length'],
    [`sha512:${hex}`, 'unsupported digest algorithm'],
  ] as const)
    t.throws(() => parseChecksum(text), { message, code: 'ADD_CHECKSUM' }, text);
});
