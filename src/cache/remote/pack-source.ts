// A pack as a source of records and of selections. Its layers are fetched when their bytes are needed, and not before.
import type { Layer, LayerSource } from '../../images/layer.js';
import type { LayerLimits } from '../../layer/limits.js';
import type { SelectionSource } from '../digest-once.js';
import type { Found, RecordSource } from '../record-source.js';
import { layerOf } from '../step-cache.js';
import type { StepKey } from '../step-key.js';
import type { StepRecord } from '../step-records.js';
import type { MountSource } from './mount-source.js';
import type { PackFaults } from './pack-faults.js';
import type { PackStore } from './pack-store.js';
import { nameOfMount, type Pack, type PackLayer, type PackMount, type PackRecord } from './pack.js';

/** A pack that was read. */
export interface OpenPack {
  readonly records: ReadonlyMap<StepKey, PackRecord>;
  /** Digests by the names of the questions. */
  readonly selections: ReadonlyMap<string, string>;
  /** Contents of cache mounts, by platform and id. */
  readonly mounts: ReadonlyMap<string, PackMount>;
  readonly source: LayerSource;
  readonly faults: PackFaults;
}

/** @param store what it was read of */
export function openPack(
  { records, selections, mounts }: Pack,
  store: Pick<PackStore, 'name' | 'repository' | 'openBlob'>,
  { faults, limits }: { readonly faults: PackFaults; readonly limits: LayerLimits },
): OpenPack {
  const usable = <T extends PackLayer>(layers: readonly T[]) => layers.filter((one) => isWithin(one, limits));
  return {
    records: new Map(usable(records).map((record) => [record.key, record])),
    mounts: new Map(usable(mounts).map((mount) => [nameOfMount(mount), mount])),
    selections: new Map(selections.map(({ name, digest }) => [name, digest])),
    source: sourceOf(store, faults),
    faults,
  };
}

function sourceOf(
  { name, repository, openBlob }: Pick<PackStore, 'name' | 'repository' | 'openBlob'>,
  faults: PackFaults,
): LayerSource {
  return {
    name: `cache ${name}`,
    ...(repository && { repository }),
    open: (blob, signal) => openBlob(blob, signal),
    refuse: ({ digest }, error) => faults.refuse(digest, error),
  };
}

/** A layer that is larger would be refused when it comes. */
function isWithin({ size, blob }: PackLayer, limits: LayerLimits): boolean {
  const { maxUncompressedBytes, maxRatio, ratioGraceBytes } = limits;
  if (size > maxUncompressedBytes || blob.size > maxUncompressedBytes) return false;
  return size <= ratioGraceBytes || size <= blob.size * maxRatio;
}

/** What a pack is once it was read; undefined when it cannot be. Does not reject but for ABORTED. */
export type ComingPack = Promise<OpenPack | undefined>;

/**
 * Waits for the pack when it is first asked.
 * @param bring when it is given, a layer counts only if it can be brought in at once
 */
export function packRecords(
  name: string,
  coming: ComingPack,
  bring?: (layer: Layer) => Promise<void>,
): RecordSource<StepRecord> {
  return {
    name,
    async find(key) {
      const pack = await coming;
      const record = pack?.records.get(key);
      if (!pack || !record || pack.faults.isRefused(record.blob.digest)) return undefined;
      const found = stepRecord(record, pack.source);
      if (bring && !(await isBrought(layerOf(found), pack.faults, bring))) return undefined;
      return { record: found, use: () => undefined } satisfies Found<StepRecord>;
    },
  };
}

function stepRecord(
  { diffId, size, created, blob, isInspected }: PackRecord,
  source: LayerSource,
): StepRecord {
  const remote = { descriptor: blob, source, isInspected: isInspected === true };
  return { diffId, size, created, inputs: {}, remote };
}

async function isBrought(
  layer: Layer,
  faults: PackFaults,
  bring: (layer: Layer) => Promise<void>,
): Promise<boolean> {
  try {
    await bring(layer);
    return true;
  } catch (error) {
    if (faults.isRefused(layer.descriptor.digest)) return false;
    throw error;
  }
}

/** The first pack that knows the selection answers. A pack that was refused as a whole is not asked. */
export function packSelections(packs: readonly ComingPack[]): SelectionSource {
  const knowing = async (name: string): Promise<OpenPack | undefined> => {
    for (const coming of packs) {
      const pack = await coming;
      if (pack?.selections.has(name) && !pack.faults.isUseless) return pack;
    }
    return undefined;
  };
  return {
    find: async (name) => (await knowing(name))?.selections.get(name),
    refuse: async (name, error) => (await knowing(name))?.faults.refuse(undefined, error) ?? error,
  };
}

/** The first pack that has a cache mount gives it. Nothing is begun anew for a mount that cannot be had. */
export function packMounts(packs: readonly ComingPack[]): MountSource {
  return {
    async find(id, platform) {
      for (const coming of packs) {
        const pack = await coming;
        const mount = pack?.mounts.get(nameOfMount({ id, platform }));
        if (!pack || !mount || pack.faults.isRefused(mount.blob.digest)) continue;
        const { refuse: _, ...source } = pack.source;
        return { diffId: mount.diffId, descriptor: mount.blob, source };
      }
      return undefined;
    },
  };
}
