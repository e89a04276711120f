// The spine of `bake`: the builds of several targets side by side, on one engine. Those that others name in their
// contexts come first.
import { resolve } from 'node:path';
import { linkOf } from './bake/links.js';
import { eventsOf } from './bake-events.js';
import type { BuildOptions } from './build-options.js';
import { buildLogged, environmentFor } from './build.js';
import { now } from './clock.js';
import { closeAfter } from './core/close-after.js';
import { TsbuildError } from './core/errors.js';
import { sideBySide } from './core/side-by-side.js';
import type { Engine } from './engine.js';
import type { Image } from './images/image.js';
import type { BuildRequest, BuildResult } from './plan/request.js';
import { refuseUnbuildable } from './refuse-unbuildable.js';
import { openEngineOf } from './shared-engine.js';
import { createSharedSandboxes } from './shared-sandboxes.js';
import { validateBuildArguments } from './validate-arguments.js';

export interface BakeJob {
  readonly name: string;
  readonly request: BuildRequest;
  /** Not asked for by the user: only other targets need it. */
  readonly isLinked: boolean;
}

export interface BakeResult {
  /** By name of target; those that were only linked are among them. */
  readonly targets: Readonly<Record<string, BuildResult>>;
}

/** Builds that run at the same time. Each runs its own steps side by side. */
const BUILDS_AT_A_TIME = 4;

/** @param jobs whose links have no cycle. @throws TsbuildError as `build`, with the name of the target */
export async function bakeTargets(
  jobs: readonly BakeJob[],
  { metadataFile }: { readonly metadataFile?: string },
  options: BuildOptions,
): Promise<BakeResult> {
  const { onEvent: emit = () => undefined, cwd = process.cwd() } = options;
  for (const { name, request } of jobs) {
    try {
      validateBuildArguments(request, options);
      await refuseUnbuildable(request, options);
    } catch (error) {
      throw nameTarget(error, name);
    }
  }
  const env = jobs.reduce<NodeJS.ProcessEnv>(
    (before, { request }) => environmentFor(before, request, options),
    options.env ?? process.env,
  );
  const engine = openEngineOf(options, { env, emit, now });
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  const sandboxes = createSharedSandboxes(engine.openSandbox, signal);
  const shared: Engine = { ...engine, openSandbox: sandboxes.open };
  return closeAfter(async () => {
    const built = await buildAll(jobs, { engine: shared, options, signal, abort: () => controller.abort() });
    if (metadataFile !== undefined) {
      const { writeJsonFile } = await import('./write-metadata.js');
      const wanted = jobs
        .filter(({ isLinked }) => !isLinked)
        .map(({ name }) => [name, built.metadata.get(name) ?? {}]);
      await writeJsonFile(resolve(cwd, metadataFile), Object.fromEntries(wanted) as object);
    }
    const isNew = [...built.results.values()].some(({ executed }) => executed > 0);
    if (isNew) await (await import('./cap-store.js')).capStore(engine, options);
    return { targets: Object.fromEntries(built.results) };
  }, [() => controller.abort(), sandboxes.close, engine.close]);
}

interface Surroundings {
  readonly engine: Engine;
  readonly options: BuildOptions;
  readonly signal: AbortSignal;
  /** Ends the other builds after a failure. */
  abort(): void;
}

interface Built {
  readonly results: ReadonlyMap<string, BuildResult>;
  readonly metadata: ReadonlyMap<string, object>;
}

async function buildAll(
  jobs: readonly BakeJob[],
  { engine, options, signal, abort }: Surroundings,
): Promise<Built> {
  const results = new Map<string, BuildResult>();
  const metadata = new Map<string, object>();
  const images = new Map<string, readonly Image[]>();
  const started = new Map<string, Promise<void>>();
  const running: Promise<unknown>[] = [];
  const { onEvent: emit = () => undefined } = options;
  const buildLoggede = async (job: BakeJob): Promise<void> => {
    const { name, request } = job;
    const links = linksOf(request);
    // They are before it in the list: each has begun.
    await Promise.all(links.map((link) => started.get(link)));
    const own = withOptions(options, { onEvent: eventsOf(jobs.length > 1 ? name : undefined, emit), signal });
    const linked = new Map(
      links.flatMap((link) => (images.has(link) ? [[link, images.get(link)!] as const] : [])),
    );
    const result = await buildLogged(engine, request, own, {
      linked,
      areImagesUsed: jobs.some((other) => linksOf(other.request).includes(name)),
      onImages: (made) => void images.set(name, made),
      onMetadata: (facts) => void metadata.set(name, facts),
    });
    results.set(name, result);
  };
  let failure: { readonly error: unknown } | undefined;
  const tryOne = async (job: BakeJob): Promise<void> => {
    const work = buildLoggede(job);
    started.set(job.name, work);
    running.push(work.catch(() => undefined));
    try {
      await work;
    } catch (error) {
      // What breaks off afterwards only follows from it.
      failure ??= { error: nameTarget(error, jobs.length > 1 ? job.name : undefined) };
      abort();
      throw error;
    }
  };
  try {
    await sideBySide(linkedFirst(jobs), BUILDS_AT_A_TIME, tryOne);
  } catch (error) {
    await Promise.all(running);
    throw failure?.error ?? error;
  }
  return { results: sortedBy(jobs, results), metadata };
}

/** Kept as they are, but for these: a copy would open the standard streams of the command. */
function withOptions(options: BuildOptions, own: Pick<BuildOptions, 'onEvent' | 'signal'>): BuildOptions {
  return Object.create(
    options,
    Object.fromEntries(Object.entries(own).map(([key, value]) => [key, { value, enumerable: true }])),
  ) as BuildOptions;
}

function linksOf({ buildContexts = {} }: BuildRequest): readonly string[] {
  return Object.values(buildContexts).flatMap((value) => linkOf(value) ?? []);
}

function linkedFirst(jobs: readonly BakeJob[]): readonly BakeJob[] {
  const ordered = new Set<BakeJob>();
  const add = (job: BakeJob): void => {
    if (ordered.has(job)) return;
    for (const link of linksOf(job.request)) {
      const other = jobs.find(({ name }) => name === link);
      if (other) add(other);
    }
    ordered.add(job);
  };
  for (const job of jobs) add(job);
  return [...ordered];
}

function sortedBy<T>(jobs: readonly BakeJob[], found: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map(jobs.flatMap(({ name }) => (found.has(name) ? [[name, found.get(name)!] as const] : [])));
}

function nameTarget(error: unknown, name: string | undefined): unknown {
  if (name === undefined || !(error instanceof TsbuildError) || error.code === 'ABORTED') return error;
  return error.with({ message: `target ${name}: ${error.message}` });
}
