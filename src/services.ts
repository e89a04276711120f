// Services of a build that start on first use and are ended with it.
import type { EventSink } from './core/events.js';
import type { Sandbox } from './builder/sandbox/sandbox.js';
import type { Transport } from './registry/transport.js';
import type { RegistryClient } from './registry/client.js';
import type { Store } from './store/store.js';

export interface ServiceOptions {
  readonly store: Store;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  now(): number;
  readonly emit: EventSink;
}

export interface Services {
  registry(): Promise<RegistryClient>;
  sandbox(): Promise<Sandbox>;
  dispose(): Promise<void>;
}

/** Nothing is loaded before it is asked for: a build that is all cache hits pays for none of it. */
export function createServices(options: ServiceOptions): Services {
  let transport: Transport | undefined;
  let client: Promise<RegistryClient> | undefined;
  let sandbox: Promise<Sandbox> | undefined;
  const openRegistry = async () => {
    const [{ createTransport }, { createRegistryClient }, { createCredentialStore }, { parseRegistryOptions }] = await Promise.all([
      import('./registry/transport.js'),
      import('./registry/client.js'),
      import('./registry/credentials.js'),
      import('./registry/registry-options.js'),
    ]);
    const registryOptions = parseRegistryOptions(options.env);
    transport = createTransport({ now: options.now, env: options.env, insecureHosts: registryOptions.insecureHosts });
    return createRegistryClient({ ...registryOptions, transport, credentials: createCredentialStore(options.env), now: options.now });
  };
  const openSandbox = async () => {
    const { openUsernsSandbox } = await import('./builder/sandbox/userns-sandbox.js');
    const opened = await openUsernsSandbox({ paths: options.store.paths, signal: options.signal });
    options.emit({ kind: 'note', message: `RUN uses isolation ${opened.rung}` });
    return opened;
  };
  return {
    registry: () => (client ??= openRegistry()),
    sandbox: () => (sandbox ??= openSandbox()),
    async dispose() {
      await sandbox?.then(
        (opened) => opened.dispose(),
        () => undefined,
      );
      transport?.dispose();
    },
  };
}
