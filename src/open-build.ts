// Opens what the parts of one build work with, and lets go of it at the end, whatever happens.
import { setMaxListeners } from 'node:events';
import type { BuildHooks } from './build-hooks.js';
import type { BuildOptions } from './build-options.js';
import type { BuildTools } from './builder/build-tools.js';
import { createSandboxOnDemand, type SandboxOnDemand } from './builder/sandbox-on-demand.js';
import { inspectionBy } from './builder/secrets/forget-layer.js';
import { createSecretScan } from './builder/secrets/secret-scan.js';
import type { CacheExportOptions, CacheExports } from './cache-exports.js';
import type { CacheImports } from './cache-imports.js';
import { openStepCache, type StepCache } from './cache/step-cache.js';
import type { Definition } from './context/load-definition.js';
import { closeAfter } from './core/close-after.js';
import { TsbuildError } from './core/errors.js';
import type { EventSink } from './core/events.js';
import { redactSource } from './core/redact.js';
import { reportStep } from './core/step-events.js';
import type { Engine } from './engine.js';
import { createContentDigests } from './images/content-digests.js';
import { createLayerFiles } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import { createImageResolver } from './images/resolve-image.js';
import { linkedImages } from './images/linked-image.js';
import { createTrees } from './images/trees.js';
import { platformOfNode } from './oci/platform.js';
import type { Descriptor } from './oci/types.js';
import { openSources } from './open-sources.js';
import type { BuildRequest } from './plan/request.js';
import { targetPlatforms, type TargetPlatforms } from './plan/target-platforms.js';
import { isNewNote } from './store/said-notes.js';
import { refuseAborted } from './validate-arguments.js';
import { inputOf } from './standard-streams.js';

export interface OpenBuild {
  readonly tools: BuildTools;
  readonly definition: Definition;
  readonly targets: TargetPlatforms;
  /** Relative paths of the request are relative to it. */
  readonly cwd: string;
  /** Writes the caches of the request, when it has any: `CacheExports.write`. @param layers of all images */
  exportCaches?(layers: readonly Layer[]): Promise<Descriptor | undefined>;
}

export interface OpenBuildOptions {
  /** Kept as they are: a copy would open the standard streams of the command, which few builds need. */
  readonly options: BuildOptions;
  /** Caches that are asked after the store. */
  readonly imports: CacheImports | undefined;
  readonly hooks?: BuildHooks;
}

/** @throws what `work` throws; TsbuildError as openSources and its `load` */
export async function withBuildTools<T>(
  engine: Engine,
  request: BuildRequest,
  { options, imports, hooks }: OpenBuildOptions,
  work: (open: OpenBuild) => Promise<T>,
): Promise<T> {
  const { onEvent: emit = () => undefined, cwd = process.cwd() } = options;
  const { store, limits, now, oneByOne } = engine;
  const targets = targetPlatforms(request, engine.env);
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  // Steps that run side by side listen each.
  setMaxListeners(0, signal);
  const sources = openSources(engine, request, { cwd, stdin: () => inputOf(options), signal, emit });
  const sandbox = sandboxFor(engine, request, { signal, emit });
  const files = createLayerFiles({ store, limits, signal, emit, now, oneByOne });
  let stepCache: StepCache | undefined;
  let caCertificates: Promise<string | undefined> | undefined;
  let caches: CacheExports | undefined;
  const opened = async (): Promise<T> => {
    caches = await openCaches({ engine, request, cwd, signal, emit, imports });
    const { definition, contexts } = await reportStep({ emit, now }, loading(request), () => sources.load());
    const contentDigests = createContentDigests(store);
    const { secrets, ssh, remote } = sources;
    const buildPlatform = platformOfNode(process.arch);
    const isPulled = request.pull === true;
    const secretScan = createSecretScan({ request, secrets, store, signal });
    const tally = { executed: 0, cached: 0 };
    stepCache = openStepCache({
      store,
      ground: { cwd, context: request.context, dockerfile: request.dockerfile },
      signal,
      now,
      note: (message) => emit({ kind: 'note', message }),
      inspection: secretScan && inspectionBy(secretScan, { store, files, sandbox, emit }),
      tally,
      ...caches?.listeners,
      ...imports?.open(files),
    });
    const tools: BuildTools = {
      request,
      buildPlatform,
      targetPlatform: targets.platforms[0] ?? buildPlatform,
      contexts,
      remote,
      resolveImage: createImageResolver({
        store,
        registry: engine.registry,
        isPulled,
        signal,
        emit,
        now,
        oneByOne,
      }),
      linkedImage: linkedImages(hooks?.linked ?? new Map()),
      limits,
      signal,
      now,
      store,
      files,
      trees: createTrees({ store, files, contentDigests }),
      secrets,
      ssh,
      secretScan,
      sandbox,
      emulators: engine.emulators,
      caCertificates: () => (caCertificates ??= readCertificates(engine)),
      emit,
      tally,
      stepCache,
      usedMounts: new Map(),
      mountSource: imports?.mounts,
      failedRuns: hooks?.failedRuns,
    };
    const result = await work({
      tools,
      definition,
      targets,
      cwd,
      ...(caches && { exportCaches: (layers: readonly Layer[]) => caches!.write(tools, layers) }),
    });
    contexts.save();
    contentDigests.save();
    return result;
  };
  const explained = () =>
    opened().catch((error: unknown) => {
      // Whatever broke off with the signal says why.
      if (!(error instanceof TsbuildError) || error.code === 'ABORTED') refuseAborted(options.signal);
      throw error;
    });
  return closeAfter(explained, [
    // Steps of other stages that still run, and fetches, must not outlive the build.
    () => controller.abort(),
    () => Promise.all([stepCache?.once.settle(), files.settle(), sandbox.dispose()]),
    sources.close,
    () => caches?.close() ?? Promise.resolve(),
  ]);
}

async function openCaches(options: CacheExportOptions): Promise<CacheExports | undefined> {
  if (!options.request.cacheTo?.length) return undefined;
  return (await import('./cache-exports.js')).openCacheExports(options);
}

async function readCertificates({ env }: Engine): Promise<string | undefined> {
  if (!env['TSBUILD_CA_CERT']) return undefined;
  return (await import('./registry/ca-certificates.js')).readCaCertificates(env);
}

function loading({ dockerfile }: BuildRequest) {
  const name = `[internal] load build definition from ${redactSource(dockerfile ?? 'Dockerfile')}`;
  return { id: 'definition', name };
}

function sandboxFor(
  engine: Engine,
  request: BuildRequest,
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: EventSink },
): SandboxOnDemand {
  const { isolation = 'auto' } = request;
  return createSandboxOnDemand({
    open: (onNote) => engine.openSandbox({ isolation, request, signal, onNote }),
    isNewNote: (message) => isNewNote(engine.store.paths, message),
    emit,
  });
}
