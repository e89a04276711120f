// The public functions besides `build`, `check` and `doctor`, each loaded when it is first called.
import type { createManifest as CreateManifest } from './create-manifest.js';
import type { inspectManifest as InspectManifest } from './inspect-manifest.js';

export const createManifest: typeof CreateManifest = async (...args) =>
  (await import('./create-manifest.js')).createManifest(...args);
export const inspectManifest: typeof InspectManifest = async (...args) =>
  (await import('./inspect-manifest.js')).inspectManifest(...args);
// The public functions besides `build`, `check` and `doctor`. Each loads what it needs when it is first called, so that
// a build loads nothing of them.
import type * as History from './history.js';
import type * as Images from './images.js';
import type * as Inspect from './inspect.js';
import type * as Pull from './pull.js';
import type * as RemoveImages from './remove-images.js';
import type * as Tag from './tag.js';

export const images: typeof Images.images = async (...args) => (await import('./images.js')).images(...args);
export const removeImages: typeof RemoveImages.removeImages = async (...args) =>
  (await import('./remove-images.js')).removeImages(...args);
export const tag: typeof Tag.tag = async (...args) => (await import('./tag.js')).tag(...args);
export const inspect: typeof Inspect.inspect = async (...args) =>
  (await import('./inspect.js')).inspect(...args);
export const history: typeof History.history = async (...args) =>
  (await import('./history.js')).history(...args);
export const pull: typeof Pull.pull = async (...args) => (await import('./pull.js')).pull(...args);
