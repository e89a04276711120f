// Instructions that change the config and nothing else: each a function from the stage's state to the next one.
import type {
  ArgInstruction,
  CmdInstruction,
  CommandLine,
  EntrypointInstruction,
  EnvInstruction,
  ExposeInstruction,
  HealthcheckInstruction,
  LabelInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  ShellInstruction,
  StopSignalInstruction,
  UserInstruction,
  VolumeInstruction,
} from '../parser/instruction.js';
import type { ContainerConfig, Healthcheck } from '../oci/types.js';
import { TsbuildError } from '../core/errors.js';
import { expanderOf } from './expand.js';
import { parsePorts } from './expose.js';
import { goHealthcheck, goList, goQuoteList } from './go-format.js';
import { withMetadataRow } from './history.js';
import type { OrderedTable } from './ordered-table.js';
import type { PlanScope } from './scope.js';
import { assertSignal } from './signal.js';
import type { StageState } from './step.js';

const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** The argument list of a command: the shell form goes through SHELL. */
export function argvOf(command: CommandLine, config: ContainerConfig): string[] {
  if (command.form === 'exec') return [...command.args];
  const shell = config.Shell?.length ? config.Shell : DEFAULT_SHELL;
  return [...shell, command.args.join(' ')];
}

function withConfig(state: StageState, config: ContainerConfig): StageState {
  return { ...state, config: { ...state.config, ...config } };
}

/** The value of a volume and of a port. */
const NOTHING = {};

type Listed = Exclude<keyof StageState['changes'], 'OnBuild'>;

/** With entries of one of the config's lists. */
function withChange<K extends Listed>(
  state: StageState,
  list: K,
  entries: Parameters<StageState['changes'][K]['with']>[0],
): StageState {
  const table = state.changes[list] as OrderedTable<unknown>;
  return { ...state, changes: { ...state.changes, [list]: table.with(entries) } };
}

export function planEnv(state: StageState, it: EnvInstruction, scope: PlanScope): StageState {
  // Every pair of one ENV sees the values from before the instruction.
  const expander = expanderOf(state.env, scope.escape, it.location);
  const pairs = it.pairs.map(({ key, value }) => [expander.word(key), expander.word(value)] as const);
  const text = `ENV ${pairs.map(([key, value]) => `${key}=${value}`).join(' ')}`;
  return withMetadataRow(
    { ...withChange(state, 'Env', pairs), env: state.env.with(pairs) },
    text,
    scope.epoch,
  );
}

export function planArg(state: StageState, it: ArgInstruction, scope: PlanScope): StageState {
  let next = state;
  const shown: string[] = [];
  for (const arg of it.args) {
    const value = argValue(next, arg, it, scope);
    next = { ...next, buildArgs: next.buildArgs.with([[arg.key, value]]) };
    if (value !== undefined && !NOT_IN_ENVIRONMENT.has(arg.key))
      next = { ...next, env: next.env.with([[arg.key, value]]) };
    shown.push(value === undefined ? arg.key : `${arg.key}=${value}`);
  }
  return withMetadataRow(next, `ARG ${shown.join(' ')}`, scope.epoch);
}

/** Settings of the builder that are written as ARGs and never reach a RUN. */
const NOT_IN_ENVIRONMENT = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);

function argValue(
  state: StageState,
  arg: { readonly key: string; readonly value?: string },
  it: ArgInstruction,
  scope: PlanScope,
): string | undefined {
  if (Object.hasOwn(scope.buildArgs, arg.key)) return scope.buildArgs[arg.key];
  if (arg.value === undefined) return scope.globalArgs.get(arg.key);
  return expanderOf(state.env, scope.escape, it.location).word(arg.value);
}

export function planLabel(state: StageState, it: LabelInstruction, scope: PlanScope): StageState {
  const expander = expanderOf(state.env, scope.escape, it.location);
  const pairs = it.pairs.map(({ key, value }) => [expander.word(key), expander.word(value)] as const);
  const text = `LABEL ${pairs.map(([key, value]) => `${key}=${value}`).join(' ')}`;
  return withMetadataRow(withChange(state, 'Labels', pairs), text, scope.epoch);
}

export function planUser(state: StageState, it: UserInstruction, scope: PlanScope): StageState {
  const user = expanderOf(state.env, scope.escape, it.location).word(it.user);
  return withMetadataRow(withConfig(state, { User: user }), `USER ${user}`, scope.epoch);
}

export function planVolume(state: StageState, it: VolumeInstruction, scope: PlanScope): StageState {
  const expander = expanderOf(state.env, scope.escape, it.location);
  const paths = it.paths.map((path) => expander.word(path));
  if (paths.includes(''))
    throw new TsbuildError('DOCKERFILE_SYNTAX', 'VOLUME specified can not be an empty string', {
      location: it.location,
    });
  const added = paths.map((path) => [path, NOTHING] as const);
  return withMetadataRow(withChange(state, 'Volumes', added), `VOLUME ${goList(paths)}`, scope.epoch);
}

export function planExpose(state: StageState, it: ExposeInstruction, scope: PlanScope): StageState {
  const expander = expanderOf(state.env, scope.escape, it.location);
  const ports = it.ports.flatMap((port) => expander.words(port)).flatMap(parsePorts);
  const added = ports.map((port) => [port, NOTHING] as const);
  return withMetadataRow(withChange(state, 'ExposedPorts', added), `EXPOSE ${goList(ports)}`, scope.epoch);
}

export function planStopSignal(state: StageState, it: StopSignalInstruction, scope: PlanScope): StageState {
  const signal = expanderOf(state.env, scope.escape, it.location).word(it.signal);
  assertSignal(signal, it.location);
  return withMetadataRow(withConfig(state, { StopSignal: signal }), `STOPSIGNAL ${signal}`, scope.epoch);
}

export function planShell(state: StageState, it: ShellInstruction, scope: PlanScope): StageState {
  return withMetadataRow(withConfig(state, { Shell: it.shell }), `SHELL ${goList(it.shell)}`, scope.epoch);
}

export function planCmd(state: StageState, it: CmdInstruction, scope: PlanScope): StageState {
  const argv = argvOf(it.command, state.config);
  const next = { ...withConfig(state, { Cmd: argv, ArgsEscaped: true }), hasCmd: true };
  return withMetadataRow(next, `CMD ${goQuoteList(argv)}`, scope.epoch);
}

export function planEntrypoint(state: StageState, it: EntrypointInstruction, scope: PlanScope): StageState {
  const argv = argvOf(it.command, state.config);
  const next = withConfig(state, { Entrypoint: argv, ...(state.hasCmd ? {} : { Cmd: null }) });
  return withMetadataRow(next, `ENTRYPOINT ${goQuoteList(argv)}`, scope.epoch);
}

export function planHealthcheck(state: StageState, it: HealthcheckInstruction, scope: PlanScope): StageState {
  const check: Healthcheck = {
    Test: it.test,
    Interval: it.interval,
    Timeout: it.timeout,
    StartPeriod: it.startPeriod,
    StartInterval: it.startInterval,
    Retries: it.retries,
  };
  return withMetadataRow(
    withConfig(state, { Healthcheck: check }),
    `HEALTHCHECK ${goHealthcheck(check)}`,
    scope.epoch,
  );
}

export function planOnbuild(state: StageState, it: OnbuildInstruction): StageState {
  const { changes } = state;
  return { ...state, changes: { ...changes, OnBuild: { item: it.expression, before: changes.OnBuild } } };
}

export function planMaintainer(state: StageState, it: MaintainerInstruction, scope: PlanScope): StageState {
  return withMetadataRow({ ...state, author: it.maintainer }, `MAINTAINER ${it.maintainer}`, scope.epoch);
}
