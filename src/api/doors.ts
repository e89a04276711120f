// The public functions besides `build`, `check` and `doctor`, each loaded when it is first called.
import type { createManifest as CreateManifest } from './create-manifest.js';
import type { inspectManifest as InspectManifest } from './inspect-manifest.js';

export const createManifest: typeof CreateManifest = async (...args) =>
  (await import('./create-manifest.js')).createManifest(...args);
export const inspectManifest: typeof InspectManifest = async (...args) =>
  (await import('./inspect-manifest.js')).inspectManifest(...args);
