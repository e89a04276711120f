// An engine whose sandbox and registry are scripted; its store, its limits and its clock are the real ones.
import { openEngine, type Engine } from '../../src/engine.js';
import type { RegistryClient } from '../../src/registry/client.js';
import { now } from '../../src/clock.js';
import { openScriptedSandbox, type SandboxScript } from './scripted-sandbox.js';

export function openScriptedEngine(
  env: NodeJS.ProcessEnv,
  { sandbox, registry }: { readonly sandbox: SandboxScript; readonly registry: RegistryClient },
): Engine {
  const engine = openEngine({ env, emit: () => undefined, now });
  const { store } = engine;
  return {
    ...engine,
    registry: async () => registry,
    openSandbox: ({ onNote }) => openScriptedSandbox(sandbox, { store, onNote }),
  };
}
