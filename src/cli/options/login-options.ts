// The options of `login` and `logout`.
import type { OptionSpec } from '../option-spec.js';

export const LOGIN_OPTIONS = [] as const satisfies readonly OptionSpec[];
