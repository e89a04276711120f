// What attestations say of the images of an index: the rules of `docker buildx imagetools inspect`
// (util/imagetools/loader.go), which read what any builder wrote, in both forms of BuildKit and signed.
// Everything read is hostile until checked; signatures are not verified.
import { digestOf, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { platformOfDescriptor } from '../oci/descriptor.js';
import { parseImageConfig } from '../oci/parse-image-config.js';
import { formatPlatform } from '../oci/platform.js';
import { MEDIA, type Descriptor, type ImageIndex, type ImageManifest } from '../oci/types.js';
import { MAX_STATEMENT_BYTES, SPDX_PREDICATE } from './statement.js';

export type ReadDocument =
  | { readonly kind: 'manifest'; readonly manifest: ImageManifest }
  | { readonly kind: 'index'; readonly index: ImageIndex };

/** Where the documents lie. */
export interface AttestationContent {
  /** For messages. */
  readonly name: string;
  readManifest(digest: Digest): Promise<ReadDocument>;
  /** Bytes of a blob that is known to be small; they need not be verified. */
  readBlob(descriptor: Descriptor): Promise<Uint8Array>;
}

/** With the names that buildx's templates have. */
export interface Provenance {
  /** The predicate. */
  readonly SLSA: unknown;
}

export interface Sbom {
  readonly SPDX: unknown;
  readonly AdditionalSPDXs?: readonly unknown[];
}

/** By platform, sorted: `linux/amd64`. A platform without one is not among the keys. */
export interface Attestations {
  readonly platforms: readonly string[];
  readonly provenance: ReadonlyMap<string, Provenance>;
  readonly sbom: ReadonlyMap<string, Sbom>;
}

/**
 * @param kinds what is read; the rest is empty
 * @throws TsbuildError REGISTRY_PROTOCOL, REGISTRY_DIGEST_MISMATCH for what is damaged, and as the content does
 */
export async function readAttestations(
  document: ReadDocument,
  content: AttestationContent,
  kinds: ReadonlySet<'provenance' | 'sbom'>,
): Promise<Attestations> {
  const found: Found = { images: new Map(), attestations: new Map() };
  await collect(document, undefined, content, found);
  const images = [...found.images].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const provenance = new Map<string, Provenance>();
  const sbom = new Map<string, Sbom>();
  for (const [platform, digest] of images) {
    const layers = (found.attestations.get(digest) ?? []).map((manifest) =>
      manifest.layers.filter(isStatement),
    );
    if (kinds.has('provenance')) await addProvenance(provenance, platform, layers, content);
    if (kinds.has('sbom')) await addSbom(sbom, platform, layers.flat(), content);
  }
  return { platforms: images.map(([platform]) => platform), provenance, sbom };
}

interface Found {
  /** Platform to manifest. */
  readonly images: Map<string, Digest | undefined>;
  /** Manifest of an image to the manifests of its attestations. */
  readonly attestations: Map<string | undefined, ImageManifest[]>;
}

/** Nobody nests indexes deeper. */
const MAX_INDEXES = 4;

/** The annotations by which an entry says that it speaks of another, the older name first. */
const REFERENCES = ['com.docker.reference.digest', 'vnd.docker.reference.digest'];

async function collect(
  document: ReadDocument,
  descriptor: Descriptor | undefined,
  content: AttestationContent,
  found: Found,
  depth = 0,
): Promise<void> {
  if (document.kind === 'manifest') return addManifest(document.manifest, descriptor, content, found);
  if (depth === MAX_INDEXES) throw invalid(content, `an index in an index, ${MAX_INDEXES} times`);
  for (const entry of document.index.manifests) {
    const isIndex = entry.mediaType === MEDIA.ociIndex || entry.mediaType === MEDIA.dockerList;
    // What an entry says of an image is enough.
    if (entry.platform && !isIndex && subjectOf(entry) === undefined)
      found.images.set(formatPlatform(platformOfDescriptor(entry.platform)), entry.digest);
    else await collect(await content.readManifest(entry.digest), entry, content, found, depth + 1);
  }
}

function subjectOf(descriptor: Descriptor | undefined): string | undefined {
  const annotations = descriptor?.annotations ?? {};
  return REFERENCES.map((name) => annotations[name]).find((digest) => digest !== undefined);
}

async function addManifest(
  manifest: ImageManifest,
  descriptor: Descriptor | undefined,
  content: AttestationContent,
  { images, attestations }: Found,
): Promise<void> {
  const subject = subjectOf(descriptor);
  if (subject === undefined) {
    images.set(await platformOf(manifest, descriptor, content), descriptor?.digest);
    return;
  }
  attestations.set(subject, [...(attestations.get(subject) ?? []), manifest]);
}

async function platformOf(
  { config }: ImageManifest,
  descriptor: Descriptor | undefined,
  content: AttestationContent,
): Promise<string> {
  const platform =
    descriptor?.platform ?? parseImageConfig(Buffer.from(await readVerified(config, content)), content.name);
  return formatPlatform(platformOfDescriptor(platform));
}

const PREDICATE_TYPE = 'in-toto.io/predicate-type';
/** Signed: DSSE envelopes, such as `application/vnd.in-toto.spdx+dsse`. */
const ENVELOPE = /^application\/vnd\.in-toto\..*\+dsse$/;

function isStatement({ mediaType }: Descriptor): boolean {
  return mediaType === 'application/vnd.in-toto+json' || ENVELOPE.test(mediaType);
}

/** The first of each manifest; the last manifest that has one decides. */
async function addProvenance(
  all: Map<string, Provenance>,
  platform: string,
  manifests: readonly (readonly Descriptor[])[],
  content: AttestationContent,
): Promise<void> {
  const isProvenance = ({ annotations }: Descriptor): boolean =>
    annotations?.[PREDICATE_TYPE]?.startsWith('https://slsa.dev/provenance/') === true;
  const layer = manifests.flatMap((layers) => layers.find(isProvenance) ?? []).at(-1);
  if (layer) all.set(platform, { SLSA: await readPredicate(layer, content) });
}

async function addSbom(
  all: Map<string, Sbom>,
  platform: string,
  layers: readonly Descriptor[],
  content: AttestationContent,
): Promise<void> {
  const predicates: unknown[] = [];
  for (const layer of layers)
    if (layer.annotations?.[PREDICATE_TYPE] === SPDX_PREDICATE)
      predicates.push(await readPredicate(layer, content));
  const [first, ...others] = predicates;
  if (predicates.length === 0) return;
  all.set(platform, { SPDX: first, ...(others.length > 0 && { AdditionalSPDXs: others }) });
}

async function readPredicate(layer: Descriptor, content: AttestationContent): Promise<unknown> {
  const parse = (text: string): unknown => parseJson(text, layer, content);
  const outer = parse(Buffer.from(await readVerified(layer, content)).toString('utf8'));
  const statement = ENVELOPE.test(layer.mediaType) ? parse(payloadOf(outer, layer, content)) : outer;
  return memberOf(statement, 'predicate');
}

function payloadOf(envelope: unknown, layer: Descriptor, content: AttestationContent): string {
  const payload = memberOf(envelope, 'payload');
  if (typeof payload !== 'string') throw invalid(content, `the envelope ${layer.digest} has no payload`);
  return Buffer.from(payload, 'base64').toString('utf8');
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function parseJson(text: string, { digest }: Descriptor, content: AttestationContent): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(content, `the attestation ${digest} is not JSON`);
  }
}

async function readVerified(descriptor: Descriptor, content: AttestationContent): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (size > MAX_STATEMENT_BYTES) throw invalid(content, `${digest} exceeds ${MAX_STATEMENT_BYTES} bytes`);
  const bytes = await content.readBlob(descriptor);
  if (digestOf(bytes) === digest) return bytes;
  throw new TsbuildError('REGISTRY_DIGEST_MISMATCH', `${content.name}: ${digest} has other bytes`);
}

function invalid({ name }: AttestationContent, why: string): TsbuildError {
  return new TsbuildError('REGISTRY_PROTOCOL', `${name}: ${why}`);
}
