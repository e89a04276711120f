// `readTargets`: what a definition says, worked out, without building.
import { filledText, listOf, object, text, texts, textsByName } from '../argument-checks.js';
import { parseDotenv } from '../bake/compose/dotenv.js';
import type { Definition, Variable } from '../bake/definition.js';
import { printDefinition, printedTarget } from '../bake/print.js';
import { readDefinition } from '../bake/read-definition.js';
import { resolveTargets, type ResolvedDefinition } from '../bake/resolve.js';
import type { BuildOptions } from '../build-options.js';
import { now } from '../clock.js';
import { TsbuildError } from '../core/errors.js';
import { parseGoBool } from '../core/go-bool.js';
import { formatPlatform, platformOfNode } from '../oci/platform.js';
import type { BuildRequest } from '../plan/request.js';
import { readDotenvFile, readTargetFiles } from '../target-files.js';
import { requestOfTarget } from '../target-request.js';
import { refuseAborted } from '../validate-arguments.js';

export interface ReadTargetsRequest {
  /** Merged in this order, `-` for `stdin`; default those of the directory (docs/bake.md). */
  readonly files?: readonly string[];
  /** Names and patterns of targets and groups; default `default`. */
  readonly targets?: readonly string[];
  /** `TARGET.KEY=VALUE`; the target may be a pattern. */
  readonly overrides?: readonly string[];
  /** Values of variables; they win over the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Entitlements that targets may ask for: `network.host`, `security.insecure`. */
  readonly allow?: readonly string[];
}

/** A target as it is built. */
export interface TargetDescription {
  readonly name: string;
  /** Its attributes with the names of bake files, as `--print` shows them. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Built only since another target needs it. */
  readonly isLinked: boolean;
}

export interface TargetSet {
  /** In the order of their names. */
  readonly targets: readonly TargetDescription[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** The JSON that `tsbuild bake --print` shows. */
  readonly json: string;
  /** The build of a target. @throws TsbuildError OPTION_*, NOT_ALLOWED; TARGET_NOT_FOUND */
  request(target: string): BuildRequest;
}

/** What a definition holds before anything is chosen of it. */
export interface TargetList {
  readonly targets: readonly { readonly name: string; readonly description?: string }[];
  readonly groups: readonly {
    readonly name: string;
    readonly description?: string;
    readonly targets: readonly string[];
  }[];
  readonly variables: readonly Variable[];
}

/** For requests that have these members too. */
export const READ_TARGETS = {
  files: listOf(filledText),
  targets: listOf(filledText),
  overrides: texts,
  variables: textsByName,
  allow: listOf(text),
};
const readTargetsRequest = object(READ_TARGETS);

/**
 * @throws TsbuildError BAKE_NOT_FOUND, BAKE_INVALID with the place, TARGET_NOT_FOUND, OPTION_INVALID,
 * OPTION_UNSUPPORTED, ABORTED
 */
export async function readTargets(
  request: ReadTargetsRequest = {},
  options: BuildOptions = {},
): Promise<TargetSet> {
  readTargetsRequest(request, 'request');
  return describe(await resolveRequest(request, options), request, options);
}

/** @throws TsbuildError as readTargets */
export async function listTargets(
  request: ReadTargetsRequest = {},
  options: BuildOptions = {},
): Promise<TargetList> {
  readTargetsRequest(request, 'request');
  const { targets, groups, variables } = await definitionOf(request, options);
  return {
    targets: targets.map(({ name, spec: { description } }) => ({
      name,
      ...(description && { description }),
    })),
    groups,
    variables,
  };
}

/** @throws TsbuildError as readTargets */
export async function resolveRequest(
  request: ReadTargetsRequest,
  options: BuildOptions,
): Promise<ResolvedDefinition> {
  const { env = process.env } = options;
  const { targets = [], overrides = [] } = request;
  const wanted = targets.length > 0 ? targets : ['default'];
  const definition = await definitionOf(request, options);
  return resolveTargets(definition, { targets: wanted, overrides, env: (name) => env[name] });
}

async function definitionOf(
  { files = [], variables = {} }: ReadTargetsRequest,
  options: BuildOptions,
): Promise<Definition> {
  refuseAborted(options.signal);
  const { env = process.env, cwd = process.cwd() } = options;
  const found = await readTargetFiles(files, { cwd, env, stdin: () => options.stdin });
  const isEnvironmentRead = parseGoBool(env['BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP'] ?? 'false') !== true;
  const lookUp = (name: string): string | undefined =>
    Object.hasOwn(variables, name) ? variables[name] : isEnvironmentRead ? env[name] : undefined;
  let dotenv: ReadonlyMap<string, string> | undefined;
  const fromDotenv = (name: string): string | undefined =>
    (dotenv ??= parseDotenv(readDotenvFile(cwd) ?? '', lookUp)).get(name);
  return readDefinition(found, {
    lookUp,
    lookUpForCompose: (name) => lookUp(name) ?? fromDotenv(name),
    localPlatform: formatPlatform(platformOfNode(process.arch)),
    now: now(),
    home: env['HOME'] ?? '/',
  });
}

function describe(
  resolved: ResolvedDefinition,
  { allow = [] }: ReadTargetsRequest,
  options: BuildOptions,
): TargetSet {
  const { env = process.env } = options;
  const { targets, groups } = resolved;
  return {
    targets: targets.map(({ name, spec, isLinked }) => ({ name, attributes: printedTarget(spec), isLinked })),
    groups: Object.fromEntries(groups.map((group) => [group.name, group.targets])),
    json: printDefinition(resolved),
    request(name) {
      const target = resolveRequested(resolved, name);
      return requestOfTarget(target, { env, allow });
    },
  };
}

function resolveRequested(
  { targets }: ResolvedDefinition,
  name: string,
): ResolvedDefinition['targets'][number] {
  const target = targets.find((one) => one.name === name);
  if (target) return target;
  throw new TsbuildError('TARGET_NOT_FOUND', `failed to find target ${name}`);
}
