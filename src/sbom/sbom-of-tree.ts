// An SPDX document of an image, from the metadata that package managers leave in its tree. Nothing of the image is run,
// and only the files that hold metadata are read.
import { fromUtf8, type ByteString } from '../core/bytes.js';
import type { Digest, DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { tracePath } from '../layer/resolve-path.js';
import type { TreeView } from '../layer/tree-view.js';
import { findMetadata } from './find-metadata.js';
import type { FoundPackage } from './found-package.js';
import { parseOsRelease } from './parse-os-release.js';
import { isRead, readPackages } from './read-packages.js';
import { spdxOf, type LocatedPackage } from './spdx-document.js';
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
export async function sbomOfTree(input: SbomInput): Promise<SpdxDocument> {
  const { view, image, signal } = input;
  const files = await findMetadata(view, signal);
  const osRelease = osReleasePath(view);
  const read = files.flatMap(({ kind, path }) => (isRead(kind) ? [path] : []));
  await input.bringContent(osRelease === undefined ? read : [...read, osRelease]);
  const { packages, notes } = await readPackages(view, files, signal);
  const document = spdxOf({
    image,
    created: input.created,
    version: input.version,
    packages: located(view, packages, image.layers),
    distribution:
      osRelease === undefined ? undefined : parseOsRelease(view.read(osRelease, OS_RELEASE_BYTES)),
    notes,
  });
  refuseLarge(document);
  return document;
}

/** What readers of attestations take (BuildKit, util/imagetools). */
const MAX_BYTES = 40 * 1024 ** 2;

function refuseLarge(document: SpdxDocument): void {
  const bytes = Buffer.byteLength(JSON.stringify(document));
  if (bytes <= MAX_BYTES) return;
  const size = Math.ceil(bytes / 1024 ** 2);
  throw new TsbuildError(
    'OUTPUT_FAILED',
    `the SBOM of ${document.packages.length - 1} packages has ${size} MiB, and readers take at most 40 MiB`,
    { hint: 'build without --sbom, or leave packages out of the image that it does not need' },
  );
}

const OS_RELEASE_BYTES = 64 * 1024;

/** /usr/lib/os-release is where it is when /etc has none (os-release(5)). */
function osReleasePath(view: TreeView): ByteString | undefined {
  for (const place of ['etc/os-release', 'usr/lib/os-release']) {
    const trace = tracePath(view, fromUtf8(place), { followLast: true });
    const node = trace.kind === 'path' ? view.get(trace.path) : undefined;
    if (trace.kind === 'path' && node?.type === 'file' && node.size <= OS_RELEASE_BYTES) return trace.path;
  }
  return undefined;
}

function located(
  view: TreeView,
  packages: readonly FoundPackage[],
  layers: SbomInput['image']['layers'],
): LocatedPackage[] {
  const digests = new Map(layers.map(({ diffId, digest }) => [diffId, digest]));
  return packages.map((found) => {
    const content = view.get(found.path)?.content;
    const layer = content?.kind === 'layer' ? digests.get(content.diffId) : undefined;
    return { ...found, layer };
  });
}
