// Makes sure that uncompressed layers of the store are what their diff ids say, for an output that is written file by
// file.
import type { Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { TreeNode } from '../layer/entry.js';
import type { Store } from '../store/store.js';
import type { Layer } from './layer.js';

export interface Checking {
  readonly store: Store;
  readonly signal: AbortSignal;
}

/**
 * Of the layers that hold the contents of these nodes.
 * @throws TsbuildError STORE_CORRUPT, ABORTED; the layer is deleted then
 */
export async function verifyTars(checking: Checking, nodes: Iterable<TreeNode>): Promise<void> {
  const diffIds = new Set<Digest>();
  for (const { content } of nodes) if (content?.kind === 'layer') diffIds.add(content.diffId);
  for (const diffId of diffIds) await verifyBlob(checking, diffId);
}

/**
 * For a failure that a damaged layer of the chain may have caused: deletes the layers that are.
 * @returns the error to be thrown
 */
export async function explainByDamage(
  checking: Checking,
  layers: readonly Layer[],
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof TsbuildError) || !DAMAGE.has(error.code)) return error;
  const { store } = checking;
  const digests = layers.flatMap(({ diffId, descriptor }) => [diffId, descriptor.digest]);
  let explained: unknown = error;
  for (const digest of new Set<Digest>(digests))
    if (store.hasBlob(digest))
      await verifyBlob(checking, digest).catch((found: unknown) => (explained = found));
  return explained;
}

const DAMAGE: ReadonlySet<string> = new Set([
  'STORE_CORRUPT',
  'LAYER_INVALID',
  'LAYER_UNSAFE',
  'LAYER_LIMIT',
  'REGISTRY_DIGEST_MISMATCH',
]);

async function verifyBlob({ store, signal }: Checking, digest: Digest): Promise<void> {
  const chunks = store.openBlob({ digest }, signal);
  while (!(await chunks.next()).done);
}
