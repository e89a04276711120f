// A bucket out of what the request and the environment say of it: region, server, credentials.
import type { Transport } from '../../../registry/transport.js';
import { awsCredentials, type GivenCredentials } from '../aws/credentials.js';
import { readAwsProfile } from '../aws/profile.js';
import type { PackStore } from '../pack-store.js';
import { openS3PackStore } from './open-s3-store.js';
import { s3Address, type S3Place } from './s3-address.js';
import { s3Requests } from './s3-requests.js';

export interface BucketTools {
  readonly env: NodeJS.ProcessEnv;
  transport(): Promise<Transport>;
  /** Seconds since the epoch. */
  now(): number;
  note(message: string): void;
}

/** Nothing is asked of it yet. @throws TsbuildError OPTION_INVALID, CONTEXT_UNREADABLE */
export async function openBucket(
  place: S3Place & GivenCredentials,
  scope: string,
  { env, now, note, ...tools }: BucketTools,
): Promise<PackStore> {
  const profile = readAwsProfile(env);
  const address = s3Address(place, {
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || profile?.region,
    endpointUrl: env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || profile?.endpointUrl,
  });
  const transport = await tools.transport();
  const credentials = awsCredentials(place, { env, transport, now, profile, region: address.region });
  const send = s3Requests({ transport, address, credentials, now });
  return openS3PackStore({ address, scope, send, transport, note });
}
