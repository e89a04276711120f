// A registry client over a real transport, for tests: no environment, no waiting between attempts, silence noticed
// early.
import type { ExecutionContext } from 'ava';
import { createCredentialStore } from '../../src/registry/credentials.js';
import { createRegistryClient, type RegistryClient } from '../../src/registry/client.js';
import { parseRegistryOptions } from '../../src/registry/registry-options.js';
import { createTransport, type Transport, type TransportOptions } from '../../src/registry/transport.js';

export interface TestClient {
  readonly client: RegistryClient;
  readonly transport: Transport;
  /** Milliseconds the transport would have waited between attempts. */
  readonly pauses: number[];
}

export interface TestClientOptions {
  /** TSBUILD_* and the variables that lead to credentials. */
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: () => number;
  readonly transport?: Partial<TransportOptions>;
}

/** A transport that does not wait between attempts; disposed of with the test. */
export function makeTransport(
  t: ExecutionContext,
  options: Partial<TransportOptions> = {},
): { transport: Transport; pauses: number[] } {
  const pauses: number[] = [];
  const transport = createTransport({
    now: () => 1_000_000,
    env: {},
    certificateFolders: [],
    proxyFor: () => '',
    idleTimeoutMs: 5000,
    ...options,
    retry: { sleep: async (milliseconds) => void pauses.push(milliseconds), ...options.retry },
  });
  t.teardown(() => transport.dispose());
  return { transport, pauses };
}

export function makeClient(
  t: ExecutionContext,
  { env = {}, now = () => 1_000_000, ...rest }: TestClientOptions = {},
): TestClient {
  const options = parseRegistryOptions(env);
  const { transport, pauses } = makeTransport(t, {
    insecureHosts: options.insecureHosts,
    now,
    ...rest.transport,
  });
  const client = createRegistryClient({
    transport,
    credentials: createCredentialStore(env),
    now,
    ...options,
  });
  return { client, transport, pauses };
}

/** The whole of a stream. */
export async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
