// What `manifest inspect` prints: the text and the template fields of `docker buildx imagetools inspect`
// (util/imagetools/printers.go).
import type { InspectedManifest } from '../../index.js';
import { escapeLine } from './escape.js';

type Entry = NonNullable<InspectedManifest['manifests']>[number];

/** Every text of it was written by the author of the image. */
export function renderManifest({ name, mediaType, digest, manifests }: InspectedManifest): string {
  const head = rows([
    ['Name:', name],
    ['MediaType:', mediaType],
    ['Digest:', digest],
  ]);
  if (!manifests) return head;
  return `${head}\nManifests:\n${manifests.map((entry) => renderEntry(name, entry)).join('\n')}`;
}

function renderEntry(name: string, { digest, mediaType, platform, urls, annotations }: Entry): string {
  const system = platform?.['os.version'];
  const features = platform?.['os.features'] ?? [];
  const notes = Object.entries(annotations ?? {}).map(([key, text]): Row => [`${key}:`, text]);
  const text = rows([
    ['Name:', `${name.replace(/@sha256:.*$/, '')}@${digest}`],
    ['MediaType:', mediaType],
    ...(platform ? [['Platform:', formatPlatform(platform)] as const] : []),
    ...(system ? [['OSVersion:', system] as const] : []),
    ...(features.length > 0 ? [['OSFeatures:', features.join(', ')] as const] : []),
    ...(urls?.length ? [['URLs:', urls.join(', ')] as const] : []),
    ...(notes.length > 0 ? [['Annotations:', ''] as const] : []),
  ]);
  return indent(text + indent(rows(notes)));
}

function formatPlatform({ os, architecture, variant }: NonNullable<Entry['platform']>): string {
  return os === '' ? 'unknown' : [os, architecture, variant].filter(Boolean).join('/');
}

type Row = readonly [label: string, text: string];

function rows(all: readonly Row[]): string {
  const width = Math.max(...all.map(([label]) => label.length)) + 1;
  return all.map(([label, text]) => `${escapeLine(label.padEnd(width) + text).trimEnd()}\n`).join('');
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

/** A template that asks for what is printed without one. */
export function isWholeManifest(template: string): boolean {
  return /^\s*\{\{\s*\.Manifest\s*\}\}\s*$/.test(template);
}

/** The fields of a template, as {@link manifestFields} gives them. */
export const MANIFEST_FIELDS = ['Name', 'Manifest', 'Image', 'Provenance', 'SBOM'] as const;

/** Whether a template asks for what attestations say. */
export function isOfAttestations(template: string): boolean {
  return /\.(?:Provenance|SBOM)\b/.test(template);
}

/** `.Image`, `.Provenance` and `.SBOM` are those of the image, or of several images tables by platform. */
export function manifestFields(found: InspectedManifest): Readonly<Record<string, unknown>> {
  const { name, mediaType, digest, bytes, document, manifests, images } = found;
  const own = { mediaType, digest, size: bytes.length };
  const manifest = manifests
    ? { schemaVersion: 2, ...own, manifests, annotations: document.annotations ?? undefined }
    : own;
  const image = images.size > 1 ? Object.fromEntries(images) : [...images.values()][0];
  return withJson(
    {
      Name: name,
      Manifest: withGoNames(manifest),
      Image: withGoNames(image),
      Provenance: attestedBy(found.attestations, 'provenance'),
      SBOM: attestedBy(found.attestations, 'sbom'),
    },
    { name, manifest, image },
  );
}

/** Of the only platform, else a table by platform. Nothing is an empty object. */
export function attestedBy(
  attestations: InspectedManifest['attestations'],
  kind: 'provenance' | 'sbom',
): unknown {
  if (!attestations) return {};
  const values: ReadonlyMap<string, unknown> = attestations[kind];
  return attestations.platforms.length > 1 ? Object.fromEntries(values) : ([...values.values()][0] ?? {});
}

/** Where Go's name of a member is not the JSON name with a capital. */
const GO_NAMES: Readonly<Record<string, string>> = {
  os: 'OS',
  urls: 'URLs',
  rootfs: 'RootFS',
  diff_ids: 'DiffIDs',
  created_by: 'CreatedBy',
  'os.version': 'OSVersion',
  'os.features': 'OSFeatures',
};

/** Members can be asked for by the names of Go; JSON has those of the document. */
function withGoNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const alias = GO_NAMES[name] ?? name.replace(/^./, (first) => first.toUpperCase());
    return [name, alias].map((one) => [one, withGoNames(member)] as const);
  });
  return withJson(Object.fromEntries(members), value);
}

function withJson<T extends object>(value: T, json: unknown): T {
  return Object.defineProperty(value, 'toJSON', { value: () => json });
}
