// Where the objects of a cache lie in a bucket. Pure. Keys are put together as BuildKit does it (cache/remotecache/s3):
// prefixes are texts that stand before a name, with the slashes that the user gave.
import { isIP } from 'node:net';
import { hexOf, type Digest } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';

export interface S3Place {
  readonly bucket: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly usePathStyle?: boolean;
  readonly prefix?: string;
  readonly blobsPrefix?: string;
  readonly manifestsPrefix?: string;
}

export interface S3Address {
  readonly bucket: string;
  readonly region: string;
  /** Of an object. */
  url(key: string): string;
  /** The object as a copy names it. */
  copySource(key: string): string;
  blobKey(digest: Digest): string;
  packKey(scope: string): string;
  /** A server of AWS: it is known what it can do. */
  readonly isAws: boolean;
}

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;
/** Servers that are not AWS take any. */
const ANY_REGION = 'us-east-1';

/**
 * @param known what the environment says: the region, and the address of a server in place of AWS
 * @throws TsbuildError OPTION_INVALID
 */
export function s3Address(
  place: S3Place,
  known: { readonly region?: string | undefined; readonly endpointUrl?: string | undefined },
): S3Address {
  const { bucket, prefix = '', blobsPrefix = 'blobs/', manifestsPrefix = 'packs/' } = place;
  if (!BUCKET.test(bucket))
    throw invalid(`bucket=${JSON.stringify(bucket)} is not the name of a bucket`, 'give bucket=NAME');
  const endpoint = place.endpointUrl ?? known.endpointUrl;
  const region = place.region ?? known.region ?? (endpoint === undefined ? undefined : ANY_REGION);
  if (region === undefined)
    throw invalid(`the region of bucket ${bucket} is not known`, 'give region=NAME, or set AWS_REGION');
  if (!/^[A-Za-z0-9-]{1,64}$/.test(region))
    throw invalid(`region=${JSON.stringify(region)} is not the name of a region`, 'give region=eu-central-1');
  const base = baseUrl(bucket, endpoint ?? awsUrl(region), place.usePathStyle ?? false);
  return {
    bucket,
    region,
    isAws: endpoint === undefined,
    url: (key) => base + encodeKey(key),
    copySource: (key) => `/${bucket}/${encodeKey(key)}`,
    blobKey: (digest) => `${prefix}${blobsPrefix}sha256/${hexOf(digest)}`,
    packKey: (scope) => `${prefix}${manifestsPrefix}${scope}`,
  };
}

function awsUrl(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** Ends with a slash. A bucket with a dot is no host that a certificate of `*.` stands for. */
function baseUrl(bucket: string, endpoint: string, usePathStyle: boolean): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search)
    throw invalid('endpoint_url is not an http or https URL', 'give endpoint_url=https://HOST[:PORT]');
  const path = url.pathname.replace(/\/*$/, '/');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isPath = usePathStyle || bucket.includes('.') || isIP(host) !== 0 || host === 'localhost';
  return isPath ? `${url.origin}${path}${bucket}/` : `${url.protocol}//${bucket}.${url.host}${path}`;
}

/** @throws TsbuildError OPTION_INVALID for a key that a URL cannot have */
function encodeKey(key: string): string {
  const parts = key.split('/');
  if (parts.some((part) => part === '.' || part === '..') || Buffer.byteLength(key) > 1024)
    throw invalid(`${JSON.stringify(key.slice(0, 200))} cannot be the name of an object`, undefined);
  return parts.map(encodePart).join('/');
}

/** RFC 3986, as signatures want it. */
function encodePart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function invalid(why: string, hint: string | undefined): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `a cache of type s3: ${why}`, { hint });
}
