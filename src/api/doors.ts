// The public functions besides `build`, `check` and `doctor`, each loaded when it is first called.
import type { diskUsage as DiskUsage } from './disk-usage.js';
import type { prune as Prune } from './prune.js';

export const diskUsage: typeof DiskUsage = async (...args) =>
  (await import('./disk-usage.js')).diskUsage(...args);
export const prune: typeof Prune = async (...args) => (await import('./prune.js')).prune(...args);
