// One stage from its base's state to its own: every instruction is a function of the state so far. Pure.
import { invariant, TsbuildError } from '../core/errors.js';
import type { Platform } from '../oci/platform.js';
import type { ImageConfig } from '../oci/types.js';
import type { Instruction, InstructionKind } from '../parser/instruction.js';
import { DEFAULT_PATH, lookup, setAtEnd, splitVariable } from './environment.js';
import { expanderOf, type Expander } from './expand.js';
import { planAdd, planCopy, planRun, planWorkdir, type StagePlace } from './layer-instructions.js';
import {
  planArg,
  planCmd,
  planEntrypoint,
  planEnv,
  planExpose,
  planHealthcheck,
  planLabel,
  planMaintainer,
  planOnbuild,
  planShell,
  planStopSignal,
  planUser,
  planVolume,
} from './metadata-instructions.js';
import type { PlanScope } from './scope.js';
import { stepName, type StepNaming } from './step-names.js';
import type { StageState } from './step.js';
import { joinWorkdir } from './workdir.js';

type Of<K extends InstructionKind> = Extract<Instruction, { kind: K }>;
type Handlers = {
  readonly [K in InstructionKind]: (
    state: StageState,
    it: Of<K>,
    scope: PlanScope,
    place: StagePlace,
  ) => StageState;
};

const HANDLERS: Handlers = {
  from: () => invariant(false, 'FROM inside a stage') as never,
  arg: planArg,
  env: planEnv,
  label: planLabel,
  run: planRun,
  copy: planCopy,
  add: planAdd,
  cmd: planCmd,
  entrypoint: planEntrypoint,
  workdir: planWorkdir,
  user: planUser,
  volume: planVolume,
  expose: planExpose,
  shell: planShell,
  stopsignal: planStopSignal,
  healthcheck: planHealthcheck,
  onbuild: planOnbuild,
  maintainer: planMaintainer,
};

/** State of a stage before its first instruction when it starts from nothing. */
export function scratchState(platform: Platform): StageState {
  const config = { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: '/' };
  return { platform, config, env: config.Env, buildArgs: [], history: [], steps: [], hasCmd: false };
}

/** State of a stage before its first instruction when it starts from an image. */
export function imageState(image: ImageConfig, platform: Platform): StageState {
  const config = { ...image.config };
  const Env =
    lookup(config.Env ?? [], 'PATH') === undefined
      ? [...(config.Env ?? []), `PATH=${DEFAULT_PATH}`]
      : config.Env!;
  return {
    platform,
    config: {
      ...config,
      Env,
      OnBuild: null,
      ...(config.WorkingDir ? { WorkingDir: joinWorkdir('/', config.WorkingDir) } : {}),
    },
    ...(image.author === undefined ? {} : { author: image.author }),
    env: Env.reduce<readonly string[]>((env, variable) => setAtEnd(env, ...splitVariable(variable)), []),
    buildArgs: [],
    history: image.history ?? [],
    steps: [],
    hasCmd: false,
  };
}

/** State of a stage before its first instruction when it continues another stage. */
export function childState(parent: StageState): StageState {
  // The config's variables are set again over ARGs of the same name, as BuildKit does when it starts a stage.
  const env = (parent.config.Env ?? []).reduce(
    (list, variable) => setAtEnd(list, ...splitVariable(variable)),
    parent.env,
  );
  return { ...parent, env, config: { ...parent.config, OnBuild: null }, steps: [], hasCmd: false };
}

export interface StageInstructions {
  readonly index: number;
  readonly name: string | undefined;
  readonly naming: StepNaming;
  /** Triggers of the base first. */
  readonly triggers: readonly Instruction[];
  readonly instructions: readonly Instruction[];
  /** Neither config nor triggers of the base are known. What fails for want of a variable is passed over then. */
  readonly isBaseUnknown: boolean;
  /** The base is the first of the numbered steps. */
  readonly isBaseShown: boolean;
}

export function planStage(base: StageState, stage: StageInstructions, scope: PlanScope): StageState {
  let number = stage.isBaseShown ? 1 : 0;
  const placeOf = (prefix: string): StagePlace => ({
    index: stage.index,
    name: stage.name,
    nameStep: (text) => stepName(stage.naming, ++number, prefix + text),
  });
  const walk = (state: StageState, list: readonly Instruction[], place: StagePlace): StageState =>
    list.reduce((current, it) => planNext(current, it, scope, place), state);
  const planNext: typeof planInstruction = (state, it, ...rest) => {
    try {
      return planInstruction(state, it, ...rest);
    } catch (error) {
      if (stage.isBaseUnknown && namesUnset(it, expanderOf(state.env, scope.escape, it.location)))
        return state;
      throw error;
    }
  };
  return walk(walk(base, stage.triggers, placeOf('ONBUILD ')), stage.instructions, placeOf(''));
}

/** Whether an instruction speaks of a variable that has no value. */
function namesUnset(it: Instruction, expander: Expander): boolean {
  const heredocs = 'heredocs' in it ? it.heredocs.map(({ content }) => content) : [];
  const names = [it.original, ...heredocs].flatMap((text) => text.match(VARIABLE) ?? []);
  return names.some((name) => {
    const reference = `$${name.replace(/^\$\{?/, '')}`;
    return expander.shownName(reference) === reference;
  });
}

const VARIABLE = /\$\{?[A-Za-z_][A-Za-z0-9_]*/g;

function planInstruction(
  state: StageState,
  it: Instruction,
  scope: PlanScope,
  place: StagePlace,
): StageState {
  const handler = HANDLERS[it.kind] as (
    state: StageState,
    it: Instruction,
    scope: PlanScope,
    place: StagePlace,
  ) => StageState;
  try {
    return handler(state, it, scope, place);
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(it.location) : error;
  }
}
