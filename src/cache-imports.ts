// The remote caches that a build reads: opened before it, read while the context is loaded, waited for when a step is
// first looked up that the store does not know.
// Invariant: a cache that cannot be read, or that does not keep its word, costs time and one sentence, and no build.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BuildOptions } from './build-options.js';
import { createPackFaults, type PackFaults } from './cache/remote/pack-faults.js';
import { decodePack } from './cache/remote/pack-format.js';
import { isSignedBy } from './cache/remote/pack-signature.js';
import {
  openPack,
  packMounts,
  packRecords,
  packSelections,
  type ComingPack,
} from './cache/remote/pack-source.js';
import type { FoundPack, PackStore } from './cache/remote/pack-store.js';
import type { StepCacheOptions } from './cache/step-cache.js';
import { closeAfter } from './core/close-after.js';
import { digestOf, type Digest } from './core/digest.js';
import { TsbuildError } from './core/errors.js';
import { reportStep } from './core/step-events.js';
import type { Engine } from './engine.js';
import type { LayerFiles } from './images/layer-files.js';
import { openPackStore, type PlaceTools } from './open-pack-stores.js';
import type { BuildRequest, CacheFrom } from './plan/request.js';
import { pushedNames } from './push-targets.js';
import { isOnceOnly } from './repeat-after-damage.js';

/** What the cache of steps asks after the store. */
export type RemoteCache = Pick<StepCacheOptions, 'remote' | 'selections'>;

export interface CacheImports {
  /** For one attempt at the build. */
  open(files: Pick<LayerFiles, 'blob' | 'index'>): RemoteCache;
  /** Contents of cache mounts. */
  readonly mounts: ReturnType<typeof packMounts>;
  /** Whether the layer turned out to be of no use. */
  isRefused(blob: Digest): boolean;
}

export type OpenPlace = typeof openPackStore;

/**
 * Does the work, and does it anew without what turned out to be of no use in a cache. What was made the time before is
 * in the store.
 * @throws what `work` throws; TsbuildError OPTION_* for a cache or a key that makes no sense
 */
export async function withCacheImports<T>(
  engine: Engine,
  request: BuildRequest,
  options: BuildOptions,
  work: (imports: CacheImports) => Promise<T>,
  openPlace: OpenPlace = openPackStore,
): Promise<T> {
  const { onEvent: emit = () => undefined, cwd = process.cwd() } = options;
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  const note = (message: string): void => emit({ kind: 'note', message });
  const tools: PlaceTools = { engine, cwd, pushedTo: namesOf(request), signal, note };
  const caches = await openCaches(request.cacheFrom ?? [], tools, openPlace);
  const packs = caches.map((cache): ImportedPack => {
    const faults = createPackFaults(cache.store.name, note);
    const reading = { engine, signal, note, faults };
    const coming = reportStep(
      { emit, now: engine.now },
      { id: `import ${cache.store.name}`, name: `importing cache from ${cache.store.name}` },
      ({ id }) => {
        const log = (line: string): void =>
          emit({ kind: 'step-log', id, stream: 1, data: Buffer.from(`${line}\n`), time: engine.now() });
        return readCache(cache, { ...reading, log });
      },
    );
    // Who waits for it hears of it.
    coming.catch(() => undefined);
    return { name: cache.store.name, coming, faults };
  });
  const imports: CacheImports = {
    mounts: packMounts(packs.map(({ coming }) => coming)),
    open: (files) => remoteCache(packs, isOnceOnly(request) ? files : undefined),
    isRefused: (blob) => packs.some(({ faults }) => faults.refused.has(blob)),
  };
  return closeAfter(
    () => repeatWithoutFaults(packs, signal, () => work(imports)),
    [
      () => controller.abort(),
      () => Promise.allSettled(packs.map(({ coming }) => coming)),
      ...caches.map(
        ({ store }) =>
          async () =>
            store.close?.(),
      ),
    ],
  );
}

interface ImportedPack {
  readonly name: string;
  readonly coming: ComingPack;
  readonly faults: PackFaults;
}

/**
 * A build that cannot be repeated brings layers in before it depends on them, and computes digests of selections.
 * @param files of such a build
 */
function remoteCache(
  packs: readonly ImportedPack[],
  files: Pick<LayerFiles, 'blob' | 'index'> | undefined,
): RemoteCache {
  const bring: Parameters<typeof packRecords>[2] =
    files &&
    (async (layer) => {
      await files.blob(layer);
      await files.index(layer);
    });
  return {
    remote: packs.map(({ name, coming }) => packRecords(name, coming, bring)),
    ...(!files && { selections: packSelections(packs.map(({ coming }) => coming)) }),
  };
}

/** A pack that fails a second attempt too is asked for nothing more. */
async function repeatWithoutFaults<T>(
  packs: readonly ImportedPack[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const before = packs.map(({ faults }) => faults.count);
    try {
      return await work();
    } catch (error) {
      const failed = packs.filter(({ faults }, i) => faults.count > before[i]!);
      if (signal.aborted || failed.length === 0) throw error;
      for (const { faults } of packs.filter((pack, i) => failed.includes(pack) && before[i]! > 0))
        faults.giveUp();
    }
  }
}

interface OpenCache {
  readonly store: PackStore;
  readonly verifyKey: KeyObject | undefined;
}

/** The scopes of a cache are asked one after the other: each is a cache of its own here. */
async function openCaches(
  from: readonly CacheFrom[],
  tools: PlaceTools,
  openPlace: OpenPlace,
): Promise<readonly OpenCache[]> {
  const opened = from.map(async ({ place, scopes = [], verifyKey: path }) => {
    const verifyKey = path === undefined ? undefined : readVerifyKey(resolve(tools.cwd, path));
    const chain = scopes.length > 0 ? scopes : [undefined];
    const stores = await Promise.all(chain.map((scope) => openPlace(place, scope, tools)));
    return stores.map((store): OpenCache => ({ store, verifyKey }));
  });
  return (await Promise.all(opened)).flat();
}

function readVerifyKey(path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(readFileSync(path));
  } catch (cause) {
    throw badKey(path, 'cannot be read as a public key', cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw badKey(path, 'is no ed25519 key');
  return key;
}

function badKey(path: string, what: string, cause?: unknown): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `verify-key: ${path} ${what}`, {
    hint: 'openssl genpkey -algorithm ed25519 makes a private key, openssl pkey -pubout the public one',
    cause,
  });
}

interface Reading extends Pick<PlaceTools, 'engine' | 'signal' | 'note'> {
  readonly faults: PackFaults;
  /** Gets a line for the curious. */
  log(line: string): void;
}

/** Rejects with ABORTED only: what is wrong with a cache is told. */
async function readCache(
  { store, verifyKey }: OpenCache,
  { engine, signal, note, log, faults }: Reading,
): ComingPack {
  try {
    const pack = packIn(await store.read(signal), verifyKey);
    log(pack ? `${pack.records.length} steps are known` : 'nothing is there yet');
    if (!pack) return undefined;
    if (pack.dropped > 0)
      note(`the cache ${store.name}: ${pack.dropped} of its records are damaged, and are left out`);
    return openPack(pack, store, { faults, limits: engine.limits });
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code === 'ABORTED') throw error;
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    note(`the cache ${store.name} is not used: ${error.message}${hint}`);
    return undefined;
  }
}

/** Undefined when nothing is there. @throws TsbuildError CACHE_INVALID */
function packIn(found: FoundPack, verifyKey: KeyObject | undefined) {
  if (found.kind === 'nothing') return undefined;
  if (found.kind === 'other')
    throw (
      found.error ??
      new TsbuildError('CACHE_INVALID', `${found.what} is there, which only its own tool can read`, {
        hint: 'give the cache of tsbuild another name: --cache-to writes it',
      })
    );
  const { bytes, signature } = found;
  if (verifyKey && !isSignedBy(verifyKey, { digest: digestOf(bytes), signature }))
    throw new TsbuildError(
      'CACHE_INVALID',
      signature === undefined ? 'it is not signed' : 'its signature is of another key, or of other bytes',
      { hint: 'write it with the sign-key that belongs to this verify-key' },
    );
  return decodePack(bytes);
}

/** What a cache beside the image is beside of. */
function namesOf(request: BuildRequest): readonly string[] {
  const pushed = pushedNames(request);
  return pushed.length > 0 ? pushed : (request.tags ?? []);
}
