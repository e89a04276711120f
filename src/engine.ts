// What builds, pushes and runs share: the store, registries, the sandbox of this host, the clock. Opened once, used by
// many commands, closed once. Nothing is loaded before it is asked for: a build that is all cache hits pays for none of
// it.
import { closeAll } from './core/close-after.js';
import type { EventSink } from './core/events.js';
import { createOneByOne, type OneByOne } from './core/one-by-one.js';
import { layerLimitsOf, type LayerLimits } from './layer/limits.js';
import { createRegistries, type Registries } from './open-registries.js';
import type { RegistryClient } from './registry/client.js';
import type { Transport } from './registry/transport.js';
import type { RegistryWriter } from './registry/writer.js';
import { createDamage, type Damage } from './store/damage.js';
import { defaultStoreRoot, openStore, type Store } from './store/store.js';
import type { EmulatorSearch } from './worker/front/emulator-search.js';
import type { BuildSandbox, LadderOptions } from './worker/front/ladder.js';

export interface EngineOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Gets what concerns no command alone. */
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
  /** The store's folder; by default what `env` says. */
  readonly root?: string;
  /** What other engines of this environment use too. */
  readonly shared?: Shareable;
}

/** What engines on one store may have in common. */
export interface Shareable {
  readonly registries: Registries;
  readonly oneByOne: OneByOne;
}

/** What a sandbox is opened for. */
export type SandboxRequest = Omit<LadderOptions, 'paths' | 'rootfs'>;

export interface Engine {
  readonly env: NodeJS.ProcessEnv;
  readonly store: Store;
  /** What of the store turned out to be damaged since the engine was opened. */
  readonly damage: Damage;
  /** Bounds on every layer and archive that comes from outside. */
  readonly limits: LayerLimits;
  /** Seconds since the epoch. The one clock. */
  now(): number;
  /** One for all that is fetched. */
  transport(): Promise<Transport>;
  registry(): Promise<RegistryClient>;
  /** What several builds want from outside comes in once. */
  readonly oneByOne: OneByOne;
  /** Asks no mirror: for what changes under its name. */
  directRegistry(): Promise<RegistryClient>;
  /** What registries want users to read becomes a note. */
  writer(): Promise<RegistryWriter>;
  /** A new one, which is the caller's to close. @throws as openSandbox of worker/front/ladder.ts; OPTION_INVALID */
  openSandbox(request: SandboxRequest): Promise<BuildSandbox>;
  /** What could execute programs of other architectures here. */
  emulators(): Promise<EmulatorSearch>;
  /** When nothing of it is in use. Idempotent. */
  close(): Promise<void>;
}

/** @throws TsbuildError STORE_UNWRITABLE, STORE_FULL, OPTION_INVALID */
export function openEngine({ env, emit, now, root, shared }: EngineOptions): Engine {
  const limits = layerLimitsOf(env);
  const damage = createDamage();
  const store = openStore(root ?? defaultStoreRoot(env), damage);
  const note = (message: string): void => emit({ kind: 'note', message });
  if (store.isNamesLost)
    note(
      `${store.paths.oci}/index.json was gone: the names of the images in the store are lost, build them again`,
    );
  let emulators: Promise<EmulatorSearch> | undefined;
  const registries = shared?.registries ?? createRegistries({ env, now, note });
  return {
    env,
    store,
    damage,
    limits,
    now,
    transport: registries.transport,
    registry: registries.client,
    directRegistry: registries.directClient,
    writer: registries.writer,
    oneByOne: shared?.oneByOne ?? createOneByOne(),
    emulators: () => (emulators ??= openEmulatorSearch()),
    openSandbox: (request) => openHostSandbox({ env, store }, request),
    close: () => closeAll([registries.close, store.temporaries.release, store.lease.release]),
  };
}

async function openHostSandbox(
  { env, store }: Pick<Engine, 'env' | 'store'>,
  request: SandboxRequest,
): Promise<BuildSandbox> {
  const [{ openSandbox }, { parseRootfsName }] = await Promise.all([
    import('./worker/front/ladder.js'),
    import('./sandbox/sandbox-settings.js'),
  ]);
  // The worker writes to tmp/ too.
  store.temporaries.hold();
  return openSandbox({ ...request, paths: store.paths, rootfs: parseRootfsName(env['TSBUILD_ROOTFS']) });
}

async function openEmulatorSearch(): Promise<EmulatorSearch> {
  return (await import('./worker/front/emulator-search.js')).createEmulatorSearch();
}
