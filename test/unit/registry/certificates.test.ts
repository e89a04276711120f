import test from 'ava';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInAuthorities, readCaCertificates } from '../../../src/registry/ca-certificates.js';
import { createCertificates } from '../../../src/registry/certificates.js';
import { makeTransport } from '../../support/registry-client.js';
import { startRegistry } from '../../support/registry-for-test.js';

const CA = 'test/support/tls/ca.crt';
const folder = (): string => mkdtempSync(join(tmpdir(), 'certificates-'));

test('TSBUILD_CA_CERT names authorities for every host', async (t) => {
  const registry = await startRegistry(t, { isTls: true });
  const { transport } = makeTransport(t, { env: { TSBUILD_CA_CERT: CA } });
  t.is((await transport.fetchDocument(`${registry.origin}/v2/`, { maxBytes: 1000 })).status, 200);
});

test('an unknown authority: the hint names the ways to trust it', async (t) => {
  const registry = await startRegistry(t, { isTls: true });
  const { transport } = makeTransport(t);
  const error = await t.throwsAsync(transport.request(`${registry.origin}/v2/`));
  t.is(
    (error as { hint?: string }).hint,
    `name the authority of ${registry.host} with --ca-cert FILE (or NODE_EXTRA_CA_CERTS), put it into /etc/docker/certs.d/${registry.host}/ca.crt, or list ${registry.host} in TSBUILD_INSECURE_REGISTRIES`,
  );
});

test('https to a registry of plain http: the hint says how to allow it', async (t) => {
  const registry = await startRegistry(t);
  const { transport } = makeTransport(t);
  const error = await t.throwsAsync(transport.request(`https://${registry.host}/v2/`));
  t.like(error, {
    code: 'REGISTRY_UNREACHABLE',
    hint: `if ${registry.host} speaks plain http, list it in TSBUILD_INSECURE_REGISTRIES`,
  });
});

test('several files are one text, each certificate once, without what stands between them', async (t) => {
  const place = folder();
  const text = readFileSync(CA, 'utf8').trim();
  writeFileSync(join(place, 'b.pem'), `Subject: x\n${text}\n# and again\n${text}\n`);
  t.is(await readCaCertificates({ TSBUILD_CA_CERT: `${CA}:${join(place, 'b.pem')}` }), `${text}\n`);
  t.is(await readCaCertificates({}), undefined);
  t.true((await builtInAuthorities()).startsWith('-----BEGIN CERTIFICATE-----\n'));
});

for (const [what, content, message] of [
  ['is absent', undefined, /no such file$/],
  ['is DER', Buffer.from([0x30, 0x82]), /no certificate in it$/],
  ['is a key', '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n', /no certificate in it$/],
  [
    'is damaged',
    '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
    /a certificate in it cannot be read$/,
  ],
] as const) {
  test(`a file of --ca-cert that ${what} is named`, async (t) => {
    const file = join(folder(), 'ca.pem');
    if (content !== undefined) writeFileSync(file, content);
    const error = await t.throwsAsync(readCaCertificates({ TSBUILD_CA_CERT: file }), { message });
    t.like(error, { code: 'OPTION_INVALID' });
    t.true(error?.message.startsWith(`the certificate file ${file}: `));
  });
}

for (const [present, absent] of [
  ['client.cert', 'client.key'],
  ['client.key', 'client.cert'],
] as const) {
  test(`certs.d with ${present} alone is an error that names it`, async (t) => {
    const place = folder();
    mkdirSync(join(place, 'r.example:5000'));
    copyFileSync(CA, join(place, 'r.example:5000', 'ca.crt'));
    writeFileSync(join(place, 'r.example:5000', present), '');
    const certificates = createCertificates({ env: {}, folders: [place] });
    const error = await t.throwsAsync(certificates.contextFor('r.example:5000'));
    t.like(error, {
      code: 'OPTION_INVALID',
      message: `${join(place, 'r.example:5000', present)}: there is no ${absent} beside it`,
    });
    t.is(await certificates.contextFor('r.example'), undefined, 'the port is part of the name');
  });
}
