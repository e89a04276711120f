// Where the scripted sandbox and registry take the place of the real ones.
import { buildWith, type BuildOptions } from '../../src/build.js';
import type { BuildRequest, BuildResult } from '../../src/plan/request.js';
import type { RegistryClient } from '../../src/registry/client.js';
import { createServices } from '../../src/services.js';
import type { BuildSandbox } from '../../src/worker/front/ladder.js';
import { openScriptedSandbox, type SandboxScript } from './scripted-sandbox.js';

export function buildScripted(
  { sandbox, registry }: { readonly sandbox: SandboxScript; readonly registry: RegistryClient },
  request: BuildRequest,
  options: BuildOptions,
): Promise<BuildResult> {
  const openServices: typeof createServices = (given) => {
    let opened: Promise<BuildSandbox> | undefined;
    const { store } = given;
    const onNote = (message: string) => given.emit({ kind: 'note', message });
    const open = () => (opened ??= openScriptedSandbox(sandbox, { store, onNote }));
    return {
      ...createServices(given),
      registry: async () => registry,
      sandbox: open,
      prepareSandbox: () => void open().catch(() => undefined),
      endSandbox: async () => undefined,
    };
  };
  return buildWith(openServices, request, options);
}
