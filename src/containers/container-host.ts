// What everything about containers works with.
import type { Store } from '../store/store.js';
import { containersPaths, type ContainersPaths } from './container-paths.js';

export interface ContainerHost {
  readonly store: Store;
  readonly paths: ContainersPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  now(): number;
  /** One line for the user. */
  note(message: string): void;
}

export function containerHost(
  { store, env, now }: Pick<ContainerHost, 'store' | 'env' | 'now'>,
  { signal, note }: Pick<ContainerHost, 'signal' | 'note'>,
): ContainerHost {
  return { store, paths: containersPaths(store.paths), env, now, signal, note };
}
