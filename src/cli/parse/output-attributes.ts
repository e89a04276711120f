// The attributes of an output, by its type: which are read, which are accepted because they ask for what is done
// anyway, and how the values of those that several types share are read.
// Spec: BuildKit's exporter/containerimage/opts.go, export.go, exptypes/keys.go; buildx build/opt.go.
import { parseGoBool } from '../../core/go-bool.js';
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Compression, ImageForm } from '../../plan/request.js';
import { parseAnnotation } from './annotation.js';

export type Attributes = ReadonlyMap<string, string>;

const FORM = ['name', 'compression', 'compression-level', 'force-compression', 'rewrite-timestamp'];

/** Attributes that are read, by type. */
const READ: Readonly<Record<string, readonly string[]>> = {
  oci: [...FORM, 'tar', 'dest', 'oci-artifact'],
  docker: [...FORM, 'tar', 'dest'],
  local: ['dest', 'platform-split'],
  tar: ['dest', 'platform-split'],
  image: [
    ...FORM,
    'push',
    'push-by-digest',
    'name-canonical',
    'registry.insecure',
    'oci-mediatypes',
    'oci-artifact',
    'store',
    'unpack',
  ],
  cacheonly: [],
};

/** Attributes known to buildx, with the values that ask for nothing new. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  push: ['false'],
  'push-by-digest': ['false'],
  'registry.insecure': ['false'],
  store: ['true'],
  unpack: ['false'],
  'oci-mediatypes': ['true'],
  'oci-artifact': ['true', 'false'],
  'force-compression': ['false'],
  'attestation-inline': ['true', 'false'],
  'attestation-prefix': [''],
  'platform-split': ['auto', 'false'],
  'prefer-nondist-layers': ['false'],
  'name-canonical': ['false'],
  'dangling-name-prefix': [],
  'source-date-epoch': [],
  mode: ['copy'],
  context: [],
};

const COMPRESSIONS: readonly string[] = ['uncompressed', 'gzip', 'zstd'];
const IMAGES: readonly string[] = ['image', 'oci', 'docker'];

/** `annotation.KEY`, `annotation-TYPE[PLATFORM].KEY` */
const ANNOTATION = /^annotation(?:-([a-z-]+))?(\[[^\]]*\])?\.(.+)$/;

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED for an attribute that is not read */
export function checkAttribute(type: string, key: string, value: string): void {
  if (READ[type]?.includes(key) || (IMAGES.includes(type) && ANNOTATION.test(key))) return;
  const accepted = FIXED[key];
  if (accepted) {
    if (accepted.includes(String(parseGoBool(value) ?? value))) return;
    throw new TsbuildError('OPTION_UNSUPPORTED', `${key}=${value} of output type=${type} is not supported`, {
      hint: accepted.length === 0 ? `leave ${key} out` : `leave ${key} out, or use ${key}=${accepted[0]!}`,
    });
  }
  const known = [...(READ[type] ?? []), ...Object.keys(FIXED)];
  throw new TsbuildError(
    'OPTION_INVALID',
    `unknown attribute ${key} for output type=${type}${didYouMean(key, known)}`,
  );
}

/** Those of an image, wherever it goes. Only what was asked for is set. @throws TsbuildError OPTION_* */
export function imageFormOf(attributes: Attributes): ImageForm {
  const compression = compressionOf(attributes.get('compression'));
  const compressionLevel = levelOf(attributes.get('compression-level'));
  const annotations = annotationsOf(attributes);
  return {
    ...(compression === undefined ? {} : { compression }),
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    ...(flagOf(attributes, 'force-compression') ? { forceCompression: true } : {}),
    ...(flagOf(attributes, 'rewrite-timestamp') ? { rewriteTimestamp: true } : {}),
    ...(annotations.length === 0 ? {} : { annotations }),
  };
}

/**
 * A value that is left empty says yes, as with BuildKit.
 * @throws TsbuildError OPTION_INVALID with BuildKit's words
 */
export function flagOf(attributes: Attributes, key: string, isDefault = false): boolean {
  const text = attributes.get(key);
  if (text === undefined) return isDefault;
  const value = text === '' ? true : parseGoBool(text);
  if (value !== undefined) return value;
  throw new TsbuildError('OPTION_INVALID', `non-bool value specified for ${key}: ${JSON.stringify(text)}`, {
    hint: `write ${key}=true or ${key}=false`,
  });
}

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED */
export function compressionOf(text: string | undefined): Compression | undefined {
  if (text === undefined) return undefined;
  if (COMPRESSIONS.includes(text)) return text as Compression;
  const code = text === 'estargz' ? 'OPTION_UNSUPPORTED' : 'OPTION_INVALID';
  throw new TsbuildError(
    code,
    `unsupported layer compression type ${text}${didYouMean(text, COMPRESSIONS)}`,
    {
      hint: `use one of ${COMPRESSIONS.join(', ')}`,
    },
  );
}

/** @throws TsbuildError OPTION_INVALID */
export function levelOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^-?\d{1,3}$/.test(text)) return Number(text);
  throw new TsbuildError('OPTION_INVALID', `compression-level ${JSON.stringify(text)} is not a number`);
}

/** As `--annotation` writes them. */
function annotationsOf(attributes: Attributes): string[] {
  return [...attributes].flatMap(([key, value]) => {
    const [, type, platform = '', name] = ANNOTATION.exec(key) ?? [];
    if (name === undefined) return [];
    const prefix = type === undefined && platform === '' ? '' : `${type ?? 'manifest'}${platform}:`;
    return [parseAnnotation(`${prefix}${name}=${value}`)];
  });
}
