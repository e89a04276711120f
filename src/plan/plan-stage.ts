// One stage from its base's state to its own: every instruction is a function of the state so far. Pure.
import { invariant, TsbuildError } from '../core/errors.js';
import { runThrough } from '../core/run-through.js';
import type { Platform } from '../oci/platform.js';
import type { ContainerConfig, ImageConfig } from '../oci/types.js';
import type { Instruction, InstructionKind } from '../parser/instruction.js';
import { itemsOf } from './chain.js';
import { DEFAULT_PATH, listOf, lookup, pairsOf, replaceInList, variablesOf } from './environment.js';
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
import { OrderedTable } from './ordered-table.js';
import { MAX_TEXT, type PlanScope } from './scope.js';
import { stepName, type StepNaming } from './step-names.js';
import type { StageOutcome, StageState } from './step.js';
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

const NOTHING_YET = { buildArgs: [], steps: [], hasCmd: false, textSize: 0 } as const;

/** State of a stage before its first instruction when it starts from nothing. */
export function scratchState(platform: Platform): StageOutcome {
  const config = { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: '/' };
  return { platform, config, env: config.Env, ...NOTHING_YET, history: [] };
}

/** State of a stage before its first instruction when it starts from an image. */
export function imageState(image: ImageConfig, platform: Platform): StageOutcome {
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
    env: listOf(variablesOf(Env)),
    ...NOTHING_YET,
    history: image.history ?? [],
  };
}

/** State of a stage before its first instruction when it continues another stage. */
export function childState(parent: StageOutcome): StageOutcome {
  // The config's variables are set again over ARGs of the same name, as BuildKit does when it starts a stage.
  const env = listOf(variablesOf(parent.env).with(pairsOf(parent.config.Env ?? [])));
  const { buildArgs } = parent;
  return { ...parent, env, config: { ...parent.config, OnBuild: null }, ...NOTHING_YET, buildArgs };
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

/** The state behind all instructions of the stage. @throws TsbuildError DOCKERFILE_*, with the place */
export function planStage(base: StageOutcome, stage: StageInstructions, scope: PlanScope): StageOutcome {
  return runThrough(planStageStepwise(base, stage, scope));
}

/** The same for who must stay interruptible: it yields behind each instruction. */
export function* planStageStepwise(
  base: StageOutcome,
  stage: StageInstructions,
  scope: PlanScope,
): Generator<void, StageOutcome> {
  let number = stage.isBaseShown ? 1 : 0;
  let state = openState(base);
  const placeOf = (prefix: string): StagePlace => ({
    index: stage.index,
    name: stage.name,
    nameStep: (text) => stepName(stage.naming, ++number, prefix + text, state.env),
  });
  const planNext: typeof planInstruction = (before, it, ...rest) => {
    try {
      return planInstruction(before, it, ...rest);
    } catch (error) {
      if (stage.isBaseUnknown && namesUnset(it, expanderOf(before.env, scope.escape, it.location)))
        return before;
      throw error;
    }
  };
  for (const [list, place] of [
    [stage.triggers, placeOf('ONBUILD ')],
    [stage.instructions, placeOf('')],
  ] as const)
    for (const it of list) {
      yield;
      state = planNext(state, it, scope, place);
    }
  return closeState(state, base);
}

function openState({ env, buildArgs, ...base }: StageOutcome): StageState {
  return {
    ...base,
    env: variablesOf(env),
    buildArgs: OrderedTable.of<string | undefined>('stays', buildArgs),
    history: undefined,
    steps: undefined,
    changes: {
      Env: OrderedTable.of('stays'),
      Labels: OrderedTable.of('stays'),
      Volumes: OrderedTable.of('stays'),
      ExposedPorts: OrderedTable.of('stays'),
      OnBuild: undefined,
    },
  };
}

function closeState({ changes, env, buildArgs, ...state }: StageState, base: StageOutcome): StageOutcome {
  const { config } = state;
  const triggers = itemsOf(changes.OnBuild);
  return {
    ...state,
    config: {
      ...config,
      ...(config.Env && { Env: replaceInList(config.Env, changes.Env) }),
      ...withEntries('Labels', config.Labels, changes.Labels),
      ...withEntries('Volumes', config.Volumes, changes.Volumes),
      ...withEntries('ExposedPorts', config.ExposedPorts, changes.ExposedPorts),
      ...(triggers.length > 0 && { OnBuild: [...(config.OnBuild ?? []), ...triggers] }),
    },
    env: listOf(env),
    buildArgs: buildArgs.entries(),
    history: [...base.history, ...itemsOf(state.history)],
    steps: itemsOf(state.steps),
  };
}

function withEntries<V>(
  member: keyof ContainerConfig,
  known: Readonly<Record<string, V>> | undefined,
  added: OrderedTable<V>,
): ContainerConfig {
  const entries = added.entries();
  return entries.length === 0 ? {} : { [member]: { ...known, ...Object.fromEntries(entries) } };
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
    return withTextSize(handler(state, it, scope, place), state, scope);
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(it.location) : error;
  }
}

/** Everything that an instruction expands to stands in its row of the history or in its step. */
function withTextSize(next: StageState, before: StageState, { maxText = MAX_TEXT }: PlanScope): StageState {
  const row = next.history === before.history ? undefined : next.history?.item;
  const step = next.steps === before.steps ? undefined : next.steps?.item;
  const heredocs = step && 'heredocs' in step ? step.heredocs : [];
  const texts = [row?.created_by, step?.name, ...heredocs.map(({ content }) => content)];
  const textSize = texts.reduce((sum, text) => sum + (text?.length ?? 0), next.textSize);
  if (textSize <= maxText) return { ...next, textSize };
  throw new TsbuildError(
    'DOCKERFILE_EXPANSION',
    `the texts of the build have more than ${MAX_TEXT} characters`,
    {
      hint: 'see which variables the instructions up to here have become',
    },
  );
}
