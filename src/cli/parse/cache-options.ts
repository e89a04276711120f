// `--cache-from` and `--cache-to`: CSV of key=value with BuildKit's names, or references alone, which stand for
// type=registry (buildx util/buildflags/cache.go). One text may name several caches.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { CacheFrom, CachePlace, CacheTo } from '../../plan/request.js';
import {
  boolOf,
  checkCacheAttributes,
  checkCacheType,
  fieldsOf,
  parseCacheFields,
  type CacheOption,
} from './cache-attributes.js';
import { parseSeconds } from './duration.js';
import { compressionOf, levelOf, type Attributes } from './output-attributes.js';
import { parseSize } from './size.js';

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED, OPTION_CONFLICT */
export function parseCacheFrom(text: string): readonly CacheFrom[] {
  return entriesOf(text, '--cache-from').map((attributes) => {
    const scopes = scopesOf(attributes, '--cache-from');
    const verifyKey = attributes.get('verify-key');
    return {
      place: placeOf(attributes, '--cache-from'),
      ...(scopes.length > 0 && { scopes }),
      ...(verifyKey && { verifyKey }),
    };
  });
}

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED, OPTION_CONFLICT */
export function parseCacheTo(text: string): readonly CacheTo[] {
  return entriesOf(text, '--cache-to').flatMap((attributes) => {
    const to = { place: placeOf(attributes, '--cache-to'), ...howOf(attributes) };
    const scopes = scopesOf(attributes, '--cache-to');
    return scopes.length === 0 ? [to] : scopes.map((scope) => ({ ...to, scope }));
  });
}

/** Of each cache that the text names. */
function entriesOf(text: string, option: CacheOption): readonly Attributes[] {
  const fields = fieldsOf(text, option);
  if (fields.every((field) => !field.includes('=')))
    return fields.filter(Boolean).map((ref) => attributesOf(new Map([['ref', ref]]), 'registry', option));
  const attributes = parseCacheFields(text, option);
  return [attributesOf(attributes, attributes.get('type'), option)];
}

function attributesOf(attributes: Attributes, type: string | undefined, option: CacheOption): Attributes {
  checkCacheType(type, option);
  checkCacheAttributes(type!, option, attributes);
  return new Map([...attributes, ['type', type!]]);
}

/** In S3 they are called names, as BuildKit has it. */
function scopesOf(attributes: Attributes, option: CacheOption): readonly string[] {
  const [scope, name] = [attributes.get('scope'), attributes.get('name')];
  if (scope !== undefined && name !== undefined)
    throw new TsbuildError('OPTION_CONFLICT', `${option}: scope and name are the same thing`, {
      hint: 'leave name out',
    });
  // A list in quotes has commas.
  const text = scope ?? name ?? '';
  return text
    .split(/[;,]/)
    .map((each) => each.trim())
    .filter(Boolean);
}

function placeOf(attributes: Attributes, option: CacheOption): CachePlace {
  const given = (key: string): string | undefined => attributes.get(key) || undefined;
  const required = (key: string): string => given(key) ?? missing(attributes.get('type')!, key, option);
  switch (attributes.get('type')) {
    case 'registry': {
      const insecure = boolOf(attributes, 'registry.insecure', option);
      return { type: 'registry', ref: required('ref'), ...(insecure && { insecure }) };
    }
    case 'local': {
      const path = required(option === '--cache-from' ? 'src' : 'dest');
      const [tag, digest] = [given('tag'), given('digest')];
      return { type: 'local', path, ...(tag && { tag }), ...(digest && { digest }) };
    }
    case 's3':
      return bucketOf(attributes, required('bucket'), option);
    case 'gha': {
      const [url, token] = [given('url_v2') ?? given('url'), given('token')];
      return { type: 'gha', ...(url && { url }), ...(token && { token }) };
    }
    default:
      return { type: 'inline' };
  }
}

const BUCKET_TEXTS = {
  region: 'region',
  endpoint_url: 'endpointUrl',
  prefix: 'prefix',
  blobs_prefix: 'blobsPrefix',
  manifests_prefix: 'manifestsPrefix',
  access_key_id: 'accessKeyId',
  secret_access_key: 'secretAccessKey',
  session_token: 'sessionToken',
} as const;

function bucketOf(attributes: Attributes, bucket: string, option: CacheOption): CachePlace {
  const usePathStyle = boolOf(attributes, 'use_path_style', option);
  const texts = Object.entries(BUCKET_TEXTS).flatMap(([key, member]) => {
    const text = attributes.get(key);
    return text ? [[member, text] as const] : [];
  });
  return {
    type: 's3',
    bucket,
    ...Object.fromEntries(texts),
    ...(usePathStyle !== undefined && { usePathStyle }),
  };
}

function howOf(attributes: Attributes): Omit<CacheTo, 'place' | 'scope'> {
  const bool = (key: string): boolean | undefined => boolOf(attributes, key, '--cache-to');
  const size = (key: string): number | undefined => {
    const text = attributes.get(key);
    return text === undefined ? undefined : parseSize(text, `${key} of --cache-to`);
  };
  const timeout = attributes.get('timeout');
  const how = {
    mode: modeOf(attributes.get('mode')),
    ignoreError: bool('ignore-error'),
    timeoutSeconds: timeout === undefined ? undefined : parseSeconds(timeout, 'timeout of --cache-to'),
    maxBytes: size('max-size'),
    mounts: bool('mounts'),
    mountsMaxBytes: size('mounts-max'),
    signKey: attributes.get('sign-key') || undefined,
    compression: compressionOf(attributes.get('compression')),
    compressionLevel: levelOf(attributes.get('compression-level')),
    forceCompression: bool('force-compression'),
  };
  // Only what was asked for is set.
  return Object.fromEntries(Object.entries(how).filter(([, value]) => value !== undefined));
}

function modeOf(text: string | undefined): CacheTo['mode'] {
  if (text === undefined || text === 'min' || text === 'max') return text;
  throw new TsbuildError(
    'OPTION_INVALID',
    `unknown mode ${JSON.stringify(text)} of --cache-to${didYouMean(text, ['min', 'max'])}`,
    { hint: 'use mode=min for the layers of the image, or mode=max for all steps' },
  );
}

function missing(type: string, key: string, option: CacheOption): never {
  throw new TsbuildError('OPTION_INVALID', `${key} is required for ${option} type=${type}`, {
    hint: `write ${option} type=${type},${key}=…`,
  });
}
