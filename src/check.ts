// Build checks of a Dockerfile without building it. No network but for a context that lies there, and no store: what one knows of base
// images is used, and a rule that would need more keeps silent. Spec: dockerfile.md 7.3.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceLocation } from './core/errors.js';
import type { BuildOptions } from './build.js';
import { now } from './clock.js';
import { factsOfGraph } from './builder/check-facts.js';
import { inTurns } from './builder/in-turns.js';
import { loadDefinition, type Definition } from './builder/load-definition.js';
import { expanderOf, globalArgsOf, graphOf, type GraphInput } from './builder/read-graph.js';
import { openSshAgents } from './builder/ssh-agent/ssh-agents.js';
import { openSecrets } from './builder/steps/secrets.js';
import { platformOfNode } from './oci/platform.js';
import { checkOptionsOf, checkStepwise } from './parser/checks/run-checks.js';
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
  readonly findings: readonly CheckFinding[];
  /** `# check=error=true` (or BUILDKIT_DOCKERFILE_CHECK) makes findings an error of a build. */
  readonly isError: boolean;
}

/**
 * The findings by line: of the stages that the target needs, of all stages without one.
 * @throws TsbuildError what a build would throw for a file that cannot be read as a whole: DOCKERFILE_*, STAGE_NOT_FOUND, GRAPH_CYCLE,
 * REGISTRY_REFERENCE, CONTEXT_*, IGNORE_SYNTAX
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
  const services = createServices({
    store,
    request,
    secrets,
    ssh,
    env,
    signal,
    now,
    emit,
  });
  try {
    const spool = join(folder, 'context.tar');
    const limits = layerLimitsOf(env);
    const sources = { cwd, stdin: options.stdin, spool, signal, limits, remote: services.remote };
    return await checkDefinition(request, await loadDefinition(request, sources), { store, signal });
  } finally {
    controller.abort();
    await services.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkDefinition(
  request: BuildRequest,
  definition: Definition,
  { store, signal }: { readonly store: Store; readonly signal: AbortSignal },
): Promise<CheckResult> {
  const turns = { now, signal };
  const dockerfile = await inTurns(parseStepwise(definition.text, definition.file), turns);
  const buildPlatform = platformOfNode(process.arch);
  const input: GraphInput = {
    request,
    buildPlatform,
    targetPlatform: request.platform ?? buildPlatform,
    contexts: { names: new Set(Object.keys(request.buildContexts ?? {})) },
  };
  const expand = expanderOf(globalArgsOf(input, dockerfile), dockerfile);
  const graph = graphOf(input, dockerfile, expand);
  const facts = factsOfGraph(input, definition, dockerfile, { graph, expand, store });
  const { isError } = checkOptionsOf(dockerfile, facts.checkOption);
  return { findings: await inTurns(checkStepwise(dockerfile, facts), turns), isError };
}

/** A check makes no store of its own that lasts. */
function existingStore(env: NodeJS.ProcessEnv): Store | undefined {
  const root = defaultStoreRoot(env);
  return existsSync(join(storePaths(root).oci, 'oci-layout')) ? openStore(root) : undefined;
}
