// What a new manifest is made of, as it is written: a reference, a digest, an OCI layout, or a descriptor in JSON
// (buildx, commands/imagetools/create.go). Pure.
import { digestFault, isDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { parseLayoutReference, type LayoutReference } from './layout-reference.js';
import { parseReference, withDefaultTag, type Reference } from './reference.js';
import type { Descriptor, DescriptorPlatform } from './types.js';

export type ManifestSource =
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'layout'; readonly layout: LayoutReference }
  /** In a repository that is known from elsewhere. */
  | { readonly kind: 'descriptor'; readonly descriptor: GivenDescriptor };

/** What is given wins over what the registry says. */
export interface GivenDescriptor extends Partial<Omit<Descriptor, 'digest' | 'platform'>> {
  readonly digest: Digest;
  readonly platform?: DescriptorPlatform;
}

const KINDS = 'valid sources are digests, references, oci-layout:// and descriptors';

/** @throws TsbuildError OPTION_INVALID, REGISTRY_REFERENCE `failed to parse source …` */
export function parseManifestSource(text: string): ManifestSource {
  try {
    return parsed(text.trim());
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const shown = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
    throw error.with({ message: `failed to parse source ${shown}: ${error.message}`, hint: KINDS });
  }
}

function parsed(text: string): ManifestSource {
  const digest = text.startsWith('@') ? text.slice(1) : text;
  if (isDigest(digest)) return { kind: 'descriptor', descriptor: { digest } };
  if (digest.startsWith('sha256') && digest.includes(':')) throw invalid(digestFault(digest));
  const layout = parseLayoutReference(text);
  if (layout) return { kind: 'layout', layout };
  if (!text.startsWith('{')) return { kind: 'reference', reference: withDefaultTag(parseReference(text)) };
  return { kind: 'descriptor', descriptor: parseDescriptor(text) };
}

type Fields = Readonly<Record<string, unknown>>;

function parseDescriptor(text: string): GivenDescriptor {
  const { schemaVersion, mediaType, digest, size, urls, annotations, platform, artifactType, data } =
    parseFields(text);
  if (schemaVersion !== undefined && schemaVersion !== 0)
    throw invalid(
      `expected an OCI content descriptor, got a manifest or index (schemaVersion ${JSON.stringify(schemaVersion)})`,
    );
  if (digest === undefined) throw invalid('invalid descriptor: digest is required');
  if (!isDigest(digest)) throw invalid(`invalid descriptor digest: ${digestFault(String(digest))}`);
  return {
    digest,
    ...member('mediaType', mediaType, isText),
    ...member('size', size, (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0),
    ...member('urls', urls, areTexts),
    ...member('annotations', annotations, isTextMap),
    ...member('artifactType', artifactType, isText),
    ...member('data', data, isText),
    ...(platform == null ? {} : { platform: parsePlatformFields(platform) }),
  };
}

function parseFields(text: string): Fields {
  try {
    const fields: unknown = JSON.parse(text);
    if (isFields(fields)) return fields;
  } catch (error) {
    throw new TsbuildError('OPTION_INVALID', 'the descriptor is not JSON', { cause: error });
  }
  throw invalid('the descriptor is not a JSON object');
}

/** Members may be absent: the image config has them, too. */
function parsePlatformFields(value: unknown): DescriptorPlatform {
  if (!isFields(value)) throw invalid('invalid descriptor: bad platform');
  return {
    architecture: '',
    os: '',
    ...member('architecture', value['architecture'], isText),
    ...member('os', value['os'], isText),
    ...member('os.version', value['os.version'], isText),
    ...member('os.features', value['os.features'], areTexts),
    ...member('variant', value['variant'], isText),
  };
}

function member<Name extends string, T>(
  name: Name,
  value: unknown,
  isRight: (value: unknown) => value is T,
): { readonly [N in Name]?: T } {
  if (value == null || value === '') return {};
  if (!isRight(value)) throw invalid(`invalid descriptor: bad ${name}`);
  return { [name]: value } as { readonly [N in Name]?: T };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isFields(value) && Object.values(value).every(isText);
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message);
}
