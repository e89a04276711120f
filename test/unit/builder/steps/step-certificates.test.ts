import test from 'ava';
import { rootCertificates } from 'node:tls';
import { stepCertificates } from '../../../../src/builder/steps/step-certificates.js';
import type { StageRun } from '../../../../src/builder/stage-run.js';
import { symlink, tree, type Sketch } from '../../layer/copy/tree-text.js';

const GIVEN = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

/** As much of a stage as is looked at. */
function stage(image: Sketch, given: string | undefined): StageRun {
  const view = tree(image);
  const trees = { lookup: async () => view, bringContent: async () => undefined };
  return { layers: [], tools: { trees, caCertificates: async () => given } } as unknown as StageRun;
}

async function bundleOf(image: Sketch): Promise<string> {
  const { files } = await stepCertificates(stage(image, GIVEN));
  return Buffer.from(files[0]!.content).toString('utf8');
}

test('without certificates a step gets nothing', async (t) => {
  t.deepEqual(await stepCertificates(stage({}, undefined)), { files: [], env: [] });
});

test('the bundle is what the image trusts, then the given certificates', async (t) => {
  t.is(await bundleOf({ 'etc/ssl/certs/ca-certificates.crt': 'debian\n' }), `debian\n\n${GIVEN}`);
  t.is(
    await bundleOf({
      'etc/pki/tls/certs/ca-bundle.crt': symlink('../../own.pem'),
      'etc/pki/own.pem': 'fedora\n',
    }),
    `fedora\n\n${GIVEN}`,
  );
});

test('an image without authorities, or with a list that leads nowhere, gets those of Node', async (t) => {
  const expected = `${rootCertificates.join('\n')}\n\n${GIVEN}`;
  t.is(await bundleOf({}), expected);
  t.is(await bundleOf({ 'etc/ssl/certs/ca-certificates.crt': symlink('/nowhere') }), expected);
  t.is(await bundleOf({ 'etc/ssl/certs/ca-certificates.crt': '' }), expected);
});

test('programs that replace their list get the bundle, Node gets what is given', async (t) => {
  const { files, env } = await stepCertificates(stage({}, GIVEN));
  t.deepEqual(
    files.map(({ path, mode }) => [path, mode]),
    [
      ['/dev/tsbuild/ca-bundle.crt', 0o644],
      ['/dev/tsbuild/extra-ca.crt', 0o644],
    ],
  );
  t.is(Buffer.from(files[1]!.content).toString('utf8'), GIVEN);
  t.true(env.includes('SSL_CERT_FILE=/dev/tsbuild/ca-bundle.crt'));
  t.true(env.includes('NODE_EXTRA_CA_CERTS=/dev/tsbuild/extra-ca.crt'));
});
