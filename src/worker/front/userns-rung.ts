// The rung `userns`: the worker's namespace has the invoking user as id 0 and subordinate ids above.
import { writeIdMaps } from './id-maps.js';
import type { Rung } from './rung.js';
import { findUnshare, namespaceError, WORKER_NAMESPACES } from './unshare.js';

export const usernsRung: Rung = {
  name: 'userns',
  description: 'all namespaces, subordinate ids',
  isCleanedByKernel: true,
  command: () => [findUnshare(), ...WORKER_NAMESPACES],
  prepare: writeIdMaps,
  explain: namespaceError,
};
