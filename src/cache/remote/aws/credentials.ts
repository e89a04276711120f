// The credentials for a bucket, from where AWS's own tools look for them; the first place that has some decides. Those
// that expire are got anew in time. Invariant: no message holds a secret.
import { TsbuildError } from '../../../core/errors.js';
import type { AwsCredentials, CredentialSource, CredentialTools } from './credential-source.js';

/** Got anew so long before they expire. */
const RENEWED_BEFORE_MS = 5 * 60 * 1000;

export interface GivenCredentials {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
}

/** Of options or variables. @throws TsbuildError OPTION_INVALID when one of the two keys is missing */
function completeCredentials(
  {
    accessKeyId,
    secretAccessKey,
    sessionToken,
  }: { readonly [K in keyof GivenCredentials]?: string | undefined },
  names: readonly [string, string],
): AwsCredentials | undefined {
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (!accessKeyId || !secretAccessKey)
    throw new TsbuildError('OPTION_INVALID', `a cache of type s3: of ${names.join(' and ')} one is missing`, {
      hint: `give both, or none`,
    });
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

const fromEnvironment: CredentialSource = async ({ env }) =>
  completeCredentials(
    {
      accessKeyId: env['AWS_ACCESS_KEY_ID'],
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'],
      sessionToken: env['AWS_SESSION_TOKEN'],
    },
    ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  );

const fromProfile: CredentialSource = async ({ profile }) =>
  profile && completeCredentials(profile, ['aws_access_key_id', 'aws_secret_access_key']);

/** Asks the sources that need requests; loaded when they are needed. */
const fromServices: CredentialSource = async (tools, signal) => {
  const { fromContainer, fromMachine, fromWebIdentity } = await import('./credential-services.js');
  return (
    (await fromContainer(tools, signal)) ??
    (await fromWebIdentity(tools, signal)) ??
    (await fromMachine(tools, signal))
  );
};

/**
 * @param given what the request says: wins over everything
 * @throws TsbuildError OPTION_INVALID; the function: REGISTRY_UNAUTHORIZED when there are none, ABORTED
 */
export function awsCredentials(
  given: GivenCredentials,
  tools: CredentialTools,
): (signal: AbortSignal) => Promise<AwsCredentials> {
  const fixed = completeCredentials(given, ['access_key_id', 'secret_access_key']);
  let current: Promise<AwsCredentials> | undefined;
  const isStale = ({ expiresAt = Infinity }: AwsCredentials): boolean =>
    expiresAt - tools.now() * 1000 < RENEWED_BEFORE_MS;
  return async (signal) => {
    if (fixed) return fixed;
    const known = await current?.catch(() => undefined);
    if (known && !isStale(known)) return known;
    // Others that ask meanwhile wait for the same answer.
    return (current = find(tools, signal));
  };
}

async function find(tools: CredentialTools, signal: AbortSignal): Promise<AwsCredentials> {
  for (const source of [fromEnvironment, fromProfile, fromServices]) {
    const found = await source(tools, signal);
    if (found) return found;
  }
  const other = tools.profile?.unread;
  throw new TsbuildError('REGISTRY_UNAUTHORIZED', 'a cache of type s3: no AWS credentials were found', {
    hint: other
      ? `the profile has ${other}, which is not read: eval "$(aws configure export-credentials --format env)"`
      : 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  });
}
