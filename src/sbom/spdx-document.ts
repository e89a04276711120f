// An SPDX 2.3 document of the packages of an image (SPDX 2.3 specification, clauses 6, 7, 11). Files are not listed:
// they would be most of the document, and the manifest names their layers. Pure.
import { createHash } from 'node:crypto';
import { compareBytes, toUtf8 } from '../core/bytes.js';
import { hexOf, type Digest } from '../core/digest.js';
import { parseReference } from '../oci/reference.js';
import { cleanText } from './clean-text.js';
import type { FoundPackage } from './found-package.js';
import { licenseExpression } from './license-expression.js';
import type { Distribution } from './parse-os-release.js';
import { packageUrl, purlOf } from './purl.js';
import { NOASSERTION, type SpdxDocument, type SpdxExternalRef, type SpdxPackage } from './spdx-types.js';

export interface SpdxInput {
  readonly image: {
    readonly name?: string;
    readonly manifest: Digest;
    readonly architecture: string;
  };
  /** RFC 3339. */
  readonly created: string;
  /** Of tsbuild. */
  readonly version: string;
  readonly packages: readonly LocatedPackage[];
  readonly distribution?: Distribution | undefined;
  /** Sentences of what could not be read. */
  readonly notes: readonly string[];
}

/** A package, and the blob of the layer that brought the file which says so. */
export interface LocatedPackage extends FoundPackage {
  readonly layer?: Digest | undefined;
}

const DOCUMENT = 'SPDXRef-DOCUMENT';
const IMAGE = 'SPDXRef-Image';

export function spdxOf(input: SpdxInput): SpdxDocument {
  const { image, notes } = input;
  const name = image.name ?? image.manifest;
  const found = distinct(input.packages.map((one) => packageOf(one, input.distribution)));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name,
    documentNamespace: namespaceOf(name, input),
    ...(notes.length > 0 && { comment: commentOf(notes) }),
    creationInfo: {
      created: wholeSeconds(input.created),
      creators: [`Tool: tsbuild-${input.version}`],
    },
    packages: [imagePackage(name, input), ...found],
    relationships: [
      { spdxElementId: DOCUMENT, relationshipType: 'DESCRIBES', relatedSpdxElement: IMAGE },
      ...found.map(
        ({ SPDXID }) =>
          ({ spdxElementId: IMAGE, relationshipType: 'CONTAINS', relatedSpdxElement: SPDXID }) as const,
      ),
    ],
  };
}

/** A line for each; of very many, how many more there are. */
function commentOf(notes: readonly string[]): string {
  const lines = notes.toSorted(compareBytes).slice(0, MAX_NOTES);
  const more = notes.length - lines.length;
  return [...lines, ...(more > 0 ? [`And ${more} more files.`] : [])].join('\n');
}

const MAX_NOTES = 100;

/** Sorted by name, version and id; each id once, since ids must be unique. */
function distinct(packages: readonly SpdxPackage[]): SpdxPackage[] {
  const byId = new Map(packages.map((one) => [one.SPDXID, one]));
  return [...byId.values()].sort(
    (a, b) =>
      compareBytes(a.name, b.name) ||
      compareBytes(a.versionInfo ?? '', b.versionInfo ?? '') ||
      compareBytes(a.SPDXID, b.SPDXID),
  );
}

/** SPDX has a place for documents of those who have no site: https://spdx.org/spdxdocs/NAME-UUID (clause 6.5). */
function namespaceOf(name: string, { image, version }: SpdxInput): string {
  const hex = createHash('sha256').update(`${image.manifest} ${version}`).digest('hex');
  // The form of a UUID of version 8, whose bits are free (RFC 9562, section 5.8).
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `https://spdx.org/spdxdocs/${idText(name)}-${uuid.join('-')}`;
}

function wholeSeconds(time: string): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

function imagePackage(name: string, { image }: SpdxInput): SpdxPackage {
  return {
    name,
    SPDXID: IMAGE,
    versionInfo: image.manifest,
    supplier: NOASSERTION,
    downloadLocation: NOASSERTION,
    filesAnalyzed: false,
    checksums: [{ algorithm: 'SHA256', checksumValue: hexOf(image.manifest) }],
    licenseConcluded: NOASSERTION,
    licenseDeclared: NOASSERTION,
    copyrightText: NOASSERTION,
    ...(image.name !== undefined && { externalRefs: purlRef(imageUrl(image.name, image)) }),
    primaryPackagePurpose: 'CONTAINER',
  };
}

/** purl type `oci`: the name is the last part of the repository, the version is the digest. */
function imageUrl(name: string, { manifest, architecture }: SpdxInput['image']): string {
  const { domain, path, tag } = parseReference(name);
  const last = path.slice(path.lastIndexOf('/') + 1);
  const qualifiers = { arch: architecture, repository_url: `${domain}/${path}`, tag };
  return purlOf({ type: 'oci', name: last, version: manifest, qualifiers });
}

function packageOf(found: LocatedPackage, distribution: Distribution | undefined): SpdxPackage {
  const { type, name, version, license, supplier, originator, homepage, path, layer } = found;
  const purl = packageUrl(found, distribution);
  const declared = licenseExpression(license);
  const location = cleanText(`/${toUtf8(path)}`);
  return {
    name,
    SPDXID: `SPDXRef-Package-${type}-${idText(name)}-${shortHash(`${purl}\n${location}`)}`,
    ...(version !== undefined && { versionInfo: version }),
    supplier: supplier ?? NOASSERTION,
    ...(originator !== undefined && { originator }),
    downloadLocation: NOASSERTION,
    ...(homepage !== undefined && /^https?:\/\/[\x21-\x7e]+$/.test(homepage) && { homepage }),
    filesAnalyzed: false,
    sourceInfo: `read from ${location}`,
    licenseConcluded: NOASSERTION,
    licenseDeclared: declared,
    ...(license !== undefined &&
      declared === NOASSERTION && { licenseComments: `The package says: ${license}` }),
    copyrightText: NOASSERTION,
    // As BuildKit writes it of files (exporter/containerimage/attestations.go).
    ...(layer !== undefined && { comment: `layerID: ${layer}` }),
    externalRefs: purlRef(purl),
  };
}

function purlRef(purl: string): readonly SpdxExternalRef[] {
  return [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }];
}

/** Ids are letters, digits, dots and hyphens. */
function idText(text: string): string {
  return text.slice(0, 100).replaceAll(/[^A-Za-z0-9.-]+/g, '-');
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
