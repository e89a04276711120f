// Manifests and indexes as a registry sends them: hostile until checked. Pure.
// Invariant: a document is exactly one of the two kinds by its media type, its content and its header (CVE-2021-41190),
// and every digest in it has the form of a digest (CVE-2024-3727).
import { parseDigest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { MEDIA, type Descriptor, type ImageIndex, type ImageManifest } from '../oci/types.js';

export type RegistryDocument =
  | { readonly kind: 'manifest'; readonly mediaType: string; readonly manifest: ImageManifest }
  | { readonly kind: 'index'; readonly mediaType: string; readonly index: ImageIndex };

/** What a manifest request accepts, in order of preference. */
export const ACCEPTED_MANIFESTS: readonly string[] = [
  MEDIA.ociIndex,
  MEDIA.ociManifest,
  MEDIA.dockerList,
  MEDIA.dockerManifest,
];

const INDEX_TYPES = new Set<string>([MEDIA.ociIndex, MEDIA.dockerList]);
const MANIFEST_TYPES = new Set<string>([MEDIA.ociManifest, MEDIA.dockerManifest]);
/** What servers that know no better put into Content-Type; it says nothing about the document. */
const VAGUE_TYPES = new Set([
  '',
  'application/json',
  'text/plain',
  'application/octet-stream',
  'binary/octet-stream',
]);
const MAX_DESCRIPTORS = 10_000;

type Fields = Readonly<Record<string, unknown>>;

function protocol(what: string, why: string, hint?: string): TsbuildError {
  return new TsbuildError('REGISTRY_PROTOCOL', `${what}: ${why}`, { hint });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isAnnotations(value: unknown): boolean {
  // Some writers put null where there are no annotations.
  return value == null || (isFields(value) && Object.values(value).every((item) => typeof item === 'string'));
}

function isPlatform(value: unknown): boolean {
  if (value == null) return true;
  if (!isFields(value)) return false;
  const names = ['variant', 'os.version'] as const;
  const required = typeof value['os'] === 'string' && typeof value['architecture'] === 'string';
  const features = value['os.features'];
  return (
    required && names.every((name) => isTextOrAbsent(value[name])) && (features == null || areTexts(features))
  );
}

function checkDescriptor(value: unknown, what: string): asserts value is Descriptor {
  if (!isFields(value)) throw protocol(what, 'not a descriptor');
  parseDigest(value['digest'], what);
  const { mediaType, size, urls, annotations, platform, artifactType, data } = value;
  if (typeof mediaType !== 'string') throw protocol(what, 'a descriptor without a media type');
  if (!Number.isSafeInteger(size) || Number(size) < 0)
    throw protocol(what, 'a descriptor without a usable size');
  if (urls != null && !areTexts(urls)) throw protocol(what, 'a descriptor with bad urls');
  if (!isAnnotations(annotations)) throw protocol(what, 'a descriptor with bad annotations');
  if (!isPlatform(platform)) throw protocol(what, 'a descriptor with a bad platform');
  if (![artifactType, data].every((text) => text === null || isTextOrAbsent(text)))
    throw protocol(what, 'a descriptor with a bad artifactType or data');
}

function checkList(value: unknown, what: string): asserts value is readonly Descriptor[] {
  if (!Array.isArray(value)) throw protocol(what, 'not a list');
  if (value.length > MAX_DESCRIPTORS) throw protocol(what, `more than ${MAX_DESCRIPTORS} entries`);
  for (const item of value) checkDescriptor(item, what);
}

function parseFields(bytes: Uint8Array, what: string): Fields {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes));
    if (isFields(parsed)) return parsed;
  } catch (error) {
    throw new TsbuildError('REGISTRY_PROTOCOL', `${what}: the registry sent a document that is not JSON`, {
      cause: error,
    });
  }
  throw protocol(what, 'the registry sent a document that is not a JSON object');
}

/** The media type that header and document agree on. */
function agreedType(fields: Fields, contentType: string, what: string): string {
  const header = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  const own = fields['mediaType'];
  if (!isTextOrAbsent(own)) throw protocol(what, 'mediaType is not a text');
  if (VAGUE_TYPES.has(header))
    return String(own ?? (fields['manifests'] === undefined ? MEDIA.ociManifest : MEDIA.ociIndex));
  if (own !== undefined && own !== header) {
    throw protocol(what, `the registry sent it as ${header}, but it calls itself ${JSON.stringify(own)}`);
  }
  return header;
}

function refuseSchema1(fields: Fields, mediaType: string, what: string): void {
  const isOld =
    fields['schemaVersion'] === 1 ||
    'fsLayers' in fields ||
    /docker\.distribution\.manifest\.v1\+/.test(mediaType);
  if (isOld)
    throw protocol(
      what,
      'a schema 1 manifest, which is not supported',
      'push the image again with a current tool',
    );
}

/**
 * @param contentType the Content-Type header, or the media type of the descriptor that led here
 * @throws TsbuildError REGISTRY_PROTOCOL
 */
export function parseDocument(bytes: Uint8Array, contentType: string, what: string): RegistryDocument {
  const fields = parseFields(bytes, what);
  const mediaType = agreedType(fields, contentType, what);
  refuseSchema1(fields, mediaType, what);
  if (fields['schemaVersion'] !== 2) throw protocol(what, 'schemaVersion is not 2');
  const { layers, manifests, config } = fields;
  if (manifests !== undefined && (layers !== undefined || config !== undefined)) {
    throw protocol(what, 'the document is a manifest and an index at once: refused');
  }
  if (!isAnnotations(fields['annotations'])) throw protocol(what, 'bad annotations');
  if (INDEX_TYPES.has(mediaType)) {
    checkList(manifests, `${what}: manifests`);
    if (fields['subject'] != null) checkDescriptor(fields['subject'], `${what}: subject`);
    if (fields['artifactType'] !== null && !isTextOrAbsent(fields['artifactType']))
      throw protocol(what, 'artifactType is not a text');
    return { kind: 'index', mediaType, index: { ...fields, schemaVersion: 2, manifests } };
  }
  if (!MANIFEST_TYPES.has(mediaType)) throw protocol(what, `${JSON.stringify(mediaType)} is not an image`);
  checkDescriptor(config, `${what}: config`);
  checkList(layers, `${what}: layers`);
  return { kind: 'manifest', mediaType, manifest: { ...fields, schemaVersion: 2, config, layers } };
}
