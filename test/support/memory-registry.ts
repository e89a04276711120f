// A registry in memory behind the port of writing: what came is kept, what was asked is logged. It takes no manifest
// whose blobs it lacks, and no index whose manifests it lacks, as real ones do.
import { digestOf, type Digest } from '../../src/core/digest.js';
import { TsbuildError } from '../../src/core/errors.js';
import { isForeignLayer } from '../../src/oci/assemble-image.js';
import { canonicalReference, repositoryName, type Reference } from '../../src/oci/reference.js';
import type { ImageIndex, ImageManifest } from '../../src/oci/types.js';
import type { RegistryWriter, RepositoryWriter } from '../../src/registry/writer.js';

export interface MemoryRegistry extends RegistryWriter {
  /** `sent sha256:… to r.test/app`, `put r.test/app:1`, in the order in which it was done. */
  readonly log: readonly string[];
  /** By name with its tag or digest. */
  readonly manifests: ReadonlyMap<string, ImageManifest>;
  /** The same for indexes, with their bytes. */
  readonly indexes: ReadonlyMap<string, { readonly index: ImageIndex; readonly bytes: Buffer }>;
  bytesOf(repository: string, digest: Digest): Buffer | undefined;
  /** Throws for what is not to succeed. */
  refuse: (entry: string) => void;
  /** Blobs that grow are asked for when they are whole. */
  isLate: boolean;
}

export function createMemoryRegistry(): MemoryRegistry {
  const log: string[] = [];
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, ImageManifest>();
  const indexes = new Map<string, { readonly index: ImageIndex; readonly bytes: Buffer }>();
  const keyOf = (repository: string, digest: Digest): string => `${repository}@${digest}`;

  function repository(given: Reference): RepositoryWriter {
    const reference = { domain: given.domain, path: given.path };
    const name = repositoryName(reference);
    const note = (entry: string): void => {
      registry.refuse(entry);
      log.push(entry);
    };
    const putIndex = (digest: Digest, index: ImageIndex, bytes: Buffer, tag: string | undefined): void => {
      const lacking = index.manifests.find((entry) => !manifests.has(keyOf(name, entry.digest)));
      if (lacking)
        throw new TsbuildError('REGISTRY_PROTOCOL', `${name}: manifest unknown: ${lacking.digest}`);
      const full = tag === undefined ? keyOf(name, digest) : canonicalReference({ ...reference, tag });
      note(`put ${full}`);
      const held = { index, bytes };
      for (const key of [keyOf(name, digest), full]) indexes.set(key, held);
    };
    return {
      reference,
      async putBlob({ descriptor, knownIn = [], open }, { signal, onSent }) {
        const key = keyOf(name, descriptor.digest);
        if (blobs.has(key)) return 'there';
        const holder = knownIn.find(
          (known) =>
            known.domain === reference.domain && blobs.has(keyOf(repositoryName(known), descriptor.digest)),
        );
        if (holder) {
          blobs.set(key, blobs.get(keyOf(repositoryName(holder), descriptor.digest))!);
          note(`mounted ${descriptor.digest} from ${repositoryName(holder)} to ${name}`);
          return 'mounted';
        }
        const chunks: Buffer[] = [];
        let sent = 0;
        for await (const chunk of open(signal)) {
          chunks.push(chunk);
          onSent?.((sent += chunk.length));
        }
        const bytes = Buffer.concat(chunks);
        if (digestOf(bytes) !== descriptor.digest || bytes.length !== descriptor.size)
          throw new TsbuildError('REGISTRY_DIGEST_MISMATCH', `${descriptor.digest}: other bytes`);
        note(`sent ${descriptor.digest} to ${name}`);
        blobs.set(key, bytes);
        return 'sent';
      },
      async sendGrowing({ whole, open }, signal) {
        const chunks: Buffer[] = [];
        if (registry.isLate) await whole;
        for await (const chunk of open(signal)) chunks.push(chunk);
        const { digest } = await whole;
        note(`sent while it grew ${digest} to ${name}`);
        blobs.set(keyOf(name, digest), Buffer.concat(chunks));
        return true;
      },
      listsArtifacts: async () => false,
      hasManifest: async (digest) => manifests.has(keyOf(name, digest)) || indexes.has(keyOf(name, digest)),
      isTagged: async (tag, digest) => {
        const [tagged, known] = [canonicalReference({ ...reference, tag }), keyOf(name, digest)];
        const found = manifests.get(tagged) ?? indexes.get(tagged);
        return found !== undefined && found === (manifests.get(known) ?? indexes.get(known));
      },
      async putManifest({ digest, bytes }, tag) {
        const document = JSON.parse(Buffer.from(bytes).toString()) as ImageManifest | ImageIndex;
        if ('manifests' in document) return putIndex(digest, document, Buffer.from(bytes), tag);
        const manifest = document;
        const lacking = [manifest.config, ...manifest.layers].find(
          (blob) => !isForeignLayer(blob) && !blobs.has(keyOf(name, blob.digest)),
        );
        if (lacking) throw new TsbuildError('REGISTRY_PROTOCOL', `${name}: blob unknown: ${lacking.digest}`);
        const full = tag === undefined ? keyOf(name, digest) : canonicalReference({ ...reference, tag });
        note(`put ${full}`);
        manifests.set(keyOf(name, digest), manifest);
        manifests.set(full, manifest);
      },
    };
  }

  const registry: MemoryRegistry = {
    log,
    manifests,
    indexes,
    refuse: () => undefined,
    isLate: false,
    bytesOf: (name, digest) => blobs.get(keyOf(name, digest)),
    repository,
  };
  return registry;
}
