// Bounds on the archive around the layers.
import type { LayerLimits } from '../../layer/limits.js';

/** Three files per layer, a few hundred layers per image, a few hundred images: nobody has more. */
const MAX_FILES = 100_000;

/** An archive may be as large as a layer; its layers are bounded again, each for itself. */
export function archiveLimits(limits: LayerLimits): LayerLimits {
  return { ...limits, maxEntries: Math.min(limits.maxEntries, MAX_FILES) };
}
