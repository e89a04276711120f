// The public functions with options that hold for every call, and with what the calls can share.
import * as containers from './api/container-doors.js';
import * as doors from './api/doors.js';
import type { BuildOptions } from './build-options.js';
import { build } from './build.js';
import { check } from './check.js';
import { joinOptions } from './join-options.js';
import { createEngineShare, sharing, type EngineShare } from './shared-engine.js';
import { validateOptions } from './validate-arguments.js';

const FUNCTIONS = { build, check, ...doors, ...containers };

/** A member under `Symbol.asyncDispose`, for those whose TypeScript knows it: `await using engine = createEngine()`. */
type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? { readonly [key in Key]: () => Promise<void> }
  : unknown;

/** The functions of this package, under their names. */
export type TsbuildEngine = Readonly<typeof FUNCTIONS> &
  AsyncDisposal & {
    /**
     * Closes the connections to registries when the calls that run have ended; later calls are refused. A process ends
     * without it too.
     */
    readonly close: () => Promise<void>;
  };

/**
 * The functions of this package with `defaults` as their options; what a call says itself comes first. Calls share
 * connections to registries, tokens and credentials, which are read again every ten minutes and after `login`; a layer
 * that several builds at once want is fetched once. Engines share nothing with each other.
 * @throws TsbuildError OPTION_INVALID
 */
export function createEngine(defaults: BuildOptions = {}): TsbuildEngine {
  validateOptions(defaults, 'defaults');
  const share = createEngineShare();
  const own = sharing(defaults, share);
  const running = new Set<Promise<unknown>>();
  const bound = Object.entries(FUNCTIONS).map(([name, fn]) => {
    const call = withDefaults(name, fn, { own, share });
    return [name, (...args: never[]) => following(running, call(...args))];
  });
  const close = async (): Promise<void> => {
    const closed = share.close();
    await Promise.allSettled(running);
    await closed;
  };
  return Object.freeze({
    ...(Object.fromEntries(bound) as typeof FUNCTIONS),
    close,
    [Symbol.asyncDispose]: close,
  }) as TsbuildEngine;
}

type AnyFunction = (...args: never[]) => unknown;

/** Keeps it in the set until it has ended. */
function following<T>(running: Set<Promise<unknown>>, call: Promise<T>): Promise<T> {
  running.add(call);
  const forget = (): void => void running.delete(call);
  call.then(forget, forget);
  return call;
}

/** After them credentials are others. */
const CHANGE_CREDENTIALS: ReadonlySet<string> = new Set(['login', 'logout']);

/** Options are the last argument; those before it are the request. */
function withDefaults(
  name: string,
  fn: AnyFunction,
  { own, share }: { readonly own: BuildOptions; readonly share: EngineShare },
): (...args: never[]) => Promise<unknown> {
  const requests = REQUESTS[name] ?? 1;
  return async (...args: unknown[]) => {
    const request = Array.from({ length: requests }, (_, i) => args[i]);
    const options = args[requests] as BuildOptions | undefined;
    try {
      return await fn(...([...request, joinOptions(own, options ?? {})] as never[]));
    } finally {
      if (CHANGE_CREDENTIALS.has(name)) share.renew();
    }
  };
}

/** Arguments before the options, where it is not one. */
const REQUESTS: Readonly<Record<string, number>> = { tag: 2, builds: 0 };
