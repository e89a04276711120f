// Writes the remote caches of a request, after the image went where it goes. A cache that cannot be written costs one
// note, unless the request wants it to fail the build.
import { hostname } from 'node:os';
import type { BuildTools } from './builder/build-tools.js';
import { createCacheContents, writerName, type CacheContents } from './cache-contents.js';
import type { CacheImports } from './cache-imports.js';
import type { MergeRules } from './cache/remote/pack-merge.js';
import type { PackStore } from './cache/remote/pack-store.js';
import { publishPack, type PublishOutcome, type SigningKeys } from './cache/remote/publish-pack.js';
import type { Pack } from './cache/remote/pack.js';
import { createStepTrail, type StepTrail } from './cache/remote/step-trail.js';
import { removeRecord } from './cache/step-records.js';
import { closeAfter, closeAll } from './core/close-after.js';
import { TsbuildError } from './core/errors.js';
import type { EventSink } from './core/events.js';
import { signalAfter } from './host/time-limit.js';
import { reportStep } from './core/step-events.js';
import type { Engine } from './engine.js';
import type { Layer } from './images/layer.js';
import type { Descriptor } from './oci/types.js';
import { createMountPacks, type MountPacks } from './pack-mounts.js';
import { openPackStore } from './open-pack-stores.js';
import type { BuildRequest, CacheTo, ImageForm } from './plan/request.js';
import { isPush, pushedNames } from './push-targets.js';
import { readSigningKeys } from './signing-keys.js';

export interface CacheExportOptions {
  readonly engine: Engine;
  readonly request: BuildRequest;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  readonly imports?: CacheImports | undefined;
}

export interface CacheExports extends Pick<StepTrail, 'listeners'> {
  /**
   * @param layers those of all images
   * @returns the manifest of the first cache that has one
   * @throws TsbuildError of a cache with ignoreError=false; ABORTED
   */
  write(tools: BuildTools, layers: readonly Layer[]): Promise<Descriptor | undefined>;
  close(): Promise<void>;
}

interface Target {
  readonly to: CacheTo;
  readonly store: PackStore;
  readonly keys: SigningKeys | undefined;
}

const DAY_SECONDS = 86_400;
const GIB = 1 << 30;
const MAX_BYTES = 5 * GIB;
const LEAST_SECONDS = 15;
const SHARE_OF_BUILD = 0.1;
/** For the manifest, when the time for layers is over. */
const LAST_SECONDS = 30;

/**
 * Looks at the places and keys before the build begins.
 * @throws TsbuildError OPTION_*, REGISTRY_REFERENCE
 */
export async function openCacheExports(options: CacheExportOptions): Promise<CacheExports> {
  const { engine, request, cwd, signal, emit } = options;
  const note = (message: string): void => emit({ kind: 'note', message });
  const placeTools = { engine, cwd, pushedTo: pushedNames(request), signal, note };
  const targets: Target[] = [];
  for (const to of request.cacheTo ?? []) {
    const store = await openPackStore(to.place, to.scope, placeTools);
    targets.push({
      to,
      store,
      keys: to.signKey === undefined ? undefined : readSigningKeys(to.signKey, cwd),
    });
  }
  const trail = createStepTrail();
  const begun = engine.now();
  return {
    listeners: trail.listeners,
    async write(tools, layers) {
      const seconds = engine.now() - begun;
      const mounts = createMountPacks(tools);
      await closeAfter(
        () =>
          Promise.all(
            targets.map((target) =>
              reported(options, target, { tools, layers, mounts, trail, seconds, note }),
            ),
          ),
        [async () => mounts.forget()],
      );
      return targets.map(({ store }) => store.manifest?.()).find((manifest) => manifest !== undefined);
    },
    close: () =>
      closeAll(
        targets.map(
          ({ store }) =>
            async () =>
              store.close?.(),
        ),
      ),
  };
}

interface Work {
  readonly tools: BuildTools;
  readonly layers: readonly Layer[];
  readonly mounts: MountPacks;
  readonly trail: StepTrail;
  /** That the build took. */
  readonly seconds: number;
  note(message: string): void;
}

/** As a step of the build. */
async function reported(options: CacheExportOptions, target: Target, work: Work): Promise<void> {
  const { engine, emit, signal } = options;
  const { to, store } = target;
  const name = `exporting cache to ${store.name}`;
  await reportStep({ emit, now: engine.now }, { id: name, name }, async () => {
    try {
      await exportTo(options, target, work);
    } catch (error) {
      if (signal.aborted || to.ignoreError === false || !(error instanceof TsbuildError)) throw error;
      const hint = error.hint === undefined ? '' : ` (${error.hint})`;
      work.note(`the cache was not exported to ${store.name}: ${error.message}${hint}`);
    }
  });
}

async function exportTo(
  { engine, signal, imports }: CacheExportOptions,
  { to, store, keys }: Target,
  { tools, layers, mounts, trail, seconds, note }: Work,
): Promise<void> {
  const budgetSeconds = to.timeoutSeconds ?? Math.max(LEAST_SECONDS, seconds * SHARE_OF_BUILD);
  const ends = [budgetSeconds, budgetSeconds + LAST_SECONDS].map((each) => signalAfter(each, signal));
  const [budget, last] = ends.map((end) => end.signal) as [AbortSignal, AbortSignal];
  const contents = createCacheContents({
    ...tools,
    trail,
    mounts: to.mounts === true ? mounts : undefined,
    form: formOf(to, tools.request),
    only: to.mode === 'max' ? undefined : new Set(layers.map(({ diffId }) => diffId)),
    writer: writerName(hostname(), engine.store.paths.root),
    budget,
    signal,
    note,
  });
  const rules = rulesOf(to, engine.now());
  const add: Parameters<typeof publishPack>[0]['add'] = (old) => contents.addTo(old, store, rules);
  try {
    const published = await publishPack({
      store,
      rules,
      keys,
      add,
      isRefused: (blob) => imports?.isRefused(blob) === true,
      signal: last,
      now: engine.now,
      note,
    });
    tellShortcomings(store, published.outcome, contents, { budgetSeconds, note });
    if (tools.request.cacheFrom?.length) preferShared(tools, trail, published.pack);
  } catch (error) {
    if (signal.aborted || !last.aborted) throw error;
    throw new TsbuildError('CACHE_UNAVAILABLE', `it took longer than ${Math.round(budgetSeconds)} s`, {
      hint: 'give it more time with timeout=5m',
      cause: error,
    });
  } finally {
    for (const end of ends) end.clear();
  }
}

function tellShortcomings(
  { name }: PackStore,
  outcome: PublishOutcome,
  { all, left }: CacheContents,
  { budgetSeconds, note }: { readonly budgetSeconds: number; readonly note: Work['note'] },
): void {
  if (left > 0)
    note(
      `${left} of ${all} steps did not get into the cache ${name} in ${Math.round(budgetSeconds)} s: the next build goes on; timeout=5m gives it more time`,
    );
  else if (outcome === 'outrun')
    note(`other builds wrote to the cache ${name} at the same time: the next build adds what is missing`);
}

/**
 * Where others made another layer by the same step, and later, theirs is taken from now on: what is built upon it can
 * then be shared too. File times differ from one checkout to the next.
 */
function preferShared({ store }: BuildTools, { steps }: StepTrail, { records }: Pack): void {
  for (const { key, diffId } of records) {
    const own = steps.get(key);
    if (own && own.diffId !== diffId) removeRecord(store, key);
  }
}

function rulesOf({ maxBytes = MAX_BYTES, mountsMaxBytes = GIB }: CacheTo, now: number): MergeRules {
  return { today: Math.floor(now / DAY_SECONDS), maxBytes, mountsMaxBytes };
}

/** The layers of an image that is pushed are taken as they were compressed for it. */
function formOf(
  { compression, compressionLevel, forceCompression }: CacheTo,
  { outputs = [] }: BuildRequest,
): ImageForm {
  const pushed = outputs.find(isPush);
  const own = compression ?? (compressionLevel === undefined ? undefined : 'gzip');
  const form = own === undefined ? pushed : { compression: own, compressionLevel };
  return {
    ...(form?.compression && { compression: form.compression }),
    ...(form?.compressionLevel !== undefined && { compressionLevel: form.compressionLevel }),
    ...(forceCompression === true && { forceCompression }),
  };
}
