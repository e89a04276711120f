// What a Dockerfile says of its stages before any base image is known: global ARGs, bases, platforms, the graph. A
// build plans from it and a check reads it. Spec: BuildKit's dockerfile2llb/convert.go (toDispatchState).
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.js';
import { parseReference } from '../../oci/reference.js';
import { expandWord } from '../../parser/expand-word.js';
import type { Dockerfile, FromInstruction, Stage } from '../../parser/instruction.js';
import { classifyReference, findNamedContext, type SourceReference } from '../../parser/source-reference.js';
import { buildStageGraph, type StageGraph, type StageGraphOptions } from '../../parser/stage-graph.js';
import type { StageNode } from '../../parser/stage-node.js';
import { withLocation } from '../../parser/syntax-error.js';
import { automaticArgs } from '../../plan/automatic-args.js';
import { evaluateGlobalArgs } from '../../plan/global-args.js';
import type { ContextSet } from '../../context/contexts.js';
import type { PlanTools } from '../build-tools.js';

/** What the graph of a file depends on: it is known before anything is asked for. */
export type GraphInput = Pick<PlanTools, 'request' | 'buildPlatform' | 'targetPlatform'> & {
  readonly contexts: Pick<ContextSet, 'names'>;
};

export interface ExpandGlobal {
  /** Replaces the variables that FROM may use. @throws TsbuildError DOCKERFILE_EXPANSION */
  (text: string): string;
  /** ` (did you mean X?)` for the first unset variable of the text that is near to a known one. */
  nearName(text: string): string;
}

/** The ARGs that nobody declares: those of the platforms, and the name of the target. */
export function automaticArgsOf(
  { request, buildPlatform, targetPlatform }: GraphInput,
  { stages }: Dockerfile,
): ReadonlyMap<string, string> {
  const targetStage = request.target || stages.at(-1)?.name || 'default';
  return automaticArgs({ buildPlatform, targetPlatform, targetStage });
}

/** Automatic and global ARGs with their values. */
export function globalArgsOf(input: GraphInput, dockerfile: Dockerfile): ReadonlyMap<string, string> {
  const { globalArgs, escape } = dockerfile;
  const automatic = automaticArgsOf(input, dockerfile);
  return evaluateGlobalArgs({ automatic, globalArgs, buildArgs: input.request.buildArgs ?? {}, escape });
}

export function expanderOf(
  globalArgs: ReadonlyMap<string, string>,
  { escape }: Pick<Dockerfile, 'escape'>,
): ExpandGlobal {
  const expand = (text: string) => expandWord(text, (name) => globalArgs.get(name), { escape });
  return Object.assign((text: string) => expand(text).text, {
    nearName: (text: string) =>
      [...expand(text).unmatched]
        .map((name) => didYouMean(name, globalArgs.keys(), { isCaseSensitive: true }))
        .find((hint) => hint !== '') ?? '',
  });
}

/**
 * The stages that the target needs. What FROM says is read in every stage of the file, needed or not, as BuildKit does.
 * @throws TsbuildError as buildStageGraph; DOCKERFILE_SYNTAX for a platform, REGISTRY_REFERENCE for the name of an
 * image
 */
export function graphOf(
  input: GraphInput,
  dockerfile: Dockerfile,
  expand: ExpandGlobal,
  { imageTriggers, areAllNeeded }: Pick<StageGraphOptions, 'imageTriggers' | 'areAllNeeded'> = {},
): StageGraph {
  const graph = buildStageGraph(dockerfile, {
    target: input.request.target,
    namedContexts: input.contexts.names,
    platform: formatPlatform(input.targetPlatform),
    expandBase: (from) => expand(from.image),
    imageTriggers,
    areAllNeeded,
  });
  for (const stage of dockerfile.stages) refuseInvalidFrom(stage, graph, input, expand);
  for (const node of [...graph.all, ...graph.nodes]) refuseInvalidSources(node);
  return graph;
}

/** The base of a stage, needed or not; undefined when a named context stands for the whole stage. */
function baseOf(
  { name, index, from }: Stage,
  { scope }: StageGraph,
  expand: ExpandGlobal,
): SourceReference | undefined {
  if (name !== undefined && findNamedContext(name, scope) !== undefined) return undefined;
  return classifyReference(expand(from.image), { by: 'from', before: index }, scope);
}

function refuseInvalidFrom(stage: Stage, graph: StageGraph, input: GraphInput, expand: ExpandGlobal): void {
  try {
    platformOf(input, stage.from, expand);
    const base = baseOf(stage, graph, expand);
    if (base?.kind === 'image') refuseInvalidName(base.reference, stage.from.image);
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(stage.from.location) : error;
  }
}

/** Images that files are copied or mounted from. */
function refuseInvalidSources({ sources }: StageNode): void {
  for (const [{ location }, references] of sources)
    for (const source of references)
      if (source?.kind === 'image') withLocation(location, '', () => refuseInvalidName(source.reference));
}

/** `written` is the name with its variables. */
function refuseInvalidName(name: string, written = name): void {
  try {
    parseReference(name);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const message = `failed to parse stage name ${JSON.stringify(name)}: ${error.message}`;
    const variables = /\$\{?(\w+)/.exec(written);
    const hint = variables
      ? `${written} gives ${JSON.stringify(name)}: set it with --build-arg ${variables[1]}=VALUE`
      : error.hint;
    throw error.with({ code: 'DOCKERFILE_SYNTAX', message, hint });
  }
}

/** The platform a FROM asks for, the target's when it does not say. @throws TsbuildError DOCKERFILE_SYNTAX */
export function platformOf(input: GraphInput, from: FromInstruction, expand: ExpandGlobal): Platform {
  if (from.platform === undefined) return input.targetPlatform;
  const text = expand(from.platform);
  if (text === '')
    throw new TsbuildError(
      'DOCKERFILE_SYNTAX',
      `empty platform value from expression ${from.platform}${expand.nearName(from.platform)}`,
    );
  try {
    return parsePlatform(text, input.buildPlatform);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw new TsbuildError(
      'DOCKERFILE_SYNTAX',
      `failed to parse platform ${from.platform}: ${error.message}${expand.nearName(from.platform)}`,
      {
        cause: error,
      },
    );
  }
}
