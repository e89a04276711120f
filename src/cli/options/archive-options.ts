// The options of `save` and `load`.
import type { OptionSpec } from '../option-spec.js';

export const ARCHIVE_OPTIONS = [] as const satisfies readonly OptionSpec[];
