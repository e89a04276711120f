// What a build adds to a remote cache: its steps as records, and the layers that a place lacks, in compressed form.
// Invariants: what the place knows is neither compressed nor put again; a record is given only when its layer is there.
import { formatPlatform } from './oci/platform.js';
import { createCompressedLayers } from './compressed-layers.js';
import type { BuildTools } from './builder/build-tools.js';
import { layersOf, mergePacks, type MergeRules } from './cache/remote/pack-merge.js';
import type { PackStore } from './cache/remote/pack-store.js';
import type { StepTrail } from './cache/remote/step-trail.js';
import type { Pack, PackLayer, PackRecord } from './cache/remote/pack.js';
import type { StepKey } from './cache/step-key.js';
import type { StepRecord } from './cache/step-records.js';
import { digestOf, hexOf, type Digest, type DiffId } from './core/digest.js';
import { sideBySide } from './core/side-by-side.js';
import type { Layer } from './images/layer.js';
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
      const own: Pack = { records, selections, mounts: [] };
      tools.secretScan?.data(own, `the records of the cache ${place.name}`);
      const there = new Set(layersOf(old).map(({ blob }) => blob.digest));
      await sideBySide(wanted(mergePacks(old, own, rules), there), AT_A_TIME, async ({ blob }) => {
        const layer = layers.get(blob.digest)!;
        const isPut = await inTime(layer, async () => {
          await place.putBlob(outgoing(tools, layer, blob, place), budget);
          return true;
        });
        if (isPut) there.add(blob.digest);
      });
      if (place.repository) rememberBlobs(store.paths, place.repository, [...there]);
      return { ...own, records: records.filter(({ blob }) => there.has(blob.digest)) };
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
  { writer, targetPlatform }: ContentTools,
): PackRecord {
  const { platform } = record.inputs;
  return {
    key,
    diffId: layer.diffId,
    size: record.size,
    blob,
    created: record.created,
    platform: typeof platform === 'string' ? platform : formatPlatform(targetPlatform),
    writer,
    lastUsed: today,
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
