// The spine: a request goes in, an image comes out.
import { setMaxListeners } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EventSink } from './core/events.js';
import { TsbuildError } from './core/errors.js';
import { redactSource } from './core/redact.js';
import { createContentDigests } from './images/content-digests.js';
import { createContexts } from './context/contexts.js';
import { executePlan } from './builder/execute-plan.js';
import { finishImage } from './images/finish-image.js';
import type { Image } from './images/image.js';
import { inTurns } from './core/in-turns.js';
import { loadDefinition, type Definition } from './context/load-definition.js';
import { planBuild, type BuildPlan } from './builder/planning/plan-build.js';
import { requireSecrets } from './builder/secrets/require-secrets.js';
import { createSecretScan } from './builder/secrets/secret-scan.js';
import { onceByKey, type Session } from './builder/session.js';
import { reportStep } from './core/step-events.js';
import { openSshAgents } from './context/ssh-agent/ssh-agents.js';
import { openSecrets } from './builder/secrets/secrets.js';
import type { ChainLayer } from './images/chain-layer.js';
import { layerLimitsOf } from './layer/limits.js';
import { platformOfNode } from './oci/platform.js';
import { canonicalReference, parseImageName } from './oci/reference.js';
import type { Descriptor } from './oci/types.js';
import type { Dockerfile } from './parser/instruction.js';
import { parseStepwise } from './parser/parse-dockerfile.js';
import { formatTime } from './plan/history.js';
import { parseAnnotations } from './plan/annotations.js';
import type { BuildRequest, BuildResult } from './plan/request.js';
import { repeatAfterDamage } from './repeat-after-damage.js';
import type { Damage } from './store/damage.js';
import { defaultStoreRoot, openStore } from './store/store.js';
import { now } from './clock.js';
import { exportForSession } from './export-for-session.js';
import { createServices } from './services.js';
import { refuseAborted, validateBuildArguments } from './validate-arguments.js';

export interface BuildOptions {
  readonly onEvent?: EventSink;
  readonly signal?: AbortSignal;
  readonly stdin?: NodeJS.ReadableStream;
  readonly stdout?: NodeJS.WritableStream;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/**
 * Builds an image and gives it its names and outputs. Two builds may run at once, in one process or in many, on one store.
 * @throws TsbuildError; nothing has a name then that it had not before. OPTION_INVALID names what is wrong with the arguments; the cause of
 * ABORTED is the reason of `signal`
 */
export async function build(request: BuildRequest, options: BuildOptions = {}): Promise<BuildResult> {
  validateBuildArguments(request, options);
  await refuseUnwritable(request, options.cwd ?? process.cwd());
  return repeatAfterDamage(request, options, (damage) => buildOnce(request, options, damage));
}

async function buildOnce(request: BuildRequest, options: BuildOptions, damage: Damage): Promise<BuildResult> {
  const names = (request.tags ?? []).map((tag) => canonicalReference(parseImageName(tag)));
  const annotations = parseAnnotations(request.annotations ?? []);
  return withSession(request, { options, damage }, async (session, definition) => {
    const dockerfile = await inTurns(parseStepwise(definition.text, definition.file), session);
    if (willRun(session.request, dockerfile)) session.prepareSandbox();
    const plan = await planBuild(session, dockerfile);
    requireSecrets(session, plan);
    const { checkPlan } = await import('./builder/planning/check-plan.js');
    const warnings = await checkPlan(session, definition, dockerfile, plan);
    const layers = await executePlan(session, plan);
    const finish = (chain: readonly ChainLayer[]) =>
      finishImage(session, imageInput(session, plan), chain, annotations);
    const { stdout } = options;
    const { epoch } = plan;
    const exporting = { session, stdout, layers, epoch, finish, names, annotations };
    const { manifest, image } = await exportForSession(exporting);
    await describeImage(session, { manifest, image, names });
    await session.endSandbox();
    return {
      digest: manifest.digest,
      configDigest: image.configDigest,
      names,
      executed: session.tally.executed,
      cached: session.tally.cached,
      warnings,
    };
  });
}

async function refuseUnwritable(request: BuildRequest, cwd: string): Promise<void> {
  const { outputs = [], iidFile, metadataFile } = request;
  if (outputs.length === 0 && iidFile === undefined && metadataFile === undefined) return;
  (await import('./try-outputs.js')).tryOutputs(request, cwd);
}

/** Whether a RUN must very likely be executed, as far as can be said without a plan. */
function willRun({ noCache, target }: BuildRequest, { stages }: Dockerfile): boolean {
  if (noCache !== true || target !== undefined) return false;
  return stages.some(({ instructions }) => instructions.some(({ kind }) => kind === 'run'));
}

/** The files that tell a caller what was built, when it asks for them. */
async function describeImage(
  session: Session,
  { manifest, image, names }: { manifest: Descriptor; image: Image; names: readonly string[] },
): Promise<void> {
  const { iidFile, metadataFile } = session.request;
  if (iidFile === undefined && metadataFile === undefined) return;
  const { writeIdFile, writeMetadataFile } = await import('./write-metadata.js');
  const config = image.configDigest;
  if (iidFile !== undefined) await writeIdFile(resolve(session.cwd, iidFile), config);
  if (metadataFile !== undefined)
    await writeMetadataFile(resolve(session.cwd, metadataFile), { manifest, config, names });
}

/** Opens what a build carries along and lets go of it at the end, whatever happens. */
async function withSession<T>(
  request: BuildRequest,
  { options, damage }: { readonly options: BuildOptions; readonly damage: Damage },
  work: (session: Session, definition: Definition) => Promise<T>,
): Promise<T> {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const limits = layerLimitsOf(env);
  const emit = options.onEvent ?? (() => undefined);
  const store = openStore(defaultStoreRoot(env), damage);
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  // Steps that run side by side listen each.
  setMaxListeners(0, signal);
  let spool: string | undefined;
  const secrets = openSecrets(request.secrets ?? [], { env, cwd });
  const ssh = openSshAgents(request.ssh ?? [], { env, cwd, temporaryPath: store.temporaryPath });
  const services = createServices({ store, request, secrets, ssh, env, signal, now, emit });
  const note = (message: string) => emit({ kind: 'note', message });
  if (store.isNamesLost)
    note(
      `${store.paths.oci}/index.json was gone: the names of the images in the store are lost, build them again`,
    );
  const load = {
    id: 'definition',
    name: `[internal] load build definition from ${redactSource(request.dockerfile ?? 'Dockerfile')}`,
  };
  try {
    const definition = await reportStep({ emit, now }, load, () =>
      loadDefinition(request, {
        cwd,
        get stdin() {
          return options.stdin;
        },
        get spool() {
          return (spool ??= store.temporaryPath());
        },
        signal,
        limits,
        remote: services.remote,
        note,
      }),
    );
    const buildPlatform = platformOfNode(process.arch);
    const session: Session = {
      request,
      store,
      emit,
      signal,
      env,
      layerLimits: limits,
      cwd,
      now,
      buildPlatform,
      targetPlatform: request.platform ?? buildPlatform,
      contexts: createContexts({
        cwd,
        openMain: definition.openMain,
        named: request.buildContexts ?? {},
        request,
        limits,
        signal,
        statDir: store.paths.stat,
        remote: services.remote,
        note,
        now,
      }),
      remote: services.remote,
      secrets,
      ssh,
      secretScan: createSecretScan({ request, secrets, store, signal }),
      registry: services.registry,
      sandbox: services.sandbox,
      prepareSandbox: services.prepareSandbox,
      endSandbox: services.endSandbox,
      contentDigests: createContentDigests(store),
      tally: { executed: 0, cached: 0 },
      once: onceByKey(),
    };
    const result = await work(session, definition);
    session.contexts.save();
    session.contentDigests.save();
    return result;
  } catch (error) {
    // Whatever broke off with the signal says why.
    if (!(error instanceof TsbuildError) || error.code === 'ABORTED') refuseAborted(options.signal);
    throw error;
  } finally {
    // Steps of other stages that still run must not outlive the build.
    controller.abort();
    await services.dispose();
    await ssh.close();
    if (spool !== undefined && existsSync(spool)) rmSync(spool);
    store.temporaries.release();
  }
}

function imageInput(session: Session, { target, epoch }: BuildPlan) {
  const { state } = target;
  // An explicit --platform is what the image is said to be for, whatever its base was.
  const platform = session.request.platform ?? state.platform;
  return {
    platform,
    config: { ...state.config, Labels: { ...state.config.Labels, ...session.request.labels } },
    ...(state.author === undefined ? {} : { author: state.author }),
    history: state.history,
    ...(epoch === undefined ? {} : { epoch: formatTime(epoch) }),
  };
}
