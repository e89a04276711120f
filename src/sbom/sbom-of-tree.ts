// An SPDX document of an image, from the metadata that package managers leave in its tree. Nothing of the image is run,
// and only the files that hold metadata are read.
import type { ByteString } from '../core/bytes.js';
import type { Digest, DiffId } from '../core/digest.js';
import type { TreeView } from '../layer/tree-view.js';
import type { SpdxDocument } from './spdx-types.js';

export interface SbomInput {
  /** The tree of the image. */
  readonly view: TreeView;
  /** Makes the contents of the regular files at these paths readable through `view`. */
  readonly bringContent: (paths: readonly ByteString[]) => Promise<void>;
  readonly image: {
    /** As the user calls it, `docker.io/library/app:1`; the document gets it as its name. Absent without a tag. */
    readonly name?: string;
    /** Of the manifest of this platform. */
    readonly manifest: Digest;
    readonly architecture: string;
    /** Bottom first, as config and manifest have them: the digest is of the blob in the manifest. */
    readonly layers: readonly { readonly diffId: DiffId; readonly digest: Digest }[];
  };
  /** RFC 3339. */
  readonly created: string;
  /** Of tsbuild. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * Equal for equal inputs. Call it when the manifest is known: its digest is in the document's namespace. What is found
 * and cannot be read is said in the document's comment, entries of databases that make no sense are left out.
 * @throws TsbuildError OUTPUT_FAILED for a document above 40 MiB, ABORTED, and what `bringContent` throws
 */
export function sbomOfTree(input: SbomInput): Promise<SpdxDocument> {
  return Promise.reject(new Error(`not made yet: ${input.image.manifest}`));
}
