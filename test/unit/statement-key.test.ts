// Private keys that sign images, of openssl and of cosign.
import test from 'ava';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../src/core/errors.js';
import { readStatementKey } from '../../src/statement-key.js';
import { tempDir } from '../support/temp-store.js';

/** Sealed by TweetNaCl, in the form of go-securesystemslib. Its password is `correct horse`. */
const COSIGN_KEY = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjoxMDI0LCJyIjo4
LCJwIjoxfSwic2FsdCI6IkJ3Y0hCd2NIQndjSEJ3Y0hCd2NIQndjSEJ3Y0hCd2NI
QndjSEJ3Y0hCd2M9In0sImNpcGhlciI6eyJuYW1lIjoibmFjbC9zZWNyZXRib3gi
LCJub25jZSI6IkNRa0pDUWtKQ1FrSkNRa0pDUWtKQ1FrSkNRa0pDUWtKIn0sImNp
cGhlcnRleHQiOiJxd0dNWWhPLzJnN0dXQUoyY0RUMjZJNFpKMno3cXFLQ0hFeG9v
bm1xVFNDYVhBL3lEWXNvaWZFVmVneWRrd1BpS1N2L3I1VXpydVVIRW04NXIwN1pw
cWo2Y1MvYUp2WUpWZlhyMER0SkxHV3AwdTFFMklLeW02cWdRUFlYL2UxdWs0VWVn
akw5S3dGU3dXb292bUFlSmVIUkFkQkw5blJjU05WelA4Uk1ESUNOS3I3eTNSb3JW
YXJhV21Zc3BYRWczVlozRU9PaVFOc0lYUT09In0=
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`;
const COSIGN_PUBLIC = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOVkvtyy9XUf4N2yX7Jbv8BumKH4T
iHz45ARuQVF6wNtL35UVa2AFEHlpyVfTCP00xdIfbouSGA2S0YEp6Rei7Q==
-----END PUBLIC KEY-----
`;

const pemOf = (key: { export(options: object): string | Buffer }, more: object = {}): string =>
  key.export({ type: 'pkcs8', format: 'pem', ...more }).toString();
const read = (pem: string, password?: string) =>
  readStatementKey('env://KEY', {
    cwd: '/',
    env: { KEY: pem, ...(password !== undefined && { COSIGN_PASSWORD: password }) },
  });

async function failure(pem: string, password?: string): Promise<TsbuildError> {
  const error = await read(pem, password).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TsbuildError) || error.code !== 'SIGNING_FAILED') throw error ?? new Error('read');
  return error;
}

test('a key of a file relative to the directory, and one of a variable', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const folder = tempDir(t);
  writeFileSync(join(folder, 'image.key'), pemOf(privateKey));
  for (const pair of [
    await readStatementKey('image.key', { cwd: folder, env: {} }),
    await read(pemOf(privateKey)),
  ])
    t.true(pair.publicKey.equals(publicKey));
});

test("a key of cosign is opened with its password, by cosign's variable", async (t) => {
  const { publicKey } = await read(COSIGN_KEY, 'correct horse');
  t.true(publicKey.equals(createPublicKey(COSIGN_PUBLIC)));
  const unset = await failure(COSIGN_KEY);
  t.is(unset.message, 'the key env://KEY is encrypted, and COSIGN_PASSWORD is not set');
  const wrong = await failure(COSIGN_KEY, 'battery staple');
  t.is(wrong.message, 'the key env://KEY is encrypted, and COSIGN_PASSWORD is not its password');
  t.notRegex(`${wrong.message} ${wrong.hint}`, /battery/);
});

test('a key of cosign that is damaged, or asks for much memory, is refused', async (t) => {
  const [, body] = /-----\n([\s\S]*?)\n-----/.exec(COSIGN_KEY)!;
  const fields = JSON.parse(Buffer.from(body!, 'base64').toString()) as {
    kdf: { params: Record<string, number> };
    cipher: Record<string, string>;
  };
  const changed = (change: object): string =>
    COSIGN_KEY.replace(body!, Buffer.from(JSON.stringify({ ...fields, ...change })).toString('base64'));
  for (const bad of [
    changed({ kdf: { ...fields.kdf, params: { N: 2 ** 24, r: 8, p: 1 } } }),
    changed({ kdf: { ...fields.kdf, params: { N: 'many' } } }),
    changed({ kdf: null }),
    changed({ cipher: { ...fields.cipher, name: 'none' } }),
    changed({ cipher: { ...fields.cipher, nonce: 'AAAA' } }),
    changed({ ciphertext: 7 }),
    COSIGN_KEY.replace(body!, 'bm8ganNvbg=='),
  ])
    t.regex((await failure(bad, 'correct horse')).message, /is encrypted, and COSIGN_PASSWORD is not its/);
});

test('an encrypted key of openssl is opened with the same variable', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = pemOf(privateKey, { cipher: 'aes-256-cbc', passphrase: 'a password' });
  t.true((await read(pem, 'a password')).publicKey.equals(publicKey));
  t.regex((await failure(pem)).message, /COSIGN_PASSWORD is not set$/);
  t.regex((await failure(pem, 'another')).message, /COSIGN_PASSWORD is not its password$/);
});

test('other kinds of keys are named, and how to make a good one', async (t) => {
  for (const [key, kind] of [
    [generateKeyPairSync('ed25519').privateKey, 'ed25519'],
    [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'rsa'],
    [generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'ec'],
  ] as const) {
    const error = await failure(pemOf(key));
    t.is(error.message, `the key env://KEY is a key of type ${kind}, not one of the curve P-256`);
    t.regex(error.hint!, /^make one with: openssl genpkey /);
  }
  t.is((await failure('a text')).message, 'the key env://KEY is no private key in PEM');
  t.is((await failure('')).message, 'the key env://KEY is not set');
});
