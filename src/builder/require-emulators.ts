// What executes the RUNs of foreign platforms. A RUN that is found in the cache needs nothing; for one that must be
// executed an emulator is asked for before anything of it is done, and ahead of all that takes its time.
import { TsbuildError } from '../core/errors.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import type { PlannedStep, RunStep } from '../plan/step.js';
import type { BuildSandbox } from '../worker/front/ladder.js';
import type { FoundWays } from '../worker/front/emulator-search.js';
import type { BuildTools } from './build-tools.js';
import type { BuildPlan } from './planning/plan-build.js';
import type { StageRun } from './stage-run.js';

type Tools = Pick<BuildTools, 'buildPlatform' | 'emulators' | 'emit'>;

/** Where a RUN stands, and what its programs are for. */
interface PlacedRun {
  readonly machine: Platform;
  readonly stageName: string;
  readonly step: RunStep;
}

type Stage = Pick<StageRun, 'tools' | 'machine' | 'stageName'>;

/**
 * Before anything is done: a RUN that is executed for sure, since the cache is ignored, and that nothing could execute.
 * @throws TsbuildError SANDBOX_NO_EMULATOR with the place of the RUN, SANDBOX_NO_KOFFI
 */
export async function requireEmulators(tools: Tools, plan: BuildPlan): Promise<void> {
  const certain = foreignRuns(tools, plan).filter(({ step }) => step.isCacheIgnored);
  const [failure] = await failuresOf(tools, certain);
  if (failure) throw failure;
}

/**
 * Before work that takes its time: tells of a RUN that nothing could execute. It may yet be found in the cache.
 * @throws TsbuildError SANDBOX_NO_KOFFI
 */
export async function tellOfEmulators(tools: Tools, plan: BuildPlan): Promise<void> {
  const [failure] = await failuresOf(tools, foreignRuns(tools, plan));
  if (!failure) return;
  const { message, location } = failure;
  const place = location ? ` (${location.file}:${location.startLine})` : '';
  tools.emit({
    kind: 'note',
    message: `${message}${place}: unless it is in the cache, the build ends there`,
  });
}

/** In the order of the runs. */
async function failuresOf(tools: Tools, runs: readonly PlacedRun[]): Promise<TsbuildError[]> {
  const failures = await Promise.all(runs.map((run) => whyUnable(tools, run)));
  return failures.filter((failure) => failure !== undefined);
}

/**
 * Before a RUN is executed, and before its sandbox is opened.
 * @throws TsbuildError SANDBOX_NO_EMULATOR with the place of the RUN, SANDBOX_NO_KOFFI
 */
export async function requireEmulator({ tools, machine, stageName }: Stage, step: RunStep): Promise<void> {
  if (!isForeign(tools, machine)) return;
  const failure = await whyUnable(tools, { machine, stageName, step });
  if (failure) throw failure;
}

/** The commands of the sandbox can be of the machine of this RUN. @throws as requireEmulator */
export async function enableEmulation(
  { tools, machine, stageName }: Stage,
  step: RunStep,
  { emulation }: Pick<BuildSandbox, 'emulation'>,
): Promise<void> {
  if (!isForeign(tools, machine)) return;
  try {
    await emulation.enable(machine.architecture);
  } catch (error) {
    throw error instanceof TsbuildError ? named(error, { machine, stageName, step }) : error;
  }
}

/** What the host seemed to have registered did not execute the program of the RUN. */
export async function explainFormat({ tools, machine, stageName }: Stage, step: RunStep, error: unknown) {
  const isFormat = error instanceof TsbuildError && error.message.endsWith(': exec format error');
  if (!isFormat || !isForeign(tools, machine)) return error;
  const { noEmulator } = await import('../worker/front/emulator-search.js');
  return named(noEmulator(machine.architecture, {}, [error.message]), { machine, stageName, step });
}

function foreignRuns(tools: Tools, { stages }: BuildPlan): PlacedRun[] {
  return [...stages.values()].flatMap(({ node, state }) =>
    isForeign(tools, state.platform)
      ? state.steps.filter(isRun).map((step) => ({ machine: state.platform, stageName: node.name, step }))
      : [],
  );
}

function isRun(step: PlannedStep): step is RunStep {
  return step.kind === 'run';
}

function isForeign({ buildPlatform }: Pick<BuildTools, 'buildPlatform'>, machine: Platform): boolean {
  return machine.os !== buildPlatform.os || machine.architecture !== buildPlatform.architecture;
}

async function whyUnable(tools: Tools, run: PlacedRun): Promise<TsbuildError | undefined> {
  const { os, architecture } = run.machine;
  if (os !== 'linux')
    return named(new TsbuildError('SANDBOX_NO_EMULATOR', `there is no sandbox for ${os}`), run);
  const ways = await (await tools.emulators()).find(architecture);
  if (isAble(ways)) return undefined;
  const { noEmulator } = await import('../worker/front/emulator-search.js');
  return named(noEmulator(architecture, ways), run);
}

function isAble({ isNative, emulator, host }: FoundWays): boolean {
  return isNative || emulator !== undefined || host !== undefined;
}

function named(error: TsbuildError, { machine, stageName, step }: PlacedRun): TsbuildError {
  const message = `a RUN of stage ${stageName} is for ${formatPlatform(machine)}, and ${error.message}`;
  return error.with({ message }).at(step.location);
}
