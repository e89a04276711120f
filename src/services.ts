// Services of a build that start on first use and are ended with it.
import type { EventSink } from './core/events.js';
import type { BuildSandbox } from './worker/front/ladder.js';
import { createRemoteSources } from './context/remote/create-remote-sources.js';
import type { RemoteSources } from './context/remote/remote-sources.js';
import type { SshAgents } from './context/ssh-agent/ssh-agents.js';
import type { BuildSecrets } from './builder/secrets/secrets.js';
import type { BuildRequest } from './plan/request.js';
import type { Transport } from './registry/transport.js';
import type { RegistryClient } from './registry/client.js';
import { isNewNote } from './store/said-notes.js';
import type { Store } from './store/store.js';

export interface ServiceOptions {
  readonly store: Store;
  readonly request: BuildRequest;
  readonly secrets: BuildSecrets;
  readonly ssh: SshAgents;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  now(): number;
  readonly emit: EventSink;
}

export interface Services {
  registry(): Promise<RegistryClient>;
  sandbox(): Promise<BuildSandbox>;
  readonly remote: RemoteSources;
  /** Starts the sandbox, which may turn out not to be needed. Whoever needs it gets the failure. */
  prepareSandbox(): void;
  /** The build is done: what steps needed ends, where the kernel cleans up without being waited for. */
  endSandbox(): Promise<void>;
  /** `signal` is to be aborted first: what still runs is waited for. */
  dispose(): Promise<void>;
}

/** Nothing is loaded before it is asked for: a build that is all cache hits pays for none of it. */
export function createServices(options: ServiceOptions): Services {
  let transport: Promise<Transport> | undefined;
  let client: Promise<RegistryClient> | undefined;
  let sandbox: Promise<BuildSandbox> | undefined;
  /** Else it ends with the signal, without being waited for, and has nothing to say. */
  let isSandboxNeeded = false;
  const sandboxNotes: { readonly message: string; readonly when: 'always' | undefined }[] = [];
  const emitSandboxNotes = () => {
    for (const { message, when } of sandboxNotes.splice(0))
      if (when === 'always' || isNewNote(options.store.paths, message))
        options.emit({ kind: 'note', message });
  };
  const openTransport = async () => {
    const [{ createTransport }, { parseRegistryOptions }] = await Promise.all([
      import('./registry/transport.js'),
      import('./registry/registry-options.js'),
    ]);
    const { insecureHosts } = parseRegistryOptions(options.env);
    const onSilence = (host: string) =>
      options.emit({ kind: 'note', message: `${host} has not answered for some seconds; still waiting` });
    return createTransport({ now: options.now, env: options.env, insecureHosts, onSilence });
  };
  const sharedTransport = () => (transport ??= openTransport());
  const openRegistry = async () => {
    const [{ createRegistryClient }, { createCredentialStore }, { parseRegistryOptions }] = await Promise.all(
      [
        import('./registry/client.js'),
        import('./registry/credentials.js'),
        import('./registry/registry-options.js'),
      ],
    );
    return createRegistryClient({
      ...parseRegistryOptions(options.env),
      transport: await sharedTransport(),
      credentials: createCredentialStore(options.env),
      now: options.now,
    });
  };
  const openSandbox = async () => {
    const [{ openSandbox: open }, { parseRootfsName }] = await Promise.all([
      import('./worker/front/ladder.js'),
      import('./sandbox/sandbox-settings.js'),
    ]);
    // The worker writes to tmp/ too.
    options.store.temporaries.hold();
    return open({
      isolation: options.request.isolation ?? 'auto',
      request: options.request,
      paths: options.store.paths,
      rootfs: parseRootfsName(options.env['TSBUILD_ROOTFS']),
      signal: options.signal,
      onNote(message, when) {
        sandboxNotes.push({ message, when });
        if (isSandboxNeeded) emitSandboxNotes();
      },
    });
  };
  const startSandbox = () => (sandbox ??= openSandbox());
  const remote = createRemoteSources({ ...options, transport: sharedTransport });
  return {
    remote,
    registry: () => (client ??= openRegistry()),
    sandbox() {
      isSandboxNeeded = true;
      emitSandboxNotes();
      return startSandbox();
    },
    prepareSandbox: () => void startSandbox().catch(() => undefined),
    async endSandbox() {
      if (!isSandboxNeeded) return;
      const opened = await sandbox?.catch(() => undefined);
      // A worker that is gone, or must be waited for, is disposed of at the end.
      if (await opened?.release().catch(() => false)) sandbox = undefined;
    },
    async dispose() {
      await sandbox?.then(
        (opened) => opened.dispose(),
        () => undefined,
      );
      await remote.dispose();
      await transport?.then(
        (opened) => opened.dispose(),
        () => undefined,
      );
    },
  };
}
