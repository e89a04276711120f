// The files of an image archive by their names there, wherever their bytes lie: a tar on disk, files that a stream was
// taken apart into, a directory. Nothing is ever written by such a name.
import type { Digest } from '../../core/digest.js';
import { errnoWords } from '../../core/errno.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { LayerSource } from '../layer.js';

export interface ArchiveFile {
  /** Bytes. */
  readonly size: number;
  /** The bytes from the start, each time; pieces of at most 1 MiB. @throws TsbuildError ARCHIVE_INVALID, ABORTED */
  open(): AsyncIterable<Buffer>;
  /** Host path of a file in tmp/ that holds these bytes alone, and may be moved away. */
  readonly temporary?: string;
}

/** A file of the archive that is a layer, and the name of it for messages. */
export interface ArchiveBlob {
  readonly path: string;
  readonly file: ArchiveFile;
}

/** The layers of an image by their digest. */
export type ArchiveBlobs = ReadonlyMap<Digest, ArchiveBlob>;

export interface ArchiveFiles {
  /** For messages: the path that the user gave, or `standard input`. */
  readonly name: string;
  /**
   * The file of that name, links followed inside of the archive. Undefined when there is none.
   * @throws TsbuildError ARCHIVE_INVALID for links that lead nowhere or in a circle, and for what is no file
   */
  find(path: string): ArchiveFile | undefined;
  /** Removes what was made to read it. */
  close(): void;
}

const DAMAGED = 'the archive is damaged or was made by no tool for images: write it again';

const WHAT_TO_NAME = 'name an archive or a directory that docker, podman, skopeo or tsbuild wrote';

/** @param entry name of the entry that is at fault; absent when it is the whole archive */
export function archiveInvalid(
  archive: string,
  entry: string | undefined,
  why: string,
  { hint = DAMAGED, cause }: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
): TsbuildError {
  const place = entry === undefined ? archive : `${archive}: ${entry}`;
  return new TsbuildError('ARCHIVE_INVALID', `${place}: ${why}`, { hint, cause });
}

/** What a reader of layers or documents found wrong with an entry, as ARCHIVE_INVALID. Other errors pass. */
export function ofArchive(error: unknown, archive: string, entry?: string): unknown {
  if (!(error instanceof TsbuildError)) {
    const words = errnoWords(error);
    if (words === undefined) return error;
    return archiveInvalid(archive, entry, `cannot read it: ${words}`, { hint: WHAT_TO_NAME, cause: error });
  }
  if (!CONTENT_CODES.has(error.code)) return error;
  // Limits say themselves how they are lifted.
  const hint = error.code === 'LAYER_LIMIT' ? error.hint : DAMAGED;
  return archiveInvalid(archive, entry, error.message, { hint, cause: error });
}

const CONTENT_CODES: ReadonlySet<string> = new Set([
  'LAYER_INVALID',
  'LAYER_UNSAFE',
  'LAYER_LIMIT',
  'REGISTRY_PROTOCOL',
  'REGISTRY_DIGEST_MISMATCH',
  'IMAGE_INVALID',
]);

/** As for documents of registries. */
const MAX_DOCUMENT_BYTES = 8 << 20;

/** All of a small file. Undefined when there is none. @throws TsbuildError ARCHIVE_INVALID, ABORTED */
export async function readDocument(files: ArchiveFiles, path: string): Promise<Buffer | undefined> {
  const file = files.find(path);
  if (!file) return undefined;
  if (file.size > MAX_DOCUMENT_BYTES)
    throw archiveInvalid(files.name, path, `${file.size} bytes are too many for a document`);
  const chunks: Buffer[] = [];
  for await (const chunk of file.open()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The same for what another document names. @throws TsbuildError ARCHIVE_INVALID, ABORTED */
export async function requireDocument(files: ArchiveFiles, path: string, by: string): Promise<Buffer> {
  const bytes = await readDocument(files, path);
  if (bytes) return bytes;
  throw missingFile(files, path, by);
}

export function missingFile(files: ArchiveFiles, path: string, by: string): TsbuildError {
  return archiveInvalid(files.name, path, `it is named by ${by} and is not in the archive`, {
    hint: 'the archive was cut short, or layers were left out of it: write it again',
  });
}

/** The archive as the medium of these layers. */
export function archiveSource({ name }: ArchiveFiles, blobs: ArchiveBlobs): LayerSource {
  return {
    name,
    async *open({ digest }) {
      const blob = blobs.get(digest);
      invariant(blob, 'only layers of the image are asked for');
      yield* blob.file.open();
    },
  };
}
