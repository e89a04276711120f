// What the build checks may know beyond the text of the file: ignore rules, arguments, and what is known of base images.
// Invariant: nothing is guessed. What is not known is left out, and the rules that need it keep silent.
import { emptyTree } from '../layer/memory-tree.js';
import type { IgnoreRules } from '../context/ignore-file.js';
import { formatPlatform, normalizePlatform, type Platform } from '../oci/platform.js';
import type { ImageConfig } from '../oci/types.js';
import type { CheckFacts } from '../parser/checks/check-context.js';
import type { Dockerfile, Stage } from '../parser/instruction.js';
import type { StageGraph } from '../parser/stage-graph.js';
import type { Store } from '../store/store.js';
import { findKnownImage } from './base-image.js';
import type { Definition } from './load-definition.js';
import type { BuildPlan, PlannedStage } from './plan-build.js';
import { automaticArgsOf, baseOf, platformOf, type ExpandGlobal, type GraphInput } from './read-graph.js';
import type { Session } from './session.js';

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

/** Undefined without an ignore file, and when it has a `!` pattern: what such a file hides cannot be told from a path alone. */
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

/** The facts of a build: of every base it resolved. */
export function factsOfPlan(
  session: Session,
  definition: Definition,
  dockerfile: Dockerfile,
  plan: BuildPlan,
): CheckFacts {
  const run = [...plan.stages.values()].filter(({ node }) => !node.isReplaced);
  return {
    ...fileFacts(session, definition, dockerfile),
    stages: new Set(run.map(({ node }) => node.stage.index)),
    ...baseFacts(run.flatMap((stage) => plannedBase(stage, plan))),
  };
}

function plannedBase({ node, image, platform, contextFiles }: PlannedStage, plan: BuildPlan): Base[] {
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

/** The facts of a check: of the images that are known without the network. Without a target every stage is looked at. */
export function factsOfGraph(
  input: GraphInput,
  definition: Definition,
  dockerfile: Dockerfile,
  known: { readonly graph: StageGraph; readonly expand: ExpandGlobal; readonly store: Store },
): CheckFacts {
  const { graph, expand } = known;
  const stages = input.request.target ? graph.nodes.map(({ stage }) => stage) : dockerfile.stages;
  const run = stages.filter((stage) => baseOf(stage, graph, expand) !== undefined);
  return {
    ...fileFacts(input, definition, dockerfile),
    stages: new Set(run.map(({ index }) => index)),
    ...baseFacts(run.flatMap((stage) => knownBase(stage, input, known))),
  };
}

function knownBase(
  stage: Stage,
  input: GraphInput,
  known: { readonly graph: StageGraph; readonly expand: ExpandGlobal; readonly store: Store },
): Base[] {
  const base = baseOf(stage, known.graph, known.expand);
  if (base?.kind !== 'image') return [];
  const expected = platformOf(input, stage.from, known.expand);
  const image = findKnownImage({ request: input.request, store: known.store }, base.reference, expected);
  if (!image) return [];
  const hasTriggers = (image.config.config?.OnBuild ?? []).length > 0;
  return [{ index: stage.index, config: image.config, expected, hasTriggers }];
}
