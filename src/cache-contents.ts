// What a build adds to a remote cache: its steps as records, and the layers that a place lacks, in compressed form.
// Invariants: what the place knows is neither compressed nor put again; a record is given only when its layer is there.
import type { MountPacks } from './pack-mounts.js';
import { formatPlatform } from './oci/platform.js';
import { createCompressedLayers } from './compressed-layers.js';
import type { BuildTools } from './builder/build-tools.js';
import { layersOf, mergePacks, type MergeRules } from './cache/remote/pack-merge.js';
import type { PackStore } from './cache/remote/pack-store.js';
import type { StepTrail } from './cache/remote/step-trail.js';
import type { Pack, PackLayer, PackMount, PackRecord } from './cache/remote/pack.js';
import type { StepKey } from './cache/step-key.js';
import type { StepRecord } from './cache/step-records.js';
import { digestOf, hexOf, type Digest, type DiffId } from './core/digest.js';
import { sideBySide } from './core/side-by-side.js';
import { madeLayer, type Layer } from './images/layer.js';
import { formLayer } from './layer-forms.js';
import { isForeignLayer } from './oci/assemble-image.js';
import type { Descriptor } from './oci/types.js';
import type { ImageForm } from './plan/request.js';
import { rememberBlobs, repositoriesWith } from './store/known-blobs.js';
import type { OutgoingBlob } from './registry/writer.js';

export interface ContentTools extends Pick<
  BuildTools,
  'store' | 'files' | 'stepCache' | 'secretScan' | 'targetPlatform'
> {
  readonly trail: StepTrail;
  readonly form: ImageForm;
  /** Undefined: no cache mounts are carried. */
  readonly mounts: MountPacks | undefined;
  /** Layers of other steps are not carried; undefined: all are. */
  readonly only: ReadonlySet<DiffId> | undefined;
  /** Tells one store from another. */
  readonly writer: string;
  /** Aborted when there is no time left for layers; what is there by then is carried. */
  readonly budget: AbortSignal;
  /** Aborted when nothing is wanted any more. */
  readonly signal: AbortSignal;
  note(message: string): void;
}

export interface CacheContents {
  /** As `PublishJob.add` has it. */
  addTo(old: Pack, store: PackStore, rules: MergeRules): Promise<Pack>;
  /** Steps to be carried; known when something was added. */
  readonly all: number;
  /** Those whose layers did not get there in time. */
  readonly left: number;
}

const AT_A_TIME = 4;

/** A step of the build, and what its record says. */
interface Step {
  readonly key: StepKey;
  readonly layer: Layer;
  readonly record: StepRecord;
}

export function createCacheContents(tools: ContentTools): CacheContents {
  const { trail, budget, signal, store } = tools;
  const compressed = createCompressedLayers({ store, signal: budget, note: tools.note });
  let [all, left] = [0, 0];
  let isMountTold = false;

  /** Undefined when there is no time left, or its medium is of no use any more. */
  async function inTime<T>(layer: Layer, work: () => Promise<T>): Promise<T | undefined> {
    try {
      if (!budget.aborted) return await work();
    } catch (error) {
      const isPassedOver = budget.aborted || layer.source !== undefined;
      if (signal.aborted || !isPassedOver) throw error;
    }
    left++;
    return undefined;
  }

  /** What could not be put in time is the next build's to put. */
  async function inTimeForMounts(work: () => Promise<PackMount[]>): Promise<PackMount[]> {
    try {
      if (!budget.aborted) return await work();
    } catch (error) {
      if (signal.aborted || !budget.aborted) throw error;
    }
    if (tools.mounts && !isMountTold) tools.note('the cache mounts did not get into the cache in time');
    isMountTold = true;
    return [];
  }

  /** @param layers gets those that may have to be put */
  async function mountsOf(
    old: Pack,
    layers: Map<Digest, Layer>,
    { mountsMaxBytes, today }: MergeRules,
  ): Promise<PackMount[]> {
    const known = new Map(layersOf(old).map((layer) => [layer.diffId, layer.blob]));
    const form = { compression: 'gzip', ...tools.form } as const;
    const blobOf = async (layer: Layer): Promise<Descriptor> =>
      known.get(layer.diffId) ?? (await formLayer(layer, form, { ...tools, compressed }));
    const packed = await tools.mounts?.choose({
      maxBytes: mountsMaxBytes,
      bytesOf: async (layer) => (await blobOf(madeLayer(layer, undefined))).size,
      signal: budget,
    });
    const mounts: PackMount[] = [];
    for (const { id, platform, layer } of packed ?? []) {
      const made = madeLayer(layer, undefined);
      const blob = bareBlob(await blobOf(made));
      layers.set(blob.digest, made);
      mounts.push({ id, platform, diffId: layer.diffId, size: layer.size, blob, lastUsed: today });
    }
    return mounts;
  }

  return {
    get all() {
      return all;
    },
    get left() {
      return left;
    },
    async addTo(old, place, rules) {
      left = 0;
      const known = new Map(layersOf(old).map((layer) => [layer.diffId, layer]));
      const steps = await stepsOf(tools);
      all = steps.length;
      const records: PackRecord[] = [];
      const layers = new Map<Digest, Layer>();
      await sideBySide(steps, AT_A_TIME, async (step) => {
        const { layer } = step;
        const form = { compression: 'gzip', ...tools.form } as const;
        const blob =
          known.get(layer.diffId)?.blob ??
          (await inTime(layer, () => formLayer(layer, form, { ...tools, compressed })));
        if (!blob || isForeignLayer(blob)) return;
        layers.set(blob.digest, layer);
        records.push(recordOf(step, bareBlob(blob), rules.today, tools));
      });
      const selections = [...trail.selections].map(([name, digest]) => ({
        name,
        digest,
        lastUsed: rules.today,
      }));
      const mounts = await inTimeForMounts(() => mountsOf(old, layers, rules));
      const own: Pack = { records, selections, mounts };
      tools.secretScan?.data(own, `the records of the cache ${place.name}`);
      const there = new Set(layersOf(old).map(({ blob }) => blob.digest));
      const merged = mergePacks(old, own, rules);
      const put = async ({ blob }: PackLayer): Promise<void> => {
        const layer = layers.get(blob.digest)!;
        await place.putBlob(outgoing(tools, layer, blob, place), budget);
        there.add(blob.digest);
      };
      await sideBySide(wanted({ ...merged, mounts: [] }, there), AT_A_TIME, async (one) => {
        await inTime(layers.get(one.blob.digest)!, () => put(one));
      });
      // Steps come first: a build without its cache mounts is slower, one without its steps is done again.
      await inTimeForMounts(async () => {
        await sideBySide(wanted({ ...merged, records: [] }, there), AT_A_TIME, put);
        return [];
      });
      if (place.repository) rememberBlobs(store.paths, place.repository, [...there]);
      const areThere = ({ blob }: PackLayer): boolean => there.has(blob.digest);
      return { ...own, records: records.filter(areThere), mounts: mounts.filter(areThere) };
    },
  };
}

/** Steps whose layer nobody can give any more are left out. */
async function stepsOf({ trail, stepCache, only }: ContentTools): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const [key, layer] of trail.steps) {
    if (only && !only.has(layer.diffId)) continue;
    for (const source of stepCache.sources) {
      const found = await source.find(key);
      if (!found || found.lost !== undefined || found.record.diffId !== layer.diffId) continue;
      steps.push({ key, layer, record: found.record });
      break;
    }
  }
  return steps;
}

/** What there is room for, and the place lacks. */
function wanted(merged: Pack, there: ReadonlySet<Digest>): readonly PackLayer[] {
  return layersOf(merged).filter(({ blob }) => !there.has(blob.digest));
}

function recordOf(
  { key, layer, record }: Step,
  blob: Descriptor,
  today: number,
  { writer, targetPlatform, secretScan }: ContentTools,
): PackRecord {
  const { platform } = record.inputs;
  const isInspected = secretScan !== undefined || record.remote?.isInspected === true;
  return {
    key,
    diffId: layer.diffId,
    size: record.size,
    blob,
    created: record.created,
    platform: typeof platform === 'string' ? platform : formatPlatform(targetPlatform),
    writer,
    lastUsed: today,
    ...(isInspected && { isInspected }),
  };
}

/** Addresses and annotations of a base are of no use here. */
function bareBlob({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function outgoing(
  { store }: ContentTools,
  { source }: Layer,
  descriptor: Descriptor,
  { repository }: PackStore,
): OutgoingBlob {
  const holders = repository ? repositoriesWith(store.paths, descriptor.digest, repository.domain) : [];
  return {
    descriptor,
    knownIn: [...(source?.repository ? [source.repository] : []), ...holders],
    open: (abort) =>
      source && !store.hasWholeBlob(descriptor)
        ? source.open(descriptor, abort)
        : store.openBlob(descriptor, abort),
  };
}

/** Of a store, which tells nothing of where it lies. */
export function writerName(host: string, root: string): string {
  return hexOf(digestOf(`${host} ${root}`)).slice(0, 16);
}
