// `--progress quiet` and `none`: no progress at all; what `quiet` prints, the image id, is the command's to print.
import type { Renderer } from './renderer.js';

export function createSilentRenderer(): Renderer {
  return {
    onEvent: () => undefined,
    refresh: () => undefined,
    finish: () => undefined,
    refreshMilliseconds: 0,
  };
}
