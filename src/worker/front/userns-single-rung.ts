// The rung `userns-single`: the worker's namespace has the invoking user as id 0 and no other id. What a step does with
// owners, devices and ids is caught, answered and recorded by a supervisor (notify/), so that layers come out as on
// rung `userns`.
import { writeSingleIdMap } from './id-maps.js';
import type { Rung } from './rung.js';
import { findUnshare, namespaceError, WORKER_NAMESPACES } from './unshare.js';

export const usernsSingleRung: Rung = {
  name: 'userns-single',
  description: 'all namespaces, one user id, owners recorded',
  isCleanedByKernel: true,
  command: () => [findUnshare(), ...WORKER_NAMESPACES],
  prepare: writeSingleIdMap,
  explain: namespaceError,
};
