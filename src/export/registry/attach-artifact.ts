// Attaches an artifact to an image in a repository. A registry that lists the artifacts of an image finds it by its
// subject; elsewhere the list is an index under a tag that clients keep (distribution-spec, "Pushing Manifests with
// Subject").
// Invariant: the list names what is there. Two clients that write the list at once look again until both are in it.
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';
import type { Reference } from '../../oci/reference.js';
import { familiarReference } from '../../oci/reference.js';
import { MEDIA, type Descriptor, type ImageIndex } from '../../oci/types.js';
import type { RegistryClient } from '../../registry/client.js';
import type { RegistryWriter, RepositoryWriter } from '../../registry/writer.js';
import { artifactsTag, withArtifact, type ArtifactDocuments } from '../artifact-documents.js';

export interface AttachTools {
  readonly writer: RegistryWriter;
  /** One that asks no mirror. */
  readonly client: Pick<RegistryClient, 'resolve'>;
  readonly signal: AbortSignal;
}

/** How often the list may be written. */
const ROUNDS = 8;
/** A client that read the list before this one wrote it has written it by then, or nearly always. */
const WAIT_MS = 100;

/** @throws TsbuildError REGISTRY_*, SIGNING_FAILED for a list that is none, ABORTED */
export async function attachArtifact(
  reference: Reference,
  { manifest, manifestBytes, blobs, subject }: ArtifactDocuments,
  tools: AttachTools,
): Promise<void> {
  const { signal } = tools;
  const repository = tools.writer.repository(reference);
  await Promise.all(
    blobs.map(({ descriptor, bytes }) =>
      repository.putBlob(
        {
          descriptor,
          async *open() {
            yield Buffer.from(bytes);
          },
        },
        { signal },
      ),
    ),
  );
  const { digest, mediaType } = manifest;
  await repository.putManifest({ digest, mediaType, bytes: manifestBytes }, undefined, signal);
  if (await repository.listsArtifacts(subject, signal)) return;
  await addToList(repository, { ...repository.reference, tag: artifactsTag(subject) }, manifest, tools);
}

async function addToList(
  repository: RepositoryWriter,
  list: Reference,
  artifact: Descriptor,
  { client, signal }: AttachTools,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const next = withArtifact(await readList(client, list, signal), artifact);
    if (!next) return;
    await repository.putManifest({ ...next, mediaType: MEDIA.ociIndex }, list.tag, signal);
    await pause(WAIT_MS * (1 + Math.random() * round), signal);
  }
  throw new TsbuildError(
    'SIGNING_FAILED',
    `others wrote ${familiarReference(list)} again and again, the list of the signatures`,
    { hint: 'sign once more when the other builds have ended' },
  );
}

async function readList(
  client: AttachTools['client'],
  list: Reference,
  signal: AbortSignal,
): Promise<ImageIndex | undefined> {
  try {
    const { document } = await client.resolve(list, signal);
    if (document.kind === 'index') return document.index;
  } catch (error) {
    // Artifactory says 403 of what is not there; what was just pushed there can be read.
    if (error instanceof TsbuildError && ABSENT.has(error.code)) return undefined;
    throw error;
  }
  throw new TsbuildError('SIGNING_FAILED', `${familiarReference(list)} is no list of signatures`, {
    hint: 'the tag is kept for such a list: give what is there another name',
  });
}

const ABSENT: ReadonlySet<string> = new Set(['REGISTRY_NOT_FOUND', 'REGISTRY_UNAUTHORIZED']);

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new TsbuildError('ABORTED', 'canceled', { cause: signal.reason });
  }
}
