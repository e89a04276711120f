// The options of `push` and `pull`.
import type { OptionSpec } from '../option-spec.js';

export const TRANSFER_OPTIONS = [] as const satisfies readonly OptionSpec[];
