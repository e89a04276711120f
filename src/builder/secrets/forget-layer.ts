// A layer with a secret in it is no hit of the cache, and is deleted from the store, with the trees that the sandbox
// made of it.
import type { DiffId } from '../../core/digest.js';
import type { Inspection } from '../../cache/step-cache.js';
import type { BuildTools } from '../build-tools.js';
import type { SecretScan } from './secret-scan.js';

/** What cannot be deleted is told. */
export async function forgetLayer(
  { store, sandbox, emit }: Pick<BuildTools, 'store' | 'sandbox' | 'emit'>,
  diffId: DiffId,
): Promise<void> {
  const { removeLayer } = await import('../../images/remove-layer.js');
  await removeLayer(
    {
      store,
      removeAsRoot: async (paths) => (await sandbox.get()).removeAsRoot(paths),
      note: (message) => emit({ kind: 'note', message }),
    },
    diffId,
  );
}

/** What the cache is asked to refuse. */
export function inspectionBy(
  scan: SecretScan,
  tools: Pick<BuildTools, 'store' | 'sandbox' | 'emit' | 'files'>,
): Inspection {
  return {
    inputs: (inputs, step) => scan.data(inputs, `the definition of ${step}`),
    async bring(layer) {
      await tools.files.index(layer);
      await tools.files.tar(layer);
    },
    layer: (diffId, step) => scan.layer(diffId, step),
    remove: (diffId) => forgetLayer(tools, diffId),
  };
}
