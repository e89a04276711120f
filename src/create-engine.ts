// The public functions with options that hold for every call.
import * as containers from './api/container-doors.js';
import * as doors from './api/doors.js';
import type { BuildOptions } from './build-options.js';
import { build } from './build.js';
import { check } from './check.js';

const FUNCTIONS = { build, check, ...doors, ...containers };

/** The functions of this package, under their names. */
export type TsbuildEngine = Readonly<typeof FUNCTIONS>;

/**
 * Gives the functions of this package `defaults` as their options; what a call says itself comes first. It holds
 * nothing open, so it need not be closed.
 */
export function createEngine(defaults: BuildOptions = {}): TsbuildEngine {
  const bound = Object.entries(FUNCTIONS).map(([name, fn]) => [name, withDefaults(fn, defaults)]);
  return Object.freeze(Object.fromEntries(bound) as TsbuildEngine);
}

type AnyFunction = (request: never, options?: BuildOptions) => unknown;

function withDefaults(fn: AnyFunction, defaults: BuildOptions): AnyFunction {
  return (request, options = {}) => fn(request, joined(defaults, options));
}

/** By descriptors: a member may be a getter that opens something when it is read. */
function joined(defaults: BuildOptions, options: BuildOptions): BuildOptions {
  const given = Object.getOwnPropertyDescriptors(options);
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(defaults), ...given });
}
