import test from 'ava';
import { generateKeyPairSync } from 'node:crypto';
import { isSignedBy, signPack } from '../../../../src/cache/remote/pack-signature.js';
import { digestOf } from '../../../../src/core/digest.js';

const [own, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const digest = digestOf('pack');

test('a signature stands for one pack and one key', (t) => {
  const signature = signPack(digest, own.privateKey);
  t.true(isSignedBy(own.publicKey, { digest, signature }));
  t.false(isSignedBy(other.publicKey, { digest, signature }));
  t.false(isSignedBy(own.publicKey, { digest: digestOf('another'), signature }));
});

test('none, a cut one and words are no signature', (t) => {
  const signature = signPack(digest, own.privateKey);
  for (const bad of [undefined, '', signature.slice(0, 40), 'words'])
    t.false(isSignedBy(own.publicKey, { digest, signature: bad }), bad);
});
