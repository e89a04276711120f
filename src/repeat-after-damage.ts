// A build that finds something damaged in the store deletes it and fails; done once more it fetches that, or makes it again.
import type { EventSink } from './core/events.js';
import type { BuildRequest, OutputRequest } from './plan/request.js';
import { createDamage, type Damage } from './store/damage.js';

/** @throws what the second attempt throws, or the first when there is none: what is read or written only once cannot be had again */
export async function repeatAfterDamage<T>(
  request: BuildRequest,
  { onEvent, signal }: { readonly onEvent?: EventSink; readonly signal?: AbortSignal },
  build: (damage: Damage) => Promise<T>,
): Promise<T> {
  const damage = createDamage();
  try {
    return await build(damage);
  } catch (error) {
    if (damage.found.length === 0 || signal?.aborted || isOnceOnly(request)) throw error;
    const what = [...new Set(damage.found)].join(', ');
    onEvent?.({ kind: 'note', message: `${what}: damaged in the store, and deleted; the build begins anew` });
    return build(createDamage());
  }
}

function isOnceOnly({ context, dockerfile, outputs = [] }: BuildRequest): boolean {
  return context === '-' || dockerfile === '-' || outputs.some(isStandardOutput);
}

function isStandardOutput(output: OutputRequest): boolean {
  switch (output.type) {
    case 'oci':
    case 'docker':
      return output.dest === undefined || output.dest === '-';
    case 'tar':
      return output.dest === '-';
    default:
      return false;
  }
}
