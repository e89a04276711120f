// Writes a pack over the one that is there: read, merge, put, publish, and look whether it stayed. Builds that write at
// the same time merge with each other, and each puts back what it lost.
// A place without conditions lets a build write over a pack that it has not seen: one that came between its look and
// its write. So the look comes late, when whoever looked before this build wrote has written too.
// Invariants: nothing is written when there is nothing to tell. An image is never replaced. While every build publishes
// faster than this one waits no record is lost; a lost record costs a rebuild, and no more.
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyObject } from 'node:crypto';
import { TsbuildError, type ErrorCode } from '../../core/errors.js';
import { digestOf, type Digest } from '../../core/digest.js';
import { decodePack, encodePack } from './pack-format.js';
import { isNews, layersOf, mergePacks, type MergeRules } from './pack-merge.js';
import { isSignedBy, signPack } from './pack-signature.js';
import type { FoundPack, PackStore } from './pack-store.js';
import type { Pack, PackLayer } from './pack.js';

export interface SigningKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface PublishJob {
  readonly store: PackStore;
  readonly rules: MergeRules;
  /** A pack that others signed, or nobody, is not merged then. */
  readonly keys: SigningKeys | undefined;
  /**
   * What is to be added to that pack. All layers that it names and that pack lacks are in the place when it resolves,
   * but those for which there is no room.
   */
  add(old: Pack): Promise<Pack>;
  /** Layers of the place that turned out to be of no use; absent where none is known. */
  isRefused?(blob: Digest): boolean;
  readonly signal: AbortSignal;
  /** Seconds. */
  now(): number;
  /** Gets a sentence for the user. */
  note(message: string): void;
}

export interface Published {
  readonly outcome: PublishOutcome;
  /** What lies there, as far as is known. */
  readonly pack: Pack;
}

/**
 * `outrun`: others wrote at the same time, again and again; some of what was added may be missing until the next build.
 */
export type PublishOutcome = 'written' | 'known' | 'outrun';

/** How often others may be found to have written first, or over it. */
const ROUNDS = 16;
/** Between a write and the look after it, when publishing took less. */
const LEAST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
/** Doublings of the pause of a build that meets others again and again. */
const DOUBLINGS = 3;
const EMPTY: Pack = { records: [], selections: [], mounts: [] };

interface Seen {
  readonly pack: Pack;
  readonly revision: string | undefined;
}

/** @throws TsbuildError REGISTRY_*, CACHE_INVALID when an image is there, ABORTED, and what `add` throws */
export async function publishPack(job: PublishJob): Promise<Published> {
  let seen = await readFirst(job);
  let isBegunAnew = false;
  // Publishing takes others about as long, and between their look and their write lies a part of it.
  let waitMs = LEAST_WAIT_MS;
  for (let round = 0; ; round++) {
    const own = await job.add(seen.pack);
    const merged = mergePacks(seen.pack, own, job.rules);
    if (!isNews(seen.pack, merged, job.rules))
      return { outcome: round === 0 ? 'known' : 'written', pack: seen.pack };
    const begun = job.now();
    const published = await publish(job, merged, seen).catch((error: unknown) => {
      if (isBegunAnew || seen.pack === EMPTY || !isOfLayers(error)) throw error;
      return undefined;
    });
    if (published === undefined) {
      isBegunAnew = true;
      seen = { ...seen, pack: EMPTY };
      continue;
    }
    waitMs = Math.min(LONGEST_WAIT_MS, Math.max(waitMs, (job.now() - begun) * 1000));
    if (published) {
      if (job.store.isAtomic !== true) await pause(waitMs, job.signal);
      seen = await readAgain(job);
      // What others wrote since has ours, unless they had read before it was there.
      if (!isNews(seen.pack, mergePacks(seen.pack, own, job.rules), job.rules))
        return { outcome: 'written', pack: seen.pack };
    }
    if (round + 1 >= ROUNDS) return { outcome: 'outrun', pack: seen.pack };
    // Builds that met once must not meet again.
    await pause(Math.random() * waitMs * 2 ** Math.min(round, DOUBLINGS), job.signal);
    seen = await readAgain(job);
  }
}

async function publish({ store, keys, signal }: PublishJob, merged: Pack, seen: Seen): Promise<boolean> {
  const packed = encodePack(merged);
  const signature = keys && signPack(packed.digest, keys.privateKey);
  const layers = layersOf(merged);
  return store.publish({ packed, layers, ...(signature && { signature }) }, seen.revision, signal);
}

/** A repository that does not exist cannot be told from one that is closed: writing to it tells. */
async function readFirst(job: PublishJob): Promise<Seen> {
  try {
    return seenOf(job, await job.store.read(job.signal));
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'REGISTRY_UNAUTHORIZED') return nothing;
    throw error;
  }
}

async function readAgain(job: PublishJob): Promise<Seen> {
  return seenOf({ ...job, note: () => undefined }, await job.store.read(job.signal));
}

/** What is said where a layer that the pack names is gone. */
function isOfLayers(error: unknown): boolean {
  return error instanceof TsbuildError && LAYER_GONE.has(error.code);
}

const LAYER_GONE: ReadonlySet<ErrorCode> = new Set([
  'REGISTRY_REFUSED',
  'REGISTRY_NOT_FOUND',
  'CACHE_INVALID',
  'CACHE_UNAVAILABLE',
]);

const nothing: Seen = { pack: EMPTY, revision: undefined };

function seenOf(job: PublishJob, found: FoundPack): Seen {
  const { name } = job.store;
  if (found.kind === 'nothing') return nothing;
  const { revision } = found;
  if (found.kind === 'pack') return { revision, pack: packOf(job, found) };
  if (found.isCache !== true)
    throw new TsbuildError('CACHE_INVALID', `${name} is ${found.what}, and no cache is written over it`, {
      hint: 'name a tag for the cache alone',
    });
  job.note(`${name} was ${found.what}: it is replaced`);
  return { revision, pack: EMPTY };
}

/** A pack that is of no use is begun anew. */
function packOf(
  { store, keys, note, isRefused }: PublishJob,
  found: FoundPack & { readonly kind: 'pack' },
): Pack {
  const { bytes, signature } = found;
  if (keys && !isSignedBy(keys.publicKey, { digest: digestOf(bytes), signature })) {
    note(`${store.name} does not carry a signature of this key: it is begun anew`);
    return EMPTY;
  }
  try {
    const pack = decodePack(bytes);
    const isOfUse = ({ blob }: PackLayer): boolean => isRefused?.(blob.digest) !== true;
    return { ...pack, records: pack.records.filter(isOfUse), mounts: pack.mounts.filter(isOfUse) };
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code !== 'CACHE_INVALID') throw error;
    note(`${store.name} is begun anew: ${error.message}`);
    return EMPTY;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new TsbuildError('ABORTED', 'canceled', { cause: signal.reason });
  }
}
