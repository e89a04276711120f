// Signed requests to a bucket (AWS Signature Version 4), through the transport of the project. The digest of a body is
// signed with it, so that the server refuses other bytes.
import { AwsV4Signer } from 'aws4fetch';
import type { HttpResponse } from '../../../registry/exchange.js';
import type { Transport } from '../../../registry/transport.js';
import type { RequestBody } from '../../../registry/upload-body.js';
import type { AwsCredentials } from '../aws/credential-source.js';
import type { S3Address } from './s3-address.js';

/** SHA-256 of no bytes. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** With the digest of its bytes, hex. */
  readonly body?: RequestBody & { readonly sha256: string };
  readonly signal: AbortSignal;
}

/** Any status is an answer. @throws TsbuildError REGISTRY_*, ABORTED, and what finding credentials throws */
export type SendToS3 = (request: S3Request) => Promise<HttpResponse>;

export interface S3Connection {
  readonly transport: Transport;
  readonly address: S3Address;
  credentials(signal: AbortSignal): Promise<AwsCredentials>;
  /** Seconds since the epoch. */
  now(): number;
}

/** `20130524T000000Z` */
function amzDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

export function s3Requests({ transport, address, credentials, now }: S3Connection): SendToS3 {
  return async ({ method, key, headers = {}, body, signal }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials(signal);
    const signer = new AwsV4Signer({
      method,
      url: address.url(key),
      headers: { ...headers, 'x-amz-content-sha256': body?.sha256 ?? EMPTY },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region: address.region,
      datetime: amzDate(now()),
    });
    const signed = await signer.sign();
    return transport.request(signed.url.href, {
      method,
      headers: Object.fromEntries(signed.headers),
      // The same bytes under the same name: sent twice they do no harm.
      isRepeatable: true,
      signal,
      ...(body ? { body } : {}),
    });
  };
}
