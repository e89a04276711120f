// A layer with a secret in it is deleted from the store, with the trees that the sandbox made of it.
import type { DiffId } from '../../core/digest.js';
import type { BuildTools } from '../build-tools.js';

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
