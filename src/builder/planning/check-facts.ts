// What the build checks may know beyond the text of the file: ignore rules, arguments, and what is known of base
// images.
// Invariant: nothing is guessed. What is not known is left out, and the rules that need it keep silent.
import { emptyTree } from '../../layer/memory-tree.js';
import type { IgnoreRules } from '../../context/ignore-file.js';
import { formatPlatform, normalizePlatform, type Platform } from '../../oci/platform.js';
import type { ImageConfig } from '../../oci/types.js';
import type { CheckFacts } from '../../parser/checks/check-context.js';
import type { Dockerfile, Stage } from '../../parser/instruction.js';
import type { Definition } from '../../context/load-definition.js';
import type { BuildPlan, PlannedStage } from './plan-build.js';
import { automaticArgsOf, type GraphInput } from './read-graph.js';

type FileFacts = Pick<CheckFacts, 'checkOption' | 'buildArgs' | 'automaticArgs' | 'ignoredBy'>;

/** What both a check and a build know. @throws TsbuildError IGNORE_SYNTAX, CONTEXT_UNREADABLE */
function fileFacts(input: GraphInput, definition: Definition, dockerfile: Dockerfile): FileFacts {
  const { buildArgs = {} } = input.request;
  const automatic = [...automaticArgsOf(input, dockerfile)];
  return {
    checkOption: buildArgs['BUILDKIT_DOCKERFILE_CHECK'],
    buildArgs,
    automaticArgs: Object.fromEntries(
      automatic.map(([key, value]) => [key, Object.hasOwn(buildArgs, key) ? buildArgs[key]! : value]),
    ),
    ignoredBy: dockerfile.stages.some(copiesFromContext) ? ignoredBy(definition) : undefined,
  };
}

function copiesFromContext({ instructions }: Stage): boolean {
  return instructions.some(
    (instruction) =>
      instruction.kind === 'add' || (instruction.kind === 'copy' && instruction.from === undefined),
  );
}

/**
 * Undefined without an ignore file, and when it has a `!` pattern: what such a file hides cannot be told from a path
 * alone.
 */
function ignoredBy(definition: Definition): CheckFacts['ignoredBy'] {
  const matcher = ignoreRulesOf(definition)?.matcher;
  if (!matcher || matcher.hasNegation) return undefined;
  const everything = matcher.patterns.findLast((pattern) => EVERYTHING.has(pattern));
  return (path) => (ROOT.has(path) ? everything : matcher.explain(path));
}

/** The context itself, as COPY names it; a pattern hides it only when it hides all there is. */
const ROOT = new Set(['.', './', '/']);
const EVERYTHING = new Set(['*', '**', '**/*']);

/** The rules that the main context would be opened with; it is not opened. */
function ignoreRulesOf(definition: Definition): IgnoreRules | undefined {
  let rules: IgnoreRules | undefined;
  definition.openMain((_root, ignore) => {
    rules = ignore;
    return { kind: 'files', view: emptyTree };
  });
  return rules;
}

/** A base image of a stage: what a rule may want to know of it. */
interface Base {
  readonly index: number;
  readonly config: Pick<ImageConfig, 'os' | 'architecture' | 'variant' | 'config'>;
  readonly expected: Platform;
  /** Triggers of the base set variables that its config does not have. */
  readonly hasTriggers: boolean;
}

function baseFacts(
  bases: readonly Base[],
): Pick<CheckFacts, 'baseEnvironments' | 'baseShells' | 'basePlatforms'> {
  const complete = bases.filter(({ hasTriggers }) => !hasTriggers);
  const withShell = bases.filter(({ config }) => (config.config?.Shell ?? []).length > 0);
  return {
    baseEnvironments: new Map(complete.map(({ index, config }) => [index, config.config?.Env ?? []])),
    baseShells: new Set(withShell.map(({ index }) => index)),
    basePlatforms: new Map(bases.flatMap((base) => differingPlatforms(base))),
  };
}

/** Only operating system and architecture count, as in BuildKit's validateBaseImagePlatform. */
function differingPlatforms({
  index,
  config,
  expected,
}: Base): [number, { expected: string; actual: string }][] {
  const { os, architecture, variant } = config;
  const actual = normalizePlatform({ os, architecture, ...(variant ? { variant } : {}) });
  if (actual.os === expected.os && actual.architecture === expected.architecture) return [];
  return [[index, { expected: formatPlatform(expected), actual: formatPlatform(actual) }]];
}

/** The facts of a plan: of every base it resolved. A plan that failed has the stages as far as it came. */
export function factsOfPlan(
  input: GraphInput,
  definition: Definition,
  dockerfile: Dockerfile,
  plan: Pick<BuildPlan, 'stages'>,
): CheckFacts {
  const run = [...plan.stages.values()].filter(({ node }) => !node.isReplaced);
  return {
    ...fileFacts(input, definition, dockerfile),
    stages: new Set(run.map(({ node }) => node.stage.index)),
    ...baseFacts(run.flatMap((stage) => plannedBase(stage, plan))),
  };
}

function plannedBase(
  { node, image, platform, contextFiles }: PlannedStage,
  plan: Pick<BuildPlan, 'stages'>,
): Base[] {
  const { index } = node.stage;
  const rest = { index, hasTriggers: node.triggers.length > 0 };
  if (image) return [{ ...rest, config: image.config, expected: platform }];
  if (contextFiles !== undefined) return [{ ...rest, config: platform, expected: platform }];
  const parent = node.base.kind === 'stage' ? plan.stages.get(node.base.index) : undefined;
  // A stage that a named context stands for is walked by no rule, so that its variables come in here.
  if (!parent?.node.isReplaced) return [];
  const { state } = parent;
  return [{ ...rest, config: { ...state.platform, config: state.config }, expected: state.platform }];
}
