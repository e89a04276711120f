// `--output`: CSV of key=value, `DEST` for type=local and `-` for a tar on standard output (buildx
// util/buildflags/export.go). What the exporters cannot do yet is refused by name, never dropped.
import { parseGoBool } from '../../core/go-bool.js';
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { ImageOutput, OutputRequest } from '../../plan/request.js';
import { parseCsvFields, parseCsvPairs } from './csv.js';
import { checkAttribute, flagOf, imageFormOf, type Attributes } from './output-attributes.js';

export interface ParsedOutput {
  readonly output: OutputRequest;
  /** Names given with `name=`. */
  readonly names: readonly string[];
  /** What `oci-artifact` says. */
  readonly areAttestationsArtifacts?: boolean;
}

const TYPES = ['image', 'registry', 'oci', 'docker', 'local', 'tar', 'cacheonly'] as const;

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED, OPTION_CONFLICT */
export function parseOutput(text: string): ParsedOutput {
  if (text === '-') return { output: { type: 'tar', dest: '-' }, names: [] };
  const fields = parseCsvFields(text, '--output');
  if (fields.length === 1 && fields[0] === text && !text.includes('=')) {
    return { output: { type: 'local', dest: text }, names: [] };
  }
  const attributes = new Map(parseCsvPairs(text, '--output'));
  const given = attributes.get('type');
  if (!given)
    throw new TsbuildError('OPTION_INVALID', 'type is required for output', {
      hint: 'for instance type=oci,dest=image.tar',
    });
  attributes.delete('type');
  checkType(given);
  // A registry is an image that is pushed, unless it says that it is not.
  if (given === 'registry' && !attributes.has('push')) attributes.set('push', 'true');
  const type = given === 'registry' ? 'image' : given;
  for (const [key, value] of attributes) checkAttribute(type, key, value);
  const names = (attributes.get('name') ?? '').split(',').filter(Boolean);
  const parsed =
    type === 'image' ? imageOf(attributes, names) : { output: outputOf(type, attributes), names };
  return { ...parsed, ...attestationFormOf(type, attributes) };
}

function attestationFormOf(
  type: string,
  attributes: Attributes,
): Pick<ParsedOutput, 'areAttestationsArtifacts'> {
  if (!attributes.has('oci-artifact') || (type !== 'image' && type !== 'oci')) return {};
  const areAttestationsArtifacts = flagOf(attributes, 'oci-artifact');
  if (areAttestationsArtifacts && !flagOf(attributes, 'oci-mediatypes', true))
    throw new TsbuildError(
      'OPTION_CONFLICT',
      'exporter option "oci-artifact=true" conflicts with "oci-mediatypes=false"',
    );
  return { areAttestationsArtifacts };
}

function checkType(type: string): void {
  if ((TYPES as readonly string[]).includes(type)) return;
  throw new TsbuildError(
    'OPTION_INVALID',
    `unknown output type ${JSON.stringify(type)}${didYouMean(type, TYPES)}`,
    {
      hint: `use one of ${TYPES.join(', ')}`,
    },
  );
}

/** Names of an image that is pushed by digest are no names of images: they stay with the output. */
function imageOf(attributes: Attributes, names: readonly string[]): ParsedOutput {
  const pushByDigest = flagOf(attributes, 'push-by-digest');
  // An image of the store is found by its digest as well, and is unpacked when a step needs it.
  for (const key of ['name-canonical', 'unpack']) flagOf(attributes, key);
  const output: ImageOutput = {
    type: 'image',
    ...imageFormOf(attributes),
    ...(flagOf(attributes, 'push') ? { push: true } : {}),
    ...(pushByDigest ? { pushByDigest } : {}),
    ...(pushByDigest && names.length > 0 ? { names } : {}),
    ...(flagOf(attributes, 'registry.insecure') ? { insecure: true } : {}),
    ...(flagOf(attributes, 'store', true) ? {} : { store: false }),
    ...(flagOf(attributes, 'oci-mediatypes', true) ? {} : { ociMediaTypes: false }),
  };
  return { output, names: pushByDigest ? [] : names };
}

function outputOf(type: string, attributes: Attributes): OutputRequest {
  const dest = attributes.get('dest');
  switch (type) {
    case 'local':
      return { type, dest: directoryOf(type, dest), ...splitOf(attributes) };
    case 'tar':
      return { type, dest: dest || '-', ...splitOf(attributes) };
    case 'oci':
    case 'docker':
      return archiveOf(type, dest, attributes);
    default:
      return { type: 'cacheonly' };
  }
}

function archiveOf(type: 'oci' | 'docker', dest: string | undefined, attributes: Attributes): OutputRequest {
  const tar = parseGoBool(attributes.get('tar') ?? 'true') ?? true;
  if (tar && type === 'docker' && !dest) return { type, ...imageFormOf(attributes) };
  return { type, dest: tar ? dest || '-' : directoryOf(type, dest), tar, ...imageFormOf(attributes) };
}

function splitOf(attributes: Attributes): { readonly platformSplit?: boolean } {
  const isSaid = attributes.has('platform-split') && attributes.get('platform-split') !== 'auto';
  return isSaid ? { platformSplit: flagOf(attributes, 'platform-split') } : {};
}

function directoryOf(type: string, dest: string | undefined): string {
  if (!dest) throw new TsbuildError('OPTION_INVALID', `dest is required for ${type} exporter`);
  if (dest === '-') throw new TsbuildError('OPTION_INVALID', `dest cannot be stdout for ${type} exporter`);
  return dest;
}
