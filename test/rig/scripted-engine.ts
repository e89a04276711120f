// An engine whose sandbox and registry are scripted; its store, its limits and its clock are the real ones.
import { openEngine, type Engine } from '../../src/engine.js';
import type { RegistryClient } from '../../src/registry/client.js';
import type { RegistryWriter } from '../../src/registry/writer.js';
import { now } from '../../src/clock.js';
import { openScriptedSandbox, type SandboxScript } from './scripted-sandbox.js';

export function openScriptedEngine(
  env: NodeJS.ProcessEnv,
  {
    sandbox,
    registry,
    writer,
  }: {
    readonly sandbox: SandboxScript;
    readonly registry: RegistryClient;
    readonly writer: RegistryWriter;
  },
): Engine {
  const engine = openEngine({ env, emit: () => undefined, now });
  const { store } = engine;
  return {
    ...engine,
    registry: async () => registry,
    writer: async () => writer,
    // Its processes are of every architecture.
    emulators: async () => ({ find: sandbox.findWays }),
    openSandbox: ({ onNote }) => openScriptedSandbox(sandbox, { store, onNote }),
  };
}
