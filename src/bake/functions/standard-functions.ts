// The functions that a bake file may call. `try`, `can` and `convert`, which look at their arguments themselves, are
// the evaluator's.
import type { HclFunction } from '../hcl/evaluate.js';
import { argumentsOf, refuse } from './arguments.js';
import { COLLECTION_FUNCTIONS } from './collections.js';
import { ENCODING_FUNCTIONS } from './encoding.js';
import { NUMBER_FUNCTIONS } from './numbers.js';
import { TEXT_FUNCTIONS } from './text.js';
import { timeFunctions } from './time.js';

export interface FunctionSurroundings {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Of the user. */
  readonly home: string;
}

/** Those of buildx that no bake file in use calls. */
const LEFT_OUT = [
  'bcrypt',
  'bytesslice',
  'cidrhost',
  'cidrnetmask',
  'cidrsubnet',
  'cidrsubnets',
  'rsadecrypt',
  'semvercmp',
  'unixtimestampparse',
];

export function standardFunctions({ now, home }: FunctionSurroundings): ReadonlyMap<string, HclFunction> {
  const missing = LEFT_OUT.map(
    (name) => [name, () => refuse('this function of buildx is not supported')] as const,
  );
  return new Map<string, HclFunction>([
    ...missing,
    ...Object.entries(TEXT_FUNCTIONS),
    ...Object.entries(NUMBER_FUNCTIONS),
    ...Object.entries(COLLECTION_FUNCTIONS),
    ...Object.entries(ENCODING_FUNCTIONS),
    ...Object.entries(timeFunctions(now)),
    [
      'homedir',
      (...args) => {
        argumentsOf(args, 0);
        return home;
      },
    ],
  ]);
}
