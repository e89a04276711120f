// The name of a cache mount, in the store and in packs. An id may hold the value of a build argument; its name does
// not.
import { createHash } from 'node:crypto';

/** Hex. `id`: as the sandbox has it, any text. */
export function cacheMountName(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
