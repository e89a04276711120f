// Packs in a repository of a registry: an ordinary image under the tag of the scope, whose layers are the records and
// what they need. Reading is two requests. Model: the layout is pack-documents.ts'.
// Invariant: a manifest is put after all that it names. Registries have no conditional PUT: who publishes looks again
// afterwards.
import { TsbuildError } from '../../core/errors.js';
import { familiarReference, type Reference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';
import type { FetchedManifest, RegistryClient } from '../../registry/client.js';
import type { OutgoingBlob, RegistryWriter } from '../../registry/writer.js';
import { packDocuments, readPackManifest, type PackDocument } from './pack-documents.js';
import type { FoundPack, PackStore } from './pack-store.js';
import { orDamaged, readPacked } from './read-packed.js';

export interface RegistryAccess {
  /** One that asks no mirror: a tag of a mirror may be an old one. */
  client(): Promise<RegistryClient>;
  /** Asked for when something is written. */
  writer(): Promise<RegistryWriter>;
}

/** @param reference with the tag of the scope, or with a digest, which is only read */
export function registryPacks(reference: Reference, { client, writer }: RegistryAccess): PackStore {
  const { domain, path, tag } = reference;
  const repository: Reference = { domain, path };
  const name = familiarReference(reference);
  let known: Descriptor | undefined;
  // What a look after a write finds is mostly that write.
  let last: (FoundPack & { readonly kind: 'pack' }) | undefined;

  const resolve = async (signal: AbortSignal): Promise<FetchedManifest | undefined> => {
    try {
      return await (await client()).resolve(reference, signal);
    } catch (error) {
      if (error instanceof TsbuildError && error.code === 'REGISTRY_NOT_FOUND') return undefined;
      throw error;
    }
  };

  async function read(signal: AbortSignal): Promise<FoundPack> {
    const manifest = await resolve(signal);
    if (!manifest) return { kind: 'nothing' };
    const { digest: revision, mediaType, size, bytes: document } = manifest;
    if (last?.revision === revision) return last;
    const said = readPackManifest(document, mediaType, name);
    if (said.kind === 'other') return { ...said, revision };
    const { records, signature } = said;
    return orDamaged(revision, async () => {
      const blob = (await client()).fetchBlob(repository, records, { signal });
      const bytes = await readPacked(records, blob, name);
      known = { mediaType, digest: revision, size };
      return (last = { kind: 'pack', bytes, revision, ...(signature !== undefined && { signature }) });
    });
  }

  /** What is not read with the rights to read is taken for unknown: a push makes many a repository. */
  async function isReplaced(seen: string | undefined, signal: AbortSignal): Promise<boolean> {
    try {
      return (await resolve(signal))?.digest !== seen;
    } catch (error) {
      if (error instanceof TsbuildError && error.code === 'REGISTRY_UNAUTHORIZED') return false;
      throw error;
    }
  }

  return {
    name,
    repository,
    read,
    async *openBlob(blob, signal) {
      yield* (await client()).fetchBlob(repository, blob, { signal });
    },
    async putBlob(blob, signal) {
      await (await writer()).repository(repository).putBlob(blob, { signal });
    },
    async publish(pack, seen, signal) {
      if (tag === undefined)
        throw new TsbuildError('OPTION_INVALID', `${name}: a cache cannot be written under a digest`, {
          hint: 'name a tag, which is the scope of the cache',
        });
      const { manifest, config, records } = packDocuments(pack);
      const target = (await writer()).repository(repository);
      await Promise.all([config, records].map((each) => target.putBlob(outgoing(each), { signal })));
      if (await isReplaced(seen, signal)) return false;
      const { descriptor, bytes } = manifest;
      await target.putManifest({ ...descriptor, bytes }, tag, signal);
      known = descriptor;
      const { packed, signature } = pack;
      last = {
        kind: 'pack',
        bytes: packed.bytes,
        revision: descriptor.digest,
        ...(signature !== undefined && { signature }),
      };
      return true;
    },
    manifest: () => known,
  };
}

function outgoing({ descriptor, bytes }: PackDocument): OutgoingBlob {
  return {
    descriptor,
    isNew: true,
    async *open() {
      yield bytes;
    },
  };
}
