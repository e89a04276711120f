// What an answer of a bucket that is not the wanted one means, and what the user can do about it. Invariant: no
// credential and no signature is told.
import { TsbuildError } from '../../../core/errors.js';
import { redactUrl } from '../../../core/redact.js';
import type { HttpResponse } from '../../../registry/exchange.js';
import { readStart } from '../../../registry/read-capped.js';
import { xmlText } from '../aws/xml-text.js';

const MAX_BODY = 16 * 1024;

const HINTS: Readonly<Record<string, string>> = {
  AccessDenied:
    'the credentials need s3:GetObject, s3:PutObject, and s3:ListBucket: without it an object that is not there cannot be told from one that is closed',
  InvalidAccessKeyId: 'check access_key_id, AWS_ACCESS_KEY_ID or the profile',
  SignatureDoesNotMatch: 'check secret_access_key, AWS_SECRET_ACCESS_KEY or the profile',
  ExpiredToken: 'the credentials have expired: get them anew',
  InvalidToken: 'check session_token or AWS_SESSION_TOKEN',
  RequestTimeTooSkewed: 'the clock of this machine is wrong: set it',
  NoSuchBucket: 'make the bucket, or check bucket= and endpoint_url=',
};

/** Reads the answer to its end. `doing`: `read the cache of scope main`. */
export async function s3Failure(
  response: HttpResponse,
  { bucket, doing }: { readonly bucket: string; readonly doing: string },
): Promise<TsbuildError> {
  const { status, headers, url } = response;
  const text = (await readStart(response, MAX_BODY)).toString('utf8');
  await response.discard();
  const code = xmlText(text, 'Code') ?? '';
  const region = headers.get('x-amz-bucket-region') ?? xmlText(text, 'Region');
  const said = [code, cleaned(xmlText(text, 'Message') ?? '')].filter(Boolean).join(': ');
  const message = `cannot ${doing} in bucket ${bucket}: ${said || `status ${status} from ${redactUrl(url)}`}`;
  const isElsewhere = region !== null && region !== undefined && /^3|^400$/.test(String(status));
  const isDenied = status === 401 || status === 403;
  return new TsbuildError(isDenied ? 'REGISTRY_UNAUTHORIZED' : 'CACHE_UNAVAILABLE', message, {
    hint: isElsewhere
      ? `the bucket is in another region: give region=${cleaned(region)}`
      : hintFor(code, status),
  });
}

function hintFor(code: string, status: number): string | undefined {
  if (status === 403 && code === '') return HINTS['AccessDenied'];
  if (status === 429 || status >= 500) return 'the server fails at the moment: the next build tries again';
  return HINTS[code];
}

/** Fit for a terminal line. A server may repeat a request's key or signature: these are not short words. */
function cleaned(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
