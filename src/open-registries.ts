// The ways to registries, opened when they are asked for: one transport, one set of credentials, a client that reads
// and a writer.
import type { CredentialStore } from './registry/credentials.js';
import type { RegistryClient } from './registry/client.js';
import type { RegistryOptions } from './registry/registry-options.js';
import type { Transport } from './registry/transport.js';
import type { RegistryWriter } from './registry/writer.js';

export interface RegistriesOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Seconds since the epoch. */
  now(): number;
  /** Gets a sentence for the user. */
  note(message: string): void;
}

/** What every client is made with; each is made once. */
interface Access extends RegistriesOptions {
  options(): Promise<RegistryOptions>;
  credentials(): Promise<CredentialStore>;
  transport(): Promise<Transport>;
}

export interface Registries extends Pick<Access, 'transport'> {
  client(): Promise<RegistryClient>;
  /** Asks no mirror, as a writer does: for names that are written too. */
  directClient(): Promise<RegistryClient>;
  writer(): Promise<RegistryWriter>;
  /** When nothing of it is in use. */
  close(): Promise<void>;
}

/** Reads no file and loads no module before something is asked for. */
export function createRegistries({ env, now, note }: RegistriesOptions): Registries {
  let options: Promise<RegistryOptions> | undefined;
  let credentials: Promise<CredentialStore> | undefined;
  let transport: Promise<Transport> | undefined;
  let client: Promise<RegistryClient> | undefined;
  let direct: Promise<RegistryClient> | undefined;
  let writer: Promise<RegistryWriter> | undefined;
  const access: Access = {
    env,
    now,
    note,
    options: () => (options ??= readOptions(env)),
    credentials: () => (credentials ??= openCredentials(access)),
    transport: () => (transport ??= openTransport(access)),
  };
  return {
    transport: access.transport,
    client: () => (client ??= openClient(access)),
    directClient: () => (direct ??= openDirectClient(access)),
    writer: () => (writer ??= openWriter(access)),
    // Who asked for it was told why it could not be opened.
    close: async () => (await transport?.catch(() => undefined))?.dispose(),
  };
}

async function readOptions(env: NodeJS.ProcessEnv): Promise<RegistryOptions> {
  return (await import('./registry/read-registry-options.js')).readRegistryOptions(env);
}

async function openCredentials({ env, note }: Access): Promise<CredentialStore> {
  const { createCredentialStore } = await import('./registry/credentials.js');
  return createCredentialStore(env, { note, uid: process.getuid?.() });
}

async function openTransport({ env, now, note, options }: Access): Promise<Transport> {
  const [{ createTransport }, { insecureHosts }] = await Promise.all([
    import('./registry/transport.js'),
    options(),
  ]);
  const onSilence = (host: string) => note(`${host} has not answered for some seconds; still waiting`);
  return createTransport({ now, env, insecureHosts, onSilence });
}

async function openClient({ now, options, credentials, transport }: Access): Promise<RegistryClient> {
  const { createRegistryClient } = await import('./registry/client.js');
  return createRegistryClient({
    ...(await options()),
    transport: await transport(),
    credentials: await credentials(),
    now,
  });
}

/** Neither mirrors nor locations of registries.conf count. */
function openDirectClient({ options, ...access }: Access): Promise<RegistryClient> {
  return openClient({
    ...access,
    options: async () => ({ mirrors: [], insecureHosts: (await options()).insecureHosts }),
  });
}

async function openWriter({
  env,
  now,
  note,
  options,
  credentials,
  transport,
}: Access): Promise<RegistryWriter> {
  const [{ createRegistryWriter }, { parsePushOptions }] = await Promise.all([
    import('./registry/push/registry-writer.js'),
    import('./registry/push/push-options.js'),
  ]);
  return createRegistryWriter({
    ...(await options()),
    ...parsePushOptions(env),
    transport: await transport(),
    credentials: await credentials(),
    now,
    note,
  });
}
