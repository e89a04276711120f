// Packs in an OCI image layout on disk: a tag per scope. Other tools read it as a layout of images.
// Invariants: blobs come first and the index last; what a tag of the layout needs is never removed; of two writers one
// gets the tag and the other is told.
import { join } from 'node:path';
import { parseDigest, type Digest } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';
import { MEDIA, type Descriptor, type ImageIndex } from '../../../oci/types.js';
import type { OutgoingBlob } from '../../../registry/writer.js';
import { writeDurably } from '../../../store/durable-write.js';
import { withLock } from '../../../store/lock.js';
import { packDocuments, readPackManifest, type PackDocument } from '../pack-documents.js';
import type { FoundPack, PackStore, PackToPublish } from '../pack-store.js';
import { orDamaged, readPacked } from '../read-packed.js';
import {
  hasBlob,
  hasIntactBlob,
  placeError,
  prepareLayout,
  readBlobOf,
  readFileOf,
  removeOthers,
  streamBlob,
  writeBlob,
} from './layout-files.js';
import { EMPTY_INDEX, entryOf, neededBlobs, parseLayoutIndex, withEntry } from './layout-index.js';

const MAX_DOCUMENT_BYTES = 16 << 20;

export interface LayoutPackPlace {
  /** Absolute. */
  readonly path: string;
  readonly tag: string;
  /** Of the manifest to read, whatever the tag stands for. Such a place cannot be written. */
  readonly digest?: string;
}

/** @throws TsbuildError OPTION_INVALID for a digest that has not the form of one */
export function openLayoutPackStore({ path, tag, digest }: LayoutPackPlace): PackStore {
  const name = `${path}:${digest ?? tag}`;
  const wanted = digest === undefined ? undefined : digestOption(digest);
  const indexPath = join(path, 'index.json');
  /** What this build has put: another one may remove it before it has a tag. */
  const put = new Map<Digest, OutgoingBlob>();
  let published: Descriptor | undefined;

  const readIndex = (): ImageIndex | undefined => {
    const bytes = readFileOf(indexPath, MAX_DOCUMENT_BYTES);
    return bytes && parseLayoutIndex(bytes, indexPath);
  };
  const entryToRead = (): Pick<Descriptor, 'digest' | 'mediaType'> | undefined => {
    if (wanted !== undefined) return { digest: wanted, mediaType: '' };
    const index = readIndex();
    return index && entryOf(index, tag);
  };
  const requireOpen = (signal: AbortSignal): void => {
    if (signal.aborted) throw new TsbuildError('ABORTED', `interrupted at ${name}`, { cause: signal.reason });
  };
  const writeDocument = async (document: PackDocument, signal: AbortSignal): Promise<void> => {
    if (!hasBlob(path, document.descriptor))
      await writeBlob(path, document.descriptor, once(document.bytes), signal);
  };
  const putAgain = async ({ blob }: PackToPublish['layers'][number], signal: AbortSignal): Promise<void> => {
    if (hasBlob(path, blob)) return;
    const known = put.get(blob.digest);
    if (!known) throw new TsbuildError('CACHE_UNAVAILABLE', `${name}: the layer ${blob.digest} is gone`);
    await writeBlob(path, blob, known.open(signal), signal);
  };
  const publishLocked = async (
    pack: PackToPublish,
    seen: string | undefined,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const index = readIndex() ?? EMPTY_INDEX;
    if (entryOf(index, tag)?.digest !== seen) return false;
    for (const layer of pack.layers) await putAgain(layer, signal);
    const { manifest, config, records } = packDocuments(pack);
    for (const document of [records, config, manifest]) await writeDocument(document, signal);
    const next = withEntry(index, tag, manifest.descriptor);
    writeDurably(indexPath, JSON.stringify(next), path);
    published = manifest.descriptor;
    const needed = neededBlobs(next, (one) => readBlobOf(path, one, MAX_DOCUMENT_BYTES));
    if (needed) removeOthers(path, needed);
    return true;
  };

  return {
    name,
    isAtomic: true,
    manifest: () => published,
    async read(signal) {
      requireOpen(signal);
      const entry = entryToRead();
      return entry ? readFound(entry, signal) : { kind: 'nothing' };
    },
    openBlob: ({ digest: blob }, signal) => streamBlob(path, blob, signal),
    async putBlob(blob, signal) {
      requireOpen(signal);
      requireWritable();
      put.set(blob.descriptor.digest, blob);
      prepareLayout(path);
      if (!(await hasIntactBlob(path, blob.descriptor, signal)))
        await writeBlob(path, blob.descriptor, blob.open(signal), signal);
    },
    async publish(pack, seen, signal) {
      requireOpen(signal);
      requireWritable();
      prepareLayout(path);
      try {
        // The lock that BuildKit takes for the same file (client/ociindex).
        return await withLock(`${indexPath}.lock`, { signal }, () => publishLocked(pack, seen, signal));
      } catch (error) {
        throw placeError(error, 'write', indexPath);
      }
    },
  };

  function requireWritable(): void {
    if (wanted !== undefined)
      throw new TsbuildError('OPTION_INVALID', `a cache cannot be written to a digest: ${name}`, {
        hint: 'leave digest out, or give a tag',
      });
  }

  async function readFound(
    { digest: revision, mediaType }: Pick<Descriptor, 'digest' | 'mediaType'>,
    signal: AbortSignal,
  ): Promise<FoundPack> {
    const bytes = readBlobOf(path, revision, MAX_DOCUMENT_BYTES);
    // It may have been that of an image, which no cache replaces.
    if (!bytes)
      throw new TsbuildError('CACHE_INVALID', `${name}: its manifest is gone: ${revision}`, {
        hint: 'delete the folder, or give the cache another tag',
      });
    const found = readPackManifest(bytes, isVague(mediaType) ? '' : mediaType, name);
    if (found.kind === 'other') return { ...found, revision };
    const { records, signature } = found;
    return orDamaged(revision, async () => {
      if (!hasBlob(path, records))
        throw new TsbuildError('CACHE_INVALID', `${name}: its records are gone: ${records.digest}`);
      const packed = await readPacked(records, streamBlob(path, records.digest, signal), name);
      return { kind: 'pack', bytes: packed, revision, ...(signature === undefined ? {} : { signature }) };
    });
  }
}

function digestOption(text: string): Digest {
  try {
    return parseDigest(text, 'digest');
  } catch (error) {
    throw new TsbuildError('OPTION_INVALID', `digest=${text.slice(0, 100)}: not a sha256 digest`, {
      cause: error,
    });
  }
}

/** An entry of another tool may say less than its manifest. */
function isVague(mediaType: string): boolean {
  return mediaType !== MEDIA.ociManifest && mediaType !== MEDIA.ociIndex;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
