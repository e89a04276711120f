// Build checks of a Dockerfile without building it: the file is planned as a build would plan it, with the configs of its base images, and
// nothing runs. Spec: BuildKit's DockerfileLint (dockerfile2llb/convert.go) and frontend/subrequests/lint.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TsbuildError, type SourceLocation } from './core/errors.js';
import type { BuildOptions } from './build.js';
import { now } from './clock.js';
import { factsOfPlan } from './builder/planning/check-facts.js';
import { createContexts } from './context/contexts.js';
import { inTurns } from './core/in-turns.js';
import { loadDefinition, type Definition } from './context/load-definition.js';
import { planBuild, type PlannedStage } from './builder/planning/plan-build.js';
import { onceByKey, type PlanSession } from './builder/session.js';
import { openSshAgents } from './ssh-agent/ssh-agents.js';
import { openSecrets } from './builder/secrets/secrets.js';
import { platformOfNode } from './oci/platform.js';
import { checkOptionsOf, checkStepwise, lintViolation } from './parser/checks/run-checks.js';
import type { Dockerfile } from './parser/instruction.js';
import { parseStepwise } from './parser/parse-dockerfile.js';
import { layerLimitsOf } from './layer/limits.js';
import type { BuildRequest } from './plan/request.js';
import { createServices } from './services.js';
import { validateBuildArguments } from './validate-arguments.js';
import { storePaths } from './store/store-paths.js';
import { defaultStoreRoot, openStore, type Store } from './store/store.js';

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
 * Checks the stages that the target needs, all stages without one. A base image that no registry can be asked for is noted, and what
 * depends on it is passed over.
 * @throws TsbuildError for a file or a context that cannot be read: DOCKERFILE_NOT_FOUND, CONTEXT_*; OPTION_*, STORE_*, ABORTED
 */
export async function check(request: BuildRequest, options: BuildOptions = {}): Promise<CheckResult> {
  validateBuildArguments(request, options);
  const { env = process.env, cwd = process.cwd(), onEvent: emit = () => undefined } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-check-'));
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  const store = existingStore(env) ?? openStore(folder);
  const secrets = openSecrets(request.secrets ?? [], { env, cwd });
  const ssh = openSshAgents(request.ssh ?? [], { env, cwd, temporaryPath: store.temporaryPath });
  const services = createServices({ store, request, secrets, ssh, env, signal, now, emit });
  const limits = layerLimitsOf(env);
  const { registry, remote } = services;
  try {
    const note = (message: string) => emit({ kind: 'note', message });
    const spool = join(folder, 'context.tar');
    const sources = { cwd, stdin: options.stdin, spool, signal, limits, remote, note };
    const definition = await loadDefinition(request, sources);
    const base = { store, emit, signal, layerLimits: limits, cwd, now, registry, remote, once: onceByKey() };
    const { openMain } = definition;
    const named = request.buildContexts ?? {};
    const statDir = store.paths.stat;
    const opening = { cwd, openMain, named, request, limits, signal, statDir, remote, now, note };
    const contexts = createContexts(opening);
    const buildPlatform = platformOfNode(process.arch);
    const targetPlatform = request.platform ?? buildPlatform;
    return await checkDefinition({ ...base, request, contexts, buildPlatform, targetPlatform }, definition);
  } finally {
    controller.abort();
    await services.dispose();
    await ssh.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkDefinition(session: PlanSession, definition: Definition): Promise<CheckResult> {
  try {
    const dockerfile = await inTurns(parseStepwise(definition.text, definition.file), session);
    const checkOption = session.request.buildArgs?.['BUILDKIT_DOCKERFILE_CHECK'];
    const { isError } = checkOptionsOf(dockerfile, checkOption);
    return { ...(await checkDockerfile(session, definition, { dockerfile, isError })), isError };
  } catch (error) {
    return { findings: [], isError: false, notes: [], error: ofFile(error) };
  }
}

async function checkDockerfile(
  session: PlanSession,
  definition: Definition,
  { dockerfile, isError }: { readonly dockerfile: Dockerfile; readonly isError: boolean },
): Promise<Omit<CheckResult, 'isError'>> {
  const { stages, notes, failure } = await planAll(session, dockerfile);
  const facts = factsOfPlan(session, definition, dockerfile, { stages });
  const checking = checkStepwise(dockerfile, { ...facts, lastLine: failure?.location?.startLine });
  const findings = await inTurns(checking, session);
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

async function planAll(session: PlanSession, dockerfile: Dockerfile): Promise<Planned> {
  const stages = new Map<number, PlannedStage>();
  const notes = new Set<string>();
  const request = { ...session.request, allow: EVERYTHING };
  const plan = planBuild({ ...session, request }, dockerfile, {
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

/** A check makes no store of its own that lasts. */
function existingStore(env: NodeJS.ProcessEnv): Store | undefined {
  const root = defaultStoreRoot(env);
  return existsSync(join(storePaths(root).oci, 'oci-layout')) ? openStore(root) : undefined;
}
