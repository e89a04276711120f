// Copies manifests with all that they refer to into a repository: blobs are mounted or streamed from where they lie,
// nothing is kept on disk.
// Invariant: whatever a manifest names is there before the manifest, the image before its attestation, tags last.
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { createOnce, type Once } from '../../core/once.js';
import { reportBytes } from '../../core/report-bytes.js';
import { sideBySide } from '../../core/side-by-side.js';
import { reportStep, type Emitter } from '../../core/step-events.js';
import type { AssembledIndex, IndexEntry } from '../../oci/assemble-index.js';
import { isAttestation } from '../../oci/descriptor.js';
import { DEFAULT_TAG, repositoryName, type Reference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';
import { ACCEPTED_MANIFESTS } from '../../registry/document.js';
import type { NamedDocument } from '../../registry/select-image.js';
import type { OutgoingManifest, RegistryWriter, RepositoryWriter } from '../../registry/writer.js';
import type { ContentOrigin } from './content-origin.js';

export interface CopyOptions extends Emitter {
  readonly signal: AbortSignal;
}

/** What is copied at once; the writer bounds the bodies that are under way. */
const MANIFESTS_AT_ONCE = 4;
const BLOBS_AT_ONCE = 8;
/** Nobody nests indexes deeper. */
const MAX_INDEXES = 4;

/**
 * Copies the entries and writes the manifest under its tags, which may be in several repositories.
 * @throws TsbuildError REGISTRY_*, CONTEXT_NOT_FOUND, ABORTED
 */
export async function publishManifest(
  assembled: AssembledIndex<ContentOrigin>,
  tags: readonly Reference[],
  writer: RegistryWriter,
  options: CopyOptions,
): Promise<void> {
  const names = [...new Set(tags.map(repositoryName))];
  await sideBySide(names, MANIFESTS_AT_ONCE, (name) =>
    reportStep(options, { id: `push ${name}`, name: `pushing ${name}` }, ({ id }) => {
      const references = tags.filter((reference) => repositoryName(reference) === name);
      const itsTags = new Set(references.map(({ tag = DEFAULT_TAG }) => tag));
      return publishTo(writer.repository(references[0]!), assembled, [...itsTags], { ...options, step: id });
    }),
  );
}

interface CopyStep extends CopyOptions {
  /** Id of the displayed step. */
  readonly step: string;
}

async function publishTo(
  target: RepositoryWriter,
  { entries, descriptor, bytes }: AssembledIndex<ContentOrigin>,
  tags: readonly string[],
  options: CopyStep,
): Promise<void> {
  await copyEntries(target, entries, options);
  const manifest = { digest: descriptor.digest, mediaType: descriptor.mediaType, bytes };
  if (tags.length > 1) await target.putManifest(manifest, undefined, options.signal);
  for (const tag of tags) {
    say(options, `pushing ${descriptor.digest} as ${tag}`);
    await target.putManifest(manifest, tag, options.signal);
  }
}

async function copyEntries(
  target: RepositoryWriter,
  entries: readonly IndexEntry<ContentOrigin>[],
  options: CopyStep,
): Promise<void> {
  const copies = createOnce<Digest, void>();
  const copy = ({ descriptor, origin }: IndexEntry<ContentOrigin>) =>
    copyTree({ target, origin, copies, options }, descriptor, 0);
  const [attestations, images] = [true, false].map((wanted) =>
    entries.filter(({ descriptor }) => isAttestation(descriptor) === wanted),
  ) as [IndexEntry<ContentOrigin>[], IndexEntry<ContentOrigin>[]];
  await sideBySide(images, MANIFESTS_AT_ONCE, copy);
  await sideBySide(attestations, MANIFESTS_AT_ONCE, copy);
}

interface Copying {
  readonly target: RepositoryWriter;
  readonly origin: ContentOrigin;
  readonly copies: Once<Digest, void>;
  readonly options: CopyStep;
}

/** A manifest or an index with all below it, or a blob, which a few writers name in indexes. */
function copyTree(copying: Copying, descriptor: Descriptor, depth: number): Promise<void> {
  return copying.copies(descriptor.digest, () =>
    ACCEPTED_MANIFESTS.includes(descriptor.mediaType)
      ? copyDocument(copying, descriptor, depth)
      : copyBlob(copying, descriptor),
  );
}

async function copyDocument(copying: Copying, descriptor: Descriptor, depth: number): Promise<void> {
  const { target, origin, options } = copying;
  const { signal } = options;
  const { digest } = descriptor;
  if (await target.hasManifest(digest, signal)) return;
  if (depth === MAX_INDEXES)
    throw new TsbuildError('REGISTRY_PROTOCOL', `${origin.name}: an index in an index, ${MAX_INDEXES} times`);
  say(options, `copying ${digest} from ${origin.name} to ${repositoryName(target.reference)}`);
  const found = await origin.readManifest(digest, signal);
  requireAsPromised(found, descriptor, origin);
  if (found.document.kind === 'index') {
    const { manifests } = found.document.index;
    const inOrder = [...manifests].sort((a, b) => Number(isAttestation(a)) - Number(isAttestation(b)));
    for (const child of inOrder) await copyTree(copying, child, depth + 1);
  } else {
    const { config, layers } = found.document.manifest;
    await sideBySide([...layers.filter(isDistributable), config], BLOBS_AT_ONCE, (blob) =>
      copyBlob(copying, blob),
    );
  }
  await target.putManifest(outgoing(found), undefined, signal);
}

function outgoing({ digest, bytes, document }: NamedDocument): OutgoingManifest {
  return { digest, mediaType: document.mediaType, bytes };
}

/** Layers of these types are fetched from their `urls`, never from a repository. */
function isDistributable({ mediaType }: Descriptor): boolean {
  return !/\.(?:nondistributable|foreign)\./.test(mediaType);
}

/** The entry of an index would be pushed as it is, so it must speak the truth. */
function requireAsPromised(
  { bytes, document }: NamedDocument,
  { mediaType, size, digest }: Descriptor,
  { name }: ContentOrigin,
): void {
  if (document.mediaType !== mediaType)
    throw new TsbuildError(
      'REGISTRY_PROTOCOL',
      `${name}: the index has ${digest} as ${JSON.stringify(mediaType)}, but it is ${document.mediaType}`,
    );
  if (bytes.length !== size)
    throw new TsbuildError(
      'REGISTRY_PROTOCOL',
      `${name}: the index says that ${digest} has ${size} bytes, but it has ${bytes.length}`,
    );
}

async function copyBlob({ target, origin, options }: Copying, descriptor: Descriptor): Promise<void> {
  const { digest, size: total } = descriptor;
  const item = digest.slice(0, 19);
  await target.putBlob(
    {
      descriptor,
      ...(origin.repository ? { knownIn: [origin.repository] } : {}),
      open: (signal) =>
        reportBytes(options, origin.openBlob(descriptor, signal), { id: options.step, item, total }),
    },
    { signal: options.signal },
  );
}

function say({ emit, now, step }: CopyStep, line: string): void {
  emit({ kind: 'step-log', id: step, stream: 1, data: Buffer.from(`${line}\n`), time: now() });
}
