// A build that finds something damaged in the store deletes it and fails; done once more it fetches that, or makes it
// again.
import type { EventSink } from './core/events.js';
import type { BuildRequest, OutputRequest } from './plan/request.js';
import type { Damage } from './store/damage.js';

export interface Attempt {
  readonly request: BuildRequest;
  readonly options: { readonly onEvent?: EventSink; readonly signal?: AbortSignal };
}

/**
 * @throws what the second attempt throws, or the first when there is none: what is read or written only once cannot be
 * had again
 */
export async function repeatAfterDamage<T>(
  damage: Damage,
  { request, options: { onEvent, signal } }: Attempt,
  build: () => Promise<T>,
): Promise<T> {
  const before = damage.found.length;
  try {
    return await build();
  } catch (error) {
    const found = new Set(damage.found.slice(before));
    if (found.size === 0 || signal?.aborted || isOnceOnly(request)) throw error;
    const what = [...found].join(', ');
    onEvent?.({ kind: 'note', message: `${what}: damaged in the store, and deleted; the build begins anew` });
    return build();
  }
}

/** What a second attempt could not read, or would write a second time. */
export function isOnceOnly({ context, dockerfile, outputs = [] }: BuildRequest): boolean {
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
