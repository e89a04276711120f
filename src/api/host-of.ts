// What the functions about containers work with, of an open engine.
import { containerHost, type ContainerHost } from '../containers/container-host.js';
import type { OpenCommand } from './on-engine.js';

export function hostOf({ engine, signal, emit }: OpenCommand): ContainerHost {
  return containerHost(engine, { signal, note: (message) => emit({ kind: 'note', message }) });
}
