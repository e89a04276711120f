// What an exporter gets to see of a built image.
import type { Digest, DiffId } from '../core/digest.js';
import type { Descriptor, ImageConfig } from '../oci/types.js';
import type { TreeView } from '../layer/tree-view.js';

export interface ExportLayer {
  readonly diffId: DiffId;
  /** As the store's manifest has it: a base's compressed blob, or the plain tar of a layer made here. */
  readonly descriptor: Descriptor;
  /** Layers of a base keep their bytes in every output. */
  readonly isBase: boolean;
}

export interface ExportImage {
  readonly config: ImageConfig;
  readonly configBytes: Buffer;
  readonly layers: readonly ExportLayer[];
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Path of a blob that lies in the store. */
  blobPath(digest: Digest): string;
  /** Deletes a blob that is not what its digest says. @returns the error to be thrown */
  discardBlob(digest: Digest): Error;
  /** The merged tree, with every file's content at hand and verified. @throws TsbuildError STORE_CORRUPT */
  openTree(): Promise<TreeView>;
}

export interface ExportResult {
  /** The manifest as exported; absent for files. */
  readonly manifest?: Descriptor;
}
