// A registry writer over a real transport, for tests: no environment, a clock that tests set, no waiting between
// attempts; and small images to push with it.
import type { ExecutionContext } from 'ava';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type Digest } from '../../src/core/digest.js';
import { parseReference, type Reference } from '../../src/oci/reference.js';
import { MEDIA, type Descriptor } from '../../src/oci/types.js';
import { createCredentialStore } from '../../src/registry/credentials.js';
import type { HostRules } from '../../src/registry/push/host-rules.js';
import { createRegistryWriter } from '../../src/registry/push/registry-writer.js';
import { parseRegistryOptions } from '../../src/registry/registry-options.js';
import type { TransportOptions } from '../../src/registry/transport.js';
import type { BlobOutcome, OutgoingBlob, RegistryWriter } from '../../src/registry/writer.js';
import { descriptorOf } from './fake-image.js';
import { makeTransport } from './registry-client.js';

export interface TestWriter {
  readonly writer: RegistryWriter;
  /** Milliseconds that were to be waited between attempts. */
  readonly pauses: number[];
  readonly notes: string[];
}

export interface TestWriterOptions {
  /** TSBUILD_* and the variables that lead to credentials. */
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: () => number;
  readonly rules?: HostRules;
  readonly chunkBytes?: number;
  readonly transport?: Partial<TransportOptions>;
}

export function makeWriter(t: ExecutionContext, options: TestWriterOptions = {}): TestWriter {
  const { env = {}, now = () => 1_000_000, rules, chunkBytes } = options;
  const registryOptions = parseRegistryOptions(env);
  const { transport, pauses } = makeTransport(t, {
    insecureHosts: registryOptions.insecureHosts,
    now,
    ...options.transport,
  });
  const notes: string[] = [];
  const writer = createRegistryWriter({
    ...registryOptions,
    transport,
    credentials: createCredentialStore(env),
    now,
    chunkBytes,
    note: (message) => notes.push(message),
    ...(rules && { rulesOf: () => rules }),
  });
  return { writer, pauses, notes };
}

/** An environment with a login for a registry, or for repositories of it. */
export function loginEnv(...logins: readonly (readonly [place: string, login: string])[]) {
  const folder = mkdtempSync(join(tmpdir(), 'docker-config-'));
  const auths = Object.fromEntries(
    logins.map(([place, login]) => [place, { auth: Buffer.from(login).toString('base64') }]),
  );
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }));
  return { DOCKER_CONFIG: folder };
}

export interface PushedImage {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly blobs: readonly Descriptor[];
  readonly contents: ReadonlyMap<Digest, Buffer>;
}

/** An image with layers of these sizes; `seed` makes it another one. */
export function makePushedImage(
  seed: string,
  sizes: readonly number[] = [300_000, 70_000, 1000],
): PushedImage {
  const layers = sizes.map((size, at) => Buffer.alloc(size, `${seed} ${at} `));
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created_by: seed,
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
    }),
  );
  const configDescriptor = descriptorOf(config, MEDIA.ociConfig);
  const layerDescriptors = layers.map((layer) => descriptorOf(layer, MEDIA.ociLayer));
  const mediaType = MEDIA.ociManifest;
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, config: configDescriptor, layers: layerDescriptors }),
  );
  const blobs = [...layerDescriptors, configDescriptor];
  const contents = new Map([...layers, config].map((content) => [digestOf(content), content]));
  return { digest: digestOf(bytes), mediaType, bytes, blobs, contents };
}

/** A blob whose bytes come in pieces, as from a file. */
export function outgoing(
  { contents }: PushedImage,
  descriptor: Descriptor,
  knownIn: readonly Reference[] = [],
): OutgoingBlob {
  const bytes = contents.get(descriptor.digest)!;
  return {
    descriptor,
    knownIn,
    async *open() {
      for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
    },
  };
}

/** Blobs side by side, then the manifest under its tag. Gives how each blob came to be there. */
export async function pushImage(
  writer: RegistryWriter,
  name: string,
  image: PushedImage,
  {
    knownIn = [],
    signal = new AbortController().signal,
  }: {
    readonly knownIn?: readonly string[];
    readonly signal?: AbortSignal;
  } = {},
): Promise<readonly BlobOutcome[]> {
  const reference = parseReference(name);
  const repository = writer.repository(reference);
  const sources = knownIn.map(parseReference);
  const outcomes = await Promise.all(
    image.blobs.map((blob) => repository.putBlob(outgoing(image, blob, sources), { signal })),
  );
  await repository.putManifest(image, reference.tag, signal);
  return outcomes;
}

export function totalSize({ blobs }: PushedImage): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
