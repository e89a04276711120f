// The options of the commands for images in the store: `images`, `rmi`, `tag`, `inspect`, `history`.
import type { OptionSpec } from '../option-spec.js';

export const IMAGE_OPTIONS = [] as const satisfies readonly OptionSpec[];
