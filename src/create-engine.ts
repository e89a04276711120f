// The public functions with options that hold for every call.
import * as containers from './api/container-doors.js';
import * as doors from './api/doors.js';
import type { BuildOptions } from './build-options.js';
import { build } from './build.js';
import { check } from './check.js';
import { joinOptions } from './join-options.js';

const FUNCTIONS = { build, check, ...doors, ...containers };

/** The functions of this package, under their names. */
export type TsbuildEngine = Readonly<typeof FUNCTIONS>;

/**
 * Gives the functions of this package `defaults` as their options; what a call says itself comes first. It holds
 * nothing open, so it need not be closed.
 */
export function createEngine(defaults: BuildOptions = {}): TsbuildEngine {
  const bound = Object.entries(FUNCTIONS).map(([name, fn]) => [name, withDefaults(name, fn, defaults)]);
  return Object.freeze(Object.fromEntries(bound) as TsbuildEngine);
}

type AnyFunction = (...args: never[]) => unknown;

/** Options are the last argument; those before it are the request. */
function withDefaults(name: string, fn: AnyFunction, defaults: BuildOptions): AnyFunction {
  const requests = name === 'tag' ? 2 : 1;
  return (...args: unknown[]) => {
    const request = Array.from({ length: requests }, (_, i) => args[i]);
    const options = args[requests] as BuildOptions | undefined;
    return fn(...([...request, joinOptions(defaults, options ?? {})] as never[]));
  };
}
