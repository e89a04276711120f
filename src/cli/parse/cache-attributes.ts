// The attributes of `--cache-from` and `--cache-to` by type: which are read, and which BuildKit has for what is done
// anyway or has no meaning here. Spec: BuildKit's README, "Export cache"; cache/remotecache.
import { parseGoBool } from '../../core/go-bool.js';
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import { parseCsvFields } from './csv.js';
import type { Attributes } from './output-attributes.js';

export type CacheOption = '--cache-from' | '--cache-to';

const READS = ['scope', 'verify-key'];
const WRITES = [
  'scope',
  'mode',
  'ignore-error',
  'timeout',
  'max-size',
  'mounts',
  'mounts-max',
  'sign-key',
  'compression',
  'compression-level',
  'force-compression',
];

const BUCKET = [
  'bucket',
  'region',
  'name',
  'prefix',
  'blobs_prefix',
  'manifests_prefix',
  'endpoint_url',
  'use_path_style',
  'access_key_id',
  'secret_access_key',
  'session_token',
];
const SERVICE = ['url', 'url_v2', 'token'];

/** Of the place of a type. */
const PLACE: Readonly<Record<string, Readonly<Record<CacheOption, readonly string[]>>>> = {
  registry: {
    '--cache-from': ['ref', 'registry.insecure'],
    '--cache-to': ['ref', 'registry.insecure'],
  },
  local: { '--cache-from': ['src', 'tag', 'digest'], '--cache-to': ['dest', 'tag'] },
  inline: { '--cache-from': [], '--cache-to': [] },
  s3: { '--cache-from': BUCKET, '--cache-to': BUCKET },
  gha: { '--cache-from': SERVICE, '--cache-to': SERVICE },
};

/** What BuildKit has besides. */
const IGNORED: ReadonlySet<string> = new Set([
  'image-manifest',
  'oci-mediatypes',
  'oci-artifact',
  'reset',
  'version',
  'ghtoken',
  'repository',
  'touch_refresh',
  'upload_parallelism',
  'retry_mode',
  'retry_max_attempts',
  'disable_accept_encoding',
]);

/** Their values are never shown. */
const SECRET = /\b(access_key_id|secret_access_key|session_token|token|ghtoken)=[^,"]*/gi;

/**
 * Fields in order. A field without `=` goes on with the list before it: `scope=pr-12,main`.
 * @throws TsbuildError OPTION_INVALID
 */
export function parseCacheFields(text: string, option: CacheOption): Attributes {
  const attributes = new Map<string, string>();
  let last: string | undefined;
  for (const field of fieldsOf(text, option)) {
    const equals = field.indexOf('=');
    if (equals >= 0) {
      last = field.slice(0, equals).trim().toLowerCase();
      attributes.set(last, field.slice(equals + 1));
    } else if (last === 'scope') attributes.set(last, `${attributes.get(last)!};${field}`);
    else
      throw new TsbuildError(
        'OPTION_INVALID',
        `invalid value ${field} for ${option}: must be a key=value pair`,
      );
  }
  return attributes;
}

/** @throws TsbuildError OPTION_INVALID, in which no secret is shown */
export function fieldsOf(text: string, option: CacheOption): readonly string[] {
  try {
    return parseCsvFields(text, option);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw error.with({ message: error.message.replaceAll(SECRET, '$1=…'), cause: undefined });
  }
}

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED */
export function checkCacheType(type: string | undefined, option: CacheOption): void {
  const types = Object.keys(PLACE);
  if (!type)
    throw new TsbuildError('OPTION_INVALID', `type is required for ${option}`, {
      hint: `for instance ${option} type=registry,ref=registry.example/app-cache`,
    });
  if (types.includes(type)) return;
  const isKnown = type === 'azblob';
  throw new TsbuildError(
    isKnown ? 'OPTION_UNSUPPORTED' : 'OPTION_INVALID',
    isKnown
      ? `a cache of type azblob is not supported`
      : `unknown cache type ${JSON.stringify(type)}${didYouMean(type, types)}`,
    { hint: `use one of ${types.join(', ')}` },
  );
}

/** @throws TsbuildError OPTION_INVALID for an attribute that nobody knows */
export function checkCacheAttributes(type: string, option: CacheOption, attributes: Attributes): void {
  const known = [...PLACE[type]![option], ...(option === '--cache-from' ? READS : WRITES)];
  for (const key of attributes.keys()) {
    if (key === 'type' || known.includes(key) || IGNORED.has(key) || isOfOther(key, option)) continue;
    throw new TsbuildError(
      'OPTION_INVALID',
      `unknown attribute ${key} for ${option} type=${type}${didYouMean(key, known)}`,
      { hint: `the attributes are ${known.join(', ')}` },
    );
  }
}

/** One text often serves both options: what only the other one reads does no harm. */
function isOfOther(key: string, option: CacheOption): boolean {
  return option === '--cache-from' && WRITES.includes(key);
}

/** As BuildKit reads them. @throws TsbuildError OPTION_INVALID */
export function boolOf(attributes: Attributes, key: string, option: CacheOption): boolean | undefined {
  const text = attributes.get(key);
  if (text === undefined) return undefined;
  const value = parseGoBool(text);
  if (value !== undefined) return value;
  throw new TsbuildError(
    'OPTION_INVALID',
    `non-bool value specified for ${key} of ${option}: ${JSON.stringify(text)}`,
    { hint: `write ${key}=true or ${key}=false` },
  );
}
