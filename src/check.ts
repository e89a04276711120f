// Build checks of a Dockerfile without building it: the file is planned as a build would plan it, with the configs of
// its base images, and nothing runs. Spec: BuildKit's DockerfileLint (dockerfile2llb/convert.go) and
// frontend/subrequests/lint.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TsbuildError, type SourceLocation } from './core/errors.js';
import type { BuildOptions } from './build-options.js';
import { now } from './clock.js';
import { closeAfter } from './core/close-after.js';
import { factsOfPlan } from './builder/planning/check-facts.js';
import { inTurns } from './core/in-turns.js';
import type { Definition } from './context/load-definition.js';
import { planBuild, type PlannedStage } from './builder/planning/plan-build.js';
import type { PlanTools } from './builder/build-tools.js';
import { platformOfNode } from './oci/platform.js';
import { checkOptionsOf, checkStepwise, lintViolation } from './parser/checks/run-checks.js';
import type { Dockerfile } from './parser/instruction.js';
import { parseStepwise } from './parser/parse-dockerfile.js';
import type { Engine, EngineOptions } from './engine.js';
import { plainRequest, type GivenRequest } from './given-request.js';
import { createImageResolver } from './images/resolve-image.js';
import { openSources } from './open-sources.js';
import { targetPlatforms } from './plan/target-platforms.js';
import { openEngineOf } from './shared-engine.js';
import { validateBuildArguments } from './validate-arguments.js';
import { storePaths } from './store/store-paths.js';
import { defaultStoreRoot } from './store/store.js';
import { inputOf } from './standard-streams.js';

export interface CheckFinding {
  readonly rule: string;
  readonly message: string;
  readonly url?: string;
  readonly location?: SourceLocation;
}

export interface CheckResult {
  /** By line; when there is an error, what was found up to it. */
  readonly findings: readonly CheckFinding[];
  /** `# check=error=true` (or BUILDKIT_DOCKERFILE_CHECK) makes findings an error of a build. */
  readonly isError: boolean;
  /** What a build would stop with before anything runs. */
  readonly error?: TsbuildError;
  /** What could not be checked, and why. */
  readonly notes: readonly string[];
}

/**
 * Checks the stages that the target needs, all stages without one. A base image that no registry can be asked for is
 * noted, and what depends on it is passed over.
 * @throws TsbuildError for a file or a context that cannot be read: DOCKERFILE_NOT_FOUND, CONTEXT_*; OPTION_*, STORE_*,
 * ABORTED
 */
export async function check(given: GivenRequest, options: BuildOptions = {}): Promise<CheckResult> {
  validateBuildArguments(given, options);
  const request = plainRequest(given);
  const { env = process.env, cwd = process.cwd(), onEvent: emit = () => undefined } = options;
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  return withEngine(options, { env, emit, now }, async (engine) => {
    const sources = openSources(engine, request, { cwd, stdin: () => inputOf(options), signal, emit });
    const checked = async (): Promise<CheckResult> => {
      const { definition, contexts } = await sources.load();
      const { store, registry, limits } = engine;
      const isPulled = request.pull === true;
      const resolveImage = createImageResolver({ store, registry, isPulled, signal, emit, now });
      const buildPlatform = platformOfNode(process.arch);
      const [targetPlatform = buildPlatform] = targetPlatforms(request, env).platforms;
      const { remote } = sources;
      const shared = { contexts, remote, resolveImage, limits, signal, now };
      return checkDefinition({ request, buildPlatform, targetPlatform, ...shared }, definition);
    };
    return closeAfter(checked, [() => controller.abort(), sources.close]);
  });
}

/** On the store, when there is one: a check makes none that lasts. */
async function withEngine<T>(
  options: BuildOptions,
  opened: Omit<EngineOptions, 'root' | 'shared'>,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-check-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const worked = async (): Promise<T> => {
    const engine = openEngineOf(options, { ...opened, root: existingStore(opened.env) ?? folder });
    return closeAfter(() => work(engine), [engine.close]);
  };
  return closeAfter(worked, [removeFolder]);
}

async function checkDefinition(tools: PlanTools, definition: Definition): Promise<CheckResult> {
  try {
    const dockerfile = await inTurns(parseStepwise(definition.text, definition.file), tools);
    const checkOption = tools.request.buildArgs?.['BUILDKIT_DOCKERFILE_CHECK'];
    const { isError } = checkOptionsOf(dockerfile, checkOption);
    return { ...(await checkDockerfile(tools, definition, { dockerfile, isError })), isError };
  } catch (error) {
    return { findings: [], isError: false, notes: [], error: ofFile(error) };
  }
}

async function checkDockerfile(
  tools: PlanTools,
  definition: Definition,
  { dockerfile, isError }: { readonly dockerfile: Dockerfile; readonly isError: boolean },
): Promise<Omit<CheckResult, 'isError'>> {
  const { stages, notes, failure } = await planAll(tools, dockerfile);
  const facts = factsOfPlan(tools, definition, dockerfile, { stages });
  const checking = checkStepwise(dockerfile, { ...facts, lastLine: failure?.location?.startLine });
  const findings = await inTurns(checking, tools);
  const error = failure ?? (isError ? lintViolation(findings) : undefined);
  return { findings, notes, ...(error === undefined ? {} : { error }) };
}

interface Planned {
  /** As far as the plan came. */
  readonly stages: ReadonlyMap<number, PlannedStage>;
  readonly notes: readonly string[];
  readonly failure: TsbuildError | undefined;
}

/** What a step may do besides is for the build to allow, and no fault of the file. */
const EVERYTHING = ['network.host', 'security.insecure'];

async function planAll(tools: PlanTools, dockerfile: Dockerfile): Promise<Planned> {
  const stages = new Map<number, PlannedStage>();
  const notes = new Set<string>();
  const request = { ...tools.request, allow: EVERYTHING };
  const plan = planBuild({ ...tools, request }, dockerfile, {
    areAllNeeded: !request.target,
    onStage: (stage) => void stages.set(stage.node.stage.index, stage),
    onUnreachable: ({ message }) => void notes.add(`not checked against a base image: ${message}`),
  });
  const failure = await plan.then(() => undefined, ofFile);
  return { stages, notes: [...notes], failure };
}

/** An error that a build of the file would end with. @throws any other */
function ofFile(error: unknown): TsbuildError {
  if (error instanceof TsbuildError && error.code !== 'ABORTED') return error;
  throw error;
}

/** The folder of the store that builds use. */
function existingStore(env: NodeJS.ProcessEnv): string | undefined {
  const root = defaultStoreRoot(env);
  return existsSync(join(storePaths(root).oci, 'oci-layout')) ? root : undefined;
}
