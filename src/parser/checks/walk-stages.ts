// Walks the instructions that run, in order, with the variables each of them sees.
// Spec: BuildKit's dockerfile2llb/convert.go (dispatch).
import type { Environment } from '../expand-word.js';
import type { ArgInstruction, EnvInstruction, Stage } from '../instruction.js';
import { classifyReference, createReferenceScope, type ReferenceScope } from '../source-reference.js';
import type { StageInstruction } from '../stage-node.js';
import type { CheckContext } from './check-context.js';
import { createGlobalScope, tryExpand, type GlobalScope } from './global-scope.js';

/** What a stage hands on to stages built from it. */
interface StageState {
  readonly variables: Map<string, string>;
  /** False when the environment of the base image is not known: a variable that is not set may still be. */
  readonly isComplete: boolean;
  readonly declared: Set<string>;
  hasShell: boolean;
  hasWorkdir: boolean;
}

/** One instruction about to run. */
export interface Step {
  readonly stage: Stage;
  readonly instruction: StageInstruction;
  readonly environment: Environment;
  /** What `environment` reads. */
  readonly variables: ReadonlyMap<string, string>;
  readonly isComplete: boolean;
  /** Names declared by ARG so far, with or without a value. */
  readonly declared: ReadonlySet<string>;
  /** A SHELL is in force, set here or by a base. */
  readonly hasShell: boolean;
  /** A WORKDIR came before, here or in a base stage. */
  readonly hasWorkdir: boolean;
  /** The value --build-arg gives, or undefined. */
  readonly buildArg: (name: string) => string | undefined;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Walk {
  readonly context: CheckContext;
  readonly globals: GlobalScope;
  readonly references: ReferenceScope;
  readonly done: Map<number, StageState>;
}

function startState({ index, from }: Stage, { context, globals, references, done }: Walk): StageState {
  const { dockerfile, facts } = context;
  const image = tryExpand(from.image, globals.environment, dockerfile.escape)?.text ?? from.image;
  const base = classifyReference(image, { by: 'from', before: index }, references);
  const parent = base.kind === 'stage' ? done.get(base.index) : undefined;
  if (parent) return { ...parent, variables: new Map(parent.variables), declared: new Set(parent.declared) };
  const known = base.kind === 'scratch' ? [] : facts.baseEnvironments?.get(index);
  const pairs = (known ?? []).map((pair) => pair.split(/=(.*)/s) as [string, string?]);
  return {
    variables: new Map([
      ['PATH', DEFAULT_PATH],
      ...pairs.map(([name, value = '']) => [name, value] as const),
    ]),
    isComplete: known !== undefined,
    declared: new Set(),
    hasShell: facts.baseShells?.has(index) ?? false,
    hasWorkdir: false,
  };
}

/** All pairs of one ENV see the values from before it. */
function applyEnv({ pairs }: EnvInstruction, variables: Map<string, string>, escape: string): void {
  const environment: Environment = (name) => variables.get(name);
  const expand = (word: string): string => tryExpand(word, environment, escape)?.text ?? word;
  const expanded = pairs.map(({ key, value }) => [expand(key), expand(value)] as const);
  for (const [key, value] of expanded) variables.set(key, value);
}

function applyArg({ args }: ArgInstruction, state: StageState, walk: Walk): void {
  const { dockerfile, facts } = walk.context;
  for (const { key, value } of args) {
    const given = facts.buildArgs && Object.hasOwn(facts.buildArgs, key) ? facts.buildArgs[key] : undefined;
    const byDefault =
      value === undefined ? walk.globals.environment(key) : defaultOf(value, state, dockerfile.escape);
    const result = given ?? byDefault;
    if (result !== undefined) state.variables.set(key, result);
    state.declared.add(key);
  }
}

function defaultOf(value: string, { variables }: StageState, escape: string): string {
  return tryExpand(value, (name) => variables.get(name), escape)?.text ?? value;
}

function apply(instruction: StageInstruction, state: StageState, walk: Walk): void {
  if (instruction.kind === 'env') applyEnv(instruction, state.variables, walk.context.dockerfile.escape);
  else if (instruction.kind === 'arg') applyArg(instruction, state, walk);
  else if (instruction.kind === 'shell') state.hasShell = true;
  else if (instruction.kind === 'workdir') state.hasWorkdir = true;
}

function toStep(stage: Stage, instruction: StageInstruction, state: StageState, { context }: Walk): Step {
  const { variables, isComplete, declared, hasShell, hasWorkdir } = state;
  const { buildArgs = {} } = context.facts;
  return {
    stage,
    instruction,
    environment: (name) => variables.get(name),
    variables,
    isComplete,
    declared,
    hasShell,
    hasWorkdir,
    buildArg: (name) => (Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined),
  };
}

/** Every instruction of every stage that is built. A step is valid only until the next is asked for. */
export function* walkStages(context: CheckContext): Generator<Step, void> {
  const { dockerfile, facts } = context;
  const references = createReferenceScope(dockerfile.stages, { namedContexts: new Set() });
  const walk: Walk = { context, globals: createGlobalScope(dockerfile, facts), references, done: new Map() };
  for (const stage of dockerfile.stages) {
    if (facts.stages && !facts.stages.has(stage.index)) continue;
    const state = startState(stage, walk);
    for (const instruction of stage.instructions) {
      yield toStep(stage, instruction, state, walk);
      apply(instruction, state, walk);
    }
    walk.done.set(stage.index, state);
  }
}
