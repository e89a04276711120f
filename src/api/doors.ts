// The public functions besides `build`, `check` and `doctor`, each loaded when it is first called.
import type { load as Load } from './load.js';
import type { save as Save } from './save.js';

export const load: typeof Load = async (...args) => (await import('./load.js')).load(...args);
export const save: typeof Save = async (...args) => (await import('./save.js')).save(...args);
