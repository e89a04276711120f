// The options of `du` and `prune`.
import type { OptionSpec } from '../option-spec.js';

export const STORAGE_OPTIONS = [] as const satisfies readonly OptionSpec[];
