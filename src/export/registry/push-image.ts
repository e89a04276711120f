// One image to all of its names: blobs first, as soon as there are any, manifests when all blobs are everywhere, the
// first name last. So a reader of a tag sees the image before or the image after, and a push that fails has moved
// no tag unless the failure came between two tags.
// Blobs go once to each registry; the other repositories there mount them from the first.
import type { Digest } from '../../core/digest.js';
import { createOnce } from '../../core/once.js';
import { repositoryName, type Reference } from '../../oci/reference.js';
import type {
  GrowingBlob,
  OutgoingBlob,
  OutgoingManifest,
  RegistryWriter,
  RepositoryWriter,
} from '../../registry/writer.js';

export interface PushOptions {
  readonly signal: AbortSignal;
  /** Bytes of a body that have left for a repository, counted from 0 again when it is sent anew. */
  onSent?(blob: OutgoingBlob, repository: Reference, bytes: number): void;
}

export interface ImagePush {
  /**
   * Makes sure that every repository has the blob; once per digest.
   * @throws TsbuildError REGISTRY_*, ABORTED, and what `open` of the blob throws
   */
  blob(blob: OutgoingBlob): Promise<void>;
  /**
   * Sends a blob while it is being made, when there is one repository.
   * @returns the repository; undefined when that was of no use, and the blob is to be put
   * @throws TsbuildError ABORTED
   */
  growing(blob: GrowingBlob): Promise<Reference | undefined>;
  /**
   * Makes sure that every repository has a manifest under its digest, which an index is to name. All its blobs must be
   * there.
   * @throws TsbuildError REGISTRY_*, ABORTED
   */
  part(manifest: OutgoingManifest): Promise<void>;
  /**
   * Puts the manifest under each name; under its digest for a name without a tag. All that it names must be there.
   * @param around brackets the work for one name
   * @throws TsbuildError REGISTRY_*, ABORTED
   */
  manifest(
    manifest: OutgoingManifest,
    around: (name: Reference, put: () => Promise<void>) => Promise<void>,
  ): Promise<void>;
  /** Resolves when all that was begun has ended, well or not. */
  settle(): Promise<void>;
}

/** The repositories of one registry. */
interface Registry {
  readonly first: RepositoryWriter;
  readonly others: readonly RepositoryWriter[];
}

/** @param names at least one, each with a tag or, to push by digest, without */
export function createImagePush(
  writer: RegistryWriter,
  names: readonly Reference[],
  options: PushOptions,
): ImagePush {
  const { signal } = options;
  const repositories = new Map<string, RepositoryWriter>();
  for (const name of names)
    if (!repositories.has(repositoryName(name)))
      repositories.set(repositoryName(name), writer.repository(name));
  const registries = byRegistry([...repositories.values()]);
  const blobs = createOnce<Digest, void>();
  const changed = new Set<string>();

  const putBlob = async (repository: RepositoryWriter, blob: OutgoingBlob): Promise<void> => {
    const { reference } = repository;
    const onSent = (bytes: number): void => options.onSent?.(blob, reference, bytes);
    const outcome = await repository.putBlob(blob, { signal, onSent });
    if (outcome !== 'there') changed.add(repositoryName(reference));
  };
  const putEverywhere = async (blob: OutgoingBlob): Promise<void> => {
    await Promise.all(
      registries.map(async ({ first, others }) => {
        await putBlob(first, blob);
        const mounted = { ...blob, knownIn: [first.reference, ...(blob.knownIn ?? [])] };
        await Promise.all(others.map((other) => putBlob(other, mounted)));
      }),
    );
  };

  /** Where all blobs were, the tag may stand for the image already: a tag that is not to be moved need not be. */
  const putManifest = async (manifest: OutgoingManifest, name: Reference): Promise<void> => {
    const repository = repositories.get(repositoryName(name))!;
    const { tag } = name;
    const mayBeTagged = tag !== undefined && !changed.has(repositoryName(name));
    if (mayBeTagged && (await repository.isTagged(tag, manifest.digest, signal))) return;
    await repository.putManifest(manifest, tag, signal);
  };

  const putPart = async (repository: RepositoryWriter, manifest: OutgoingManifest): Promise<void> => {
    const name = repositoryName(repository.reference);
    // Where a blob was missing no manifest can have been.
    if (!changed.has(name) && (await repository.hasManifest(manifest.digest, signal))) return;
    await repository.putManifest(manifest, undefined, signal);
    changed.add(name);
  };

  return {
    blob: (blob) => blobs(blob.descriptor.digest, () => putEverywhere(blob)),
    async growing(blob) {
      const [only, ...others] = repositories.values();
      if (!only || others.length > 0) return undefined;
      return (await only.sendGrowing(blob, signal)) ? only.reference : undefined;
    },
    async part(manifest) {
      await Promise.all([...repositories.values()].map((repository) => putPart(repository, manifest)));
    },
    async manifest(manifest, around) {
      const put = (name: Reference): Promise<void> => around(name, () => putManifest(manifest, name));
      const [first, ...others] = names;
      await Promise.all(others.map(put));
      if (first) await put(first);
    },
    settle: blobs.settle,
  };
}

function byRegistry(repositories: readonly RepositoryWriter[]): readonly Registry[] {
  const domains = new Set(repositories.map(({ reference }) => reference.domain));
  return [...domains].map((domain) => {
    const [first, ...others] = repositories.filter(({ reference }) => reference.domain === domain);
    return { first: first!, others };
  });
}
