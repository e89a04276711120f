// The spine: a request goes in, an image comes out.
import { resolve } from 'node:path';
import type { BuildHooks } from './build-hooks.js';
import type { BuildOptions } from './build-options.js';
import type { BuildTools } from './builder/build-tools.js';
import type { BuildPlan } from './builder/planning/plan-build.js';
import { executePlatforms, planPlatforms, type PlannedPlatform } from './build-platforms.js';
import type { CacheImports } from './cache-imports.js';
import { withCaCertificates } from './ca-environment.js';
import { now } from './clock.js';
import { closeAfter } from './core/close-after.js';
import { TsbuildError } from './core/errors.js';
import { inTurns } from './core/in-turns.js';
import { sideBySide } from './core/side-by-side.js';
import type { Engine } from './engine.js';
import type { ExportedRoot } from './describe-build.js';
import { clampOnce, exportImages } from './export-built-images.js';
import { createFailedRuns } from './failed-runs.js';
import { plainRequest, type GivenRequest } from './given-request.js';
import { imageEvent } from './image-event.js';
import { finishImage } from './images/finish-image.js';
import type { Image } from './images/image.js';
import { LAYERS_AT_A_TIME } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import { canonicalReference, parseImageName } from './oci/reference.js';
import { withPushes, type Pushes } from './open-pushes.js';
import { withBuildTools, type OpenBuild } from './open-build.js';
import { isAttested, openClaims } from './open-claims.js';
import type { Dockerfile } from './parser/instruction.js';
import { parseStepwise } from './parser/parse-dockerfile.js';
import {
  annotationsFor,
  parseAnnotations,
  refuseStrayAnnotations,
  type Annotation,
} from './plan/annotations.js';
import { formatTime } from './plan/history.js';
import type { BuildRequest, BuildResult } from './plan/request.js';
import type { TargetPlatforms } from './plan/target-platforms.js';
import { pushedNames, withInsecure } from './push-targets.js';
import { refuseManifestLists, refuseUnbuildable } from './refuse-unbuildable.js';
import { repeatAfterDamage } from './repeat-after-damage.js';
import { openEngineOf } from './shared-engine.js';
import { removeOtherBoots } from './store/temporary-files.js';
import { validateBuildArguments } from './validate-arguments.js';
import type { ImageFacts } from './write-metadata.js';
import { outputOf } from './standard-streams.js';

/**
 * Builds an image and gives it its names and outputs. Two builds may run at once, in one process or in many, on one
 * store.
 * @throws TsbuildError; nothing has a name then that it had not before. OPTION_INVALID names what is wrong with the
 * arguments; the cause of ABORTED is the reason of `signal`
 */
export async function build(given: GivenRequest, options: BuildOptions = {}): Promise<BuildResult> {
  validateBuildArguments(given, options);
  const request = plainRequest(given);
  await refuseUnbuildable(request, options);
  const { env = process.env, onEvent: emit = () => undefined } = options;
  const engine = openEngineOf(options, { env: environmentFor(env, request, options), emit, now });
  return closeAfter(async () => {
    const result = await buildLogged(engine, request, options);
    // What was found only made nothing larger.
    if (result.executed > 0) await (await import('./cap-store.js')).capStore(engine, options);
    return result;
  }, [engine.close]);
}

/** Its log is kept, whatever it comes to. @throws as buildOn */
export async function buildLogged(
  engine: Engine,
  request: BuildRequest,
  options: BuildOptions,
  hooks: BuildHooks = {},
): Promise<BuildResult> {
  const { keepBuildLog, alsoTo } = await import('./keep-build-log.js');
  const { onEvent: emit = () => undefined, cwd = process.cwd() } = options;
  const { store, now: clock } = engine;
  const log = keepBuildLog(request, { paths: store.paths, emit, now: clock, cwd });
  const logged = alsoTo(options, log.onEvent);
  const work = async (): Promise<BuildResult> => {
    const failedRuns = createFailedRuns({
      paths: store.paths,
      buildId: log.id,
      emit: logged.onEvent ?? emit,
      now: clock,
      shell: options.onError && (await import('./open-shell.js')).shellPlaceOf(options),
    });
    return buildOn(engine, request, logged, { ...hooks, failedRuns });
  };
  const result = await work().catch(async (error) => {
    log.failed(error);
    if (request.report !== undefined) await reportFailed(engine, log.id, request.report, options);
    throw error;
  });
  log.done(result);
  if (request.report !== undefined) await report(engine, log.id, request.report, options);
  return result;
}

/** @throws TsbuildError OUTPUT_FAILED, STORE_*, ABORTED */
async function report(engine: Engine, id: string, dest: string, options: BuildOptions): Promise<void> {
  const { onEvent: emit = () => undefined, cwd = process.cwd() } = options;
  const { signal = new AbortController().signal } = options;
  const { writeReport } = await import('./write-report.js');
  await writeReport(engine, id, { dest: resolve(cwd, dest), cwd, signal, stdout: () => outputOf(options) });
  emit({ kind: 'note', message: `the report of this build is in ${resolve(cwd, dest)}` });
}

/** What the build failed of is more than why its report cannot be written. */
async function reportFailed(...args: Parameters<typeof report>): Promise<void> {
  const [, , , { onEvent: emit = () => undefined, signal }] = args;
  if (signal?.aborted) return;
  try {
    await report(...args);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    emit({ kind: 'note', message: `the report of this build could not be written: ${error.message}` });
  }
}

/** What the request says about registries is told to all that reads the environment. */
export function environmentFor(
  env: NodeJS.ProcessEnv,
  request: BuildRequest,
  options: BuildOptions,
): NodeJS.ProcessEnv {
  return withCaCertificates(withInsecure(env, request), request, options);
}

/** The same on an engine that is open. @throws as build */
export async function buildOn(
  engine: Engine,
  request: BuildRequest,
  options: BuildOptions,
  hooks: BuildHooks = {},
): Promise<BuildResult> {
  const attempt = (imports?: CacheImports) =>
    repeatAfterDamage(engine.damage, { request, options }, () =>
      withBuildTools(engine, request, { options, imports, hooks }, (open) =>
        withPushes(engine, { ...open.tools, cwd: open.cwd }, (pushes) =>
          buildWith(open, pushes, options, hooks),
        ),
      ),
    );
  if (!request.cacheFrom?.length || request.noCache === true) return attempt();
  const { withCacheImports } = await import('./cache-imports.js');
  return withCacheImports(engine, request, options, attempt);
}

async function buildWith(
  open: OpenBuild,
  pushes: Pushes,
  options: BuildOptions,
  hooks: BuildHooks,
): Promise<BuildResult> {
  const { tools, definition, targets } = open;
  const { request, tally } = tools;
  const startedOn = tools.now();
  const { tags = [], outputs = [] } = request;
  const names = tags.map((tag) => canonicalReference(parseImageName(tag)));
  if (targets.isIndex) refuseManifestLists(request);
  const annotations = readAnnotations(tools, targets);
  const dockerfile = await inTurns(parseStepwise(definition.text, definition.file), tools);
  if (willRun(request, dockerfile)) tools.sandbox.prepare();
  const planned = await planPlatforms(tools, dockerfile, targets.platforms);
  const { checkPlan } = await import('./builder/planning/check-plan.js');
  // What is found in the file is found for each platform.
  const [{ plan: firstPlan }] = planned as readonly [PlannedPlatform];
  const warnings = await checkPlan(tools, definition, dockerfile, firstPlan);
  const layers = await executePlatforms(planned, pushes.onLayer);
  const finish = (one: PlannedPlatform, made: readonly Layer[]): Image => {
    const input = imageInput(one.tools.request, one.plan);
    const own = annotationsFor(annotations, input.platform);
    const image = finishImage(input, made, own.manifest);
    tools.secretScan?.data({ ...image.config, annotations: own }, 'the image config');
    return image;
  };
  const images = planned.map((one, place) => finish(one, layers[place]!));
  for (const image of images) tools.emit(imageEvent(image, tools.now()));
  const clamped = clampOnce(images, {
    epoch: firstPlan.epoch,
    emit: tools.emit,
    clamp: async ({ layers: made }, place, epoch) =>
      finish(planned[place]!, await clampLayers(tools, made, epoch)),
  });
  const env = options.env ?? process.env;
  const shown = shownNames(request, names);
  const claims = await openClaims(request, {
    planned,
    definition,
    startedOn,
    names: shown,
    cwd: open.cwd,
    env,
  });
  const exported = await exportImages(
    {
      images,
      isIndex: targets.isIndex,
      clamped,
      outputs,
      names,
      annotations,
      pushes,
      ...(claims && isAttested(request) && { attest: claims.attest, claimsOf: claims.of }),
    },
    {
      ...tools,
      cwd: open.cwd,
      env,
      stdout: () => outputOf(options),
    },
  );
  if (tally.executed > 0) removeOtherBoots(tools.store.paths);
  const cache = await open.exportCaches?.(images.flatMap((image) => image.layers));
  const provenance = await claims?.metadata();
  await writeDescriptions(open, { ...exported, names: shown, cache, provenance }, hooks);
  if (hooks.areImagesUsed && request.cacheFrom?.length) await fetchLayers(tools, images);
  hooks.onImages?.(images);
  await tools.sandbox.release();
  const { root, configDigest } = exported;
  return {
    digest: root.digest,
    ...(configDigest && { configDigest }),
    names,
    executed: tally.executed,
    cached: tally.cached,
    warnings,
  };
}

/** What no image of the build could have is refused before it begins. */
function readAnnotations(
  { request, buildPlatform }: BuildTools,
  { platforms, isIndex }: TargetPlatforms,
): readonly Annotation[] {
  const { annotations = [], outputs = [] } = request;
  const ofOutputs = outputs.flatMap((output) => ('annotations' in output && output.annotations) || []);
  const known = platforms.map((platform) => platform ?? buildPlatform);
  const common = parseAnnotations(annotations, buildPlatform);
  const all = [...common, ...parseAnnotations(ofOutputs, buildPlatform)];
  refuseStrayAnnotations(all, isIndex || isAttested(request) ? known : undefined);
  return common;
}

/** Those of the image, and those that it was pushed to without a tag. */
function shownNames(request: BuildRequest, names: readonly string[]): readonly string[] {
  const pushed = pushedNames(request);
  return pushed.length > 0 ? pushed : names;
}

async function clampLayers(
  tools: BuildTools,
  layers: readonly Layer[],
  epoch: number,
): Promise<readonly Layer[]> {
  const { clampTimes } = await import('./images/clamp-times.js');
  return clampTimes(tools, layers, epoch);
}

/** Whether a RUN must very likely be executed, as far as can be said without a plan. */
function willRun({ noCache, target }: BuildRequest, { stages }: Dockerfile): boolean {
  if (noCache !== true || target !== undefined) return false;
  return stages.some(({ instructions }) => instructions.some(({ kind }) => kind === 'run'));
}

/** So that another build needs no source of this one. */
async function fetchLayers({ files }: BuildTools, images: readonly Image[]): Promise<void> {
  const layers = images.flatMap((image) => image.layers);
  await sideBySide(layers, LAYERS_AT_A_TIME, (layer) => files.blob(layer));
}

/** The files that tell a caller what was built, when it asks for them. */
async function writeDescriptions(
  { tools: { request }, cwd }: OpenBuild,
  built: ExportedRoot & Pick<ImageFacts, 'names' | 'cache' | 'provenance'>,
  { onMetadata }: BuildHooks,
): Promise<void> {
  const { iidFile, metadataFile } = request;
  if (iidFile === undefined && metadataFile === undefined && !onMetadata) return;
  const { metadataOf, writeIdFile, writeMetadataFile } = await import('./write-metadata.js');
  const { root, configDigest, ...facts } = built;
  onMetadata?.(metadataOf({ ...facts, root, config: configDigest }));
  if (iidFile !== undefined) await writeIdFile(resolve(cwd, iidFile), configDigest ?? root.digest);
  if (metadataFile !== undefined)
    await writeMetadataFile(resolve(cwd, metadataFile), { ...facts, root, config: configDigest });
}

function imageInput({ platform, labels }: BuildRequest, { target, epoch }: BuildPlan) {
  const { state } = target;
  return {
    // An explicit --platform is what the image is said to be for, whatever its base was.
    platform: platform ?? state.platform,
    config: { ...state.config, Labels: { ...state.config.Labels, ...labels } },
    ...(state.author === undefined ? {} : { author: state.author }),
    history: state.history,
    ...(epoch === undefined ? {} : { epoch: formatTime(epoch) }),
  };
}
