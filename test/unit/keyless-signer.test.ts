// Signing by an identity: the package of sigstore is asked, when it is there. A fake one stands for it here.
import test from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../src/core/errors.js';
import { openKeylessSigner } from '../../src/keyless-signer.js';
import { tempDir } from '../support/temp-store.js';

const { signal } = new AbortController();
const SIGN = `
const wrong = (code, message) => Object.assign(new Error(message), { code });
exports.CIContextProvider = class { async getToken() { throw 'no tokens'; } };
exports.FulcioSigner = class { constructor(options) { this.options = options; } };
exports.RekorWitness = class { constructor(options) { this.options = options; } };
exports.DSSEBundleBuilder = class {
  constructor({ signer, witnesses }) { Object.assign(this, { signer, witnesses }); }
  async create({ data, type }) {
    const token = await this.signer.options.identityProvider.getToken()
      .catch(() => { throw wrong('IDENTITY_TOKEN_READ_ERROR', 'no token'); });
    if (token === 'bad') throw wrong('IDENTITY_TOKEN_PARSE_ERROR', 'invalid identity token: ' + token);
    if (token === 'secret') throw wrong('CA_CREATE_SIGNING_CERTIFICATE_ERROR', 'refused: ' + token);
    const [witness] = this.witnesses;
    return { said: data.toString(), type, by: this.signer.options.fulcioBaseURL, log: witness.options.rekorBaseURL };
  }
};
`;

function projectWith(t: Parameters<typeof tempDir>[0], sign: string): string {
  const cwd = tempDir(t);
  for (const [name, text] of [
    ['sign', sign],
    ['bundle', 'exports.bundleToJSON = (bundle) => ({ json: bundle });'],
  ] as const) {
    const folder = join(cwd, 'node_modules/@sigstore', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.js'), text);
  }
  return cwd;
}

async function failure(work: () => Promise<unknown>): Promise<TsbuildError> {
  const error = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TsbuildError)) throw error ?? new Error('it did not fail');
  return error;
}

test('the package of the project signs a statement', async (t) => {
  const cwd = projectWith(t, SIGN);
  const urls = { fulcioUrl: 'https://fulcio.example', rekorUrl: 'https://rekor.example' };
  const place = { cwd, env: { SIGSTORE_ID_TOKEN: 'a token' } };
  const sign = openKeylessSigner({ keyless: true, ...urls }, place);
  const bundle = await sign(Buffer.from('{}'), signal);
  t.deepEqual(JSON.parse(Buffer.from(bundle).toString()), {
    json: {
      said: '{}',
      type: 'application/vnd.in-toto+json',
      by: urls.fulcioUrl,
      log: urls.rekorUrl,
    },
  });
});

test('what fails is told by its code, and no token is', async (t) => {
  const cwd = projectWith(t, SIGN);
  const sign = (env: Readonly<Record<string, string>>) =>
    failure(async () => {
      return openKeylessSigner({ keyless: true }, { cwd, env })(Buffer.from('{}'), signal);
    });
  const none = await sign({});
  t.like(none, { code: 'SIGNING_FAILED', message: 'there is no token that says who signs' });
  t.regex(none.hint!, /SIGSTORE_ID_TOKEN/);
  const actions = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://a', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't' };
  t.regex((await sign(actions)).message, /IDENTITY_TOKEN_READ_ERROR$/);
  t.regex(
    (await sign({ SIGSTORE_ID_TOKEN: 'bad' })).message,
    /^there is no token that says who signs: IDENTITY_TOKEN_PARSE_ERROR$/,
  );
  const refused = await sign({ SIGSTORE_ID_TOKEN: 'secret' });
  t.is(refused.message, 'sigstore did not sign: CA_CREATE_SIGNING_CERTIFICATE_ERROR');
  t.regex(refused.hint!, /^check the network to fulcio\.sigstore\.dev and rekor\.sigstore\.dev/);
  t.is(refused.cause, undefined);
});

test('a package that is missing or broken is named', async (t) => {
  for (const [cwd, message] of [
    [tempDir(t), 'signing without a key needs the package @sigstore/sign'],
    [projectWith(t, 'throw new TypeError()'), 'the package @sigstore/sign cannot be loaded'],
  ] as const) {
    const env = { SIGSTORE_ID_TOKEN: 'a token' };
    const error = await failure(async () => openKeylessSigner({ keyless: true }, { cwd, env }));
    t.like(error, { code: 'SIGNING_FAILED', message });
    t.regex(error.hint!, /^npm install --save-dev @sigstore\/sign@4\.1\.1/);
  }
});
