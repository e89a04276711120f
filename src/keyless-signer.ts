// Signatures without a key of the user: sigstore gives a certificate for an identity of OpenID Connect that lives for
// some minutes, and writes the signature into its public log. The package @sigstore/sign does it, when it is installed.
// Invariant: no token gets into a message.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errnoOf } from './core/errno.js';
import { TsbuildError } from './core/errors.js';
import { redactUrl } from './core/redact.js';
import type { SigningRequest } from './plan/request.js';
import type { SignStatement } from './sign-pushed.js';
import type { KeyPlace } from './statement-key.js';

const PACKAGE = '@sigstore/sign';
/** The last one for Node 20. */
const VERSION = '4.1.1';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const TOKEN = 'SIGSTORE_ID_TOKEN';
/** By which a job of GitHub Actions asks for its token. */
const OF_ACTIONS = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
const OPTIONS = { timeout: 20_000, retry: { retries: 2 } };

interface IdentityProvider {
  getToken(): Promise<string>;
}

/** What is used of the package. */
interface SigstoreSign {
  readonly DSSEBundleBuilder: new (options: object) => {
    create(artifact: { readonly data: Buffer; readonly type: string }): Promise<object>;
  };
  readonly FulcioSigner: new (options: object) => object;
  readonly RekorWitness: new (options: object) => object;
  readonly CIContextProvider: new (audience: string) => IdentityProvider;
}

/** The same of @sigstore/bundle, which comes with it. */
interface SigstoreBundle {
  bundleToJSON(bundle: object): object;
}

/**
 * The token is asked for when something is signed, since it lives for minutes.
 * @throws TsbuildError SIGNING_FAILED when the package is missing, or nothing says who signs
 */
export function openKeylessSigner(request: SigningRequest, place: KeyPlace): SignStatement {
  const { sigstore, bundles } = loadPackage(place.cwd);
  const token = place.env[TOKEN];
  if (!token && OF_ACTIONS.some((name) => !place.env[name])) throw noToken();
  const fromCi = new sigstore.CIContextProvider('sigstore');
  const identityProvider: IdentityProvider = { getToken: async () => token || fromCi.getToken() };
  const builder = new sigstore.DSSEBundleBuilder({
    signer: new sigstore.FulcioSigner({ ...OPTIONS, identityProvider, fulcioBaseURL: request.fulcioUrl }),
    witnesses: [new sigstore.RekorWitness({ ...OPTIONS, rekorBaseURL: request.rekorUrl })],
  });
  return async (statement) => {
    try {
      const bundle = await builder.create({ data: Buffer.from(statement), type: PAYLOAD_TYPE });
      return Buffer.from(JSON.stringify(bundles.bundleToJSON(bundle)));
    } catch (error) {
      throw failure(error, request);
    }
  };
}

/** Of the project that is built, or of the one that has this package. */
function loadPackage(cwd: string): { readonly sigstore: SigstoreSign; readonly bundles: SigstoreBundle } {
  for (const from of [pathToFileURL(join(cwd, 'package.json')).href, import.meta.url]) {
    try {
      const path = createRequire(from).resolve(PACKAGE);
      const load = createRequire(path);
      return {
        sigstore: load(path) as SigstoreSign,
        bundles: load('@sigstore/bundle') as SigstoreBundle,
      };
    } catch (error) {
      if (errnoOf(error) !== 'MODULE_NOT_FOUND') throw unusable(error);
    }
  }
  throw new TsbuildError('SIGNING_FAILED', `signing without a key needs the package ${PACKAGE}`, {
    hint: `npm install --save-dev ${PACKAGE}@${VERSION}, or sign with a key: --sign key=FILE`,
  });
}

function unusable(cause: unknown): TsbuildError {
  return new TsbuildError('SIGNING_FAILED', `the package ${PACKAGE} cannot be loaded`, {
    hint: `npm install --save-dev ${PACKAGE}@${VERSION}`,
    cause,
  });
}

function noToken(code?: string): TsbuildError {
  const why = code === undefined ? '' : `: ${code}`;
  return new TsbuildError('SIGNING_FAILED', `there is no token that says who signs${why}`, {
    hint: `set ${TOKEN}, or give the job of GitHub Actions the permission id-token: write`,
  });
}

/** Messages of the package may quote the token: only its codes are told. */
function failure(error: unknown, { fulcioUrl, rekorUrl }: SigningRequest): TsbuildError {
  const { code } = error as { readonly code?: unknown };
  if (code === 'IDENTITY_TOKEN_READ_ERROR' || code === 'IDENTITY_TOKEN_PARSE_ERROR') return noToken(code);
  const places = [fulcioUrl, rekorUrl].flatMap((url) => (url === undefined ? [] : [redactUrl(url)]));
  return new TsbuildError(
    'SIGNING_FAILED',
    `sigstore did not sign: ${typeof code === 'string' ? code : 'error'}`,
    {
      hint: `check the network to ${places.length > 0 ? places.join(' and ') : 'fulcio.sigstore.dev and rekor.sigstore.dev'}, or sign with a key: --sign key=FILE`,
    },
  );
}
