// Deletes a layer that must not stay: its blob, compressed forms, index and trees. A layer of a named image stays,
// since that image would no longer be whole. Records that name it are misses then.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf, type DiffId } from '../core/digest.js';
import { namedImages } from '../store/image-names.js';
import type { ImageManifest } from '../oci/types.js';
import { imageEntries } from './stored-entries.js';
import type { Store } from '../store/store.js';

export interface RemoveOptions {
  readonly store: Store;
  /** Deletes what belongs to ids that only the namespace of the sandbox may delete. */
  removeAsRoot(paths: readonly string[]): Promise<void>;
  /** Is told what cannot be deleted. */
  note(message: string): void;
}

export async function removeLayer(options: RemoveOptions, diffId: DiffId): Promise<void> {
  const { store } = options;
  if (isNamed(store, diffId)) return;
  store.removeLayer(diffId);
  for (const folder of TREES) await removeTree(options, join(store.paths.local, folder, hexOf(diffId)));
}

async function removeTree({ removeAsRoot, note }: RemoveOptions, tree: string): Promise<void> {
  if (!existsSync(tree)) return;
  try {
    rmSync(tree, { recursive: true });
  } catch {
    // Not ours to delete: the namespace says what is wrong otherwise.
    await removeAsRoot([tree]).catch((error: unknown) =>
      note(`cannot delete ${tree}, which holds the value of a secret: ${String(error)}`),
    );
  }
}

/** Unpacked layers of each kind of isolation. */
const TREES = ['trees', 'trees-recorded', 'trees-plain'] as const;

function isNamed(store: Store, diffId: DiffId): boolean {
  const manifests = namedImages(store.paths).flatMap((descriptor) => imageEntries(store, descriptor));
  return manifests.some(({ digest }) => {
    const bytes = store.readSmallBlob(digest);
    const manifest = bytes && (JSON.parse(bytes.toString('utf8')) as ImageManifest);
    return manifest?.layers.some((layer) => layer.digest === diffId) === true;
  });
}
