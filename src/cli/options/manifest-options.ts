// The options of `manifest`.
import type { OptionSpec } from '../option-spec.js';

export const MANIFEST_OPTIONS = [] as const satisfies readonly OptionSpec[];
