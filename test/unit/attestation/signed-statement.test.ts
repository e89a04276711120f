// Bundles of signed statements: their bytes, and that others verify them.
import test from 'ava';
import { generateKeyPairSync, verify } from 'node:crypto';
import { imageStatement, signStatement } from '../../../src/attestation/signed-statement.js';
import { digestOf } from '../../../src/core/digest.js';
import { newKey, verifiedStatement, verifyByOpenssl } from '../../support/signing.js';
import { testNeeding } from '../../support/requirements.js';
import { tempDir } from '../../support/temp-store.js';
import { readStatementKey } from '../../../src/statement-key.js';

test('the statement of an image is the one that cosign 3 signs', (t) => {
  const digest = digestOf('an image');
  t.is(
    imageStatement(digest).toString(),
    `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${digest.slice(7)}"}}],` +
      '"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}',
  );
});

test('a bundle has the envelope, the encoding of DSSE under the signature, and a hint of the key', (t) => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const statement = Buffer.from('{"ä":1}');
  const { dsseEnvelope, ...rest } = JSON.parse(signStatement(statement, keys).toString()) as {
    dsseEnvelope: { payload: string; payloadType: string; signatures: [{ sig: string; keyid: string }] };
    verificationMaterial: { publicKey: { hint: string } };
  };
  const der = keys.publicKey.export({ type: 'spki', format: 'der' });
  const hint = Buffer.from(digestOf(der).slice(7), 'hex').toString('base64');
  t.deepEqual(rest as unknown, {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint }, tlogEntries: [] },
  });
  t.is(dsseEnvelope.payloadType, 'application/vnd.in-toto+json');
  t.is(dsseEnvelope.payload, statement.toString('base64'));
  const [{ sig, keyid }] = dsseEnvelope.signatures;
  t.is(keyid, '');
  const signed = Buffer.from('DSSEv1 28 application/vnd.in-toto+json 8 {"ä":1}');
  t.true(verify('sha256', signed, keys.publicKey, Buffer.from(sig, 'base64')));
});

testNeeding('openssl')('openssl takes a signature, and none of another key or of other bytes', async (t) => {
  const key = newKey(tempDir(t));
  const pair = await readStatementKey(key.private, { cwd: '/', env: {} });
  const bundle = signStatement(imageStatement(digestOf('an image')), pair);
  t.is(verifiedStatement(bundle, key).predicateType, 'https://sigstore.dev/cosign/sign/v1');
  t.notThrows(() => verifyByOpenssl(bundle, key));
  const other = newKey(tempDir(t));
  t.throws(() => verifyByOpenssl(bundle, other));
  const forged = JSON.parse(bundle.toString()) as { dsseEnvelope: { payload: string } };
  forged.dsseEnvelope.payload = imageStatement(digestOf('another')).toString('base64');
  t.throws(() => verifyByOpenssl(Buffer.from(JSON.stringify(forged)), key));
});
