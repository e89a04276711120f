// One process in an open rootfs, in the worker: its mounts, its control group, its launcher, and what is undone when it
// has ended.
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { createControlGroup } from '../sandbox/cgroup/control-groups.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import type { Stub } from '../rootfs/path-in-root.js';
import { removeTree } from '../rootfs/remove-tree.js';
import type { CommandExit, LaunchedProcess, LaunchIo } from '../sandbox/launcher/start-process.js';
import type { PreparedMount } from '../sandbox/mount-plan.js';
import type { Placement } from '../sandbox/mount-placer.js';
import { assertProcessIds, missingIdIn } from '../sandbox/process-ids.js';
import { createCleanUps, type CleanUps } from './clean-ups.js';
import { explainFormat } from './explain-format.js';
import type { WatchedMemory } from './memory-watch.js';
import type { ProcessExit, ProcessSpec } from './sandbox.js';
import { showTrees } from './show-trees.js';
import type { Workshop } from './workshop.js';

export interface RootfsPlace {
  /** Path of the rootfs. */
  readonly target: string;
  /** Trees that it shows. */
  readonly lowers: readonly string[];
  /** A path for the directory of the process' own, on the file system of the trees. */
  readonly directory: string;
}

export type WorkerIo = Pick<LaunchIo, 'onOutput' | 'signal'>;

export interface WorkerProcess extends Omit<LaunchedProcess, 'ended'> {
  /** Never rejects. */
  readonly ended: Promise<EndedProcess>;
}

export type EndedProcess = (
  | {
      readonly exit: ProcessExit;
      /** Mount points that were made in the rootfs, which are to be removed. */
      readonly stubs: readonly Stub[];
    }
  | { readonly failure: unknown }
) & {
  /** Undoes what was done for the process. Once. @returns what failed */
  cleanUp(): readonly unknown[];
};

/** @param onUncleaned gets what cannot be undone when the start fails. @throws TsbuildError as OpenRootfs.start */
export async function startInRootfs(
  workshop: Workshop,
  place: RootfsPlace,
  spec: ProcessSpec,
  { onUncleaned, ...io }: WorkerIo & { readonly onUncleaned: (errors: readonly unknown[]) => void },
): Promise<WorkerProcess> {
  workshop.placer.check(spec);
  assertProcessIds(workshop.ownership.ids, spec);
  const cleanUps = createCleanUps();
  try {
    return await startPrepared(workshop, place, spec, { io, cleanUps });
  } catch (error) {
    const explained = explainFormat(workshop.calls, place.target, error);
    onUncleaned(cleanUps.run());
    throw explained;
  }
}

interface Preparing {
  readonly io: WorkerIo;
  readonly cleanUps: CleanUps;
}

async function startPrepared(
  workshop: Workshop,
  { target, lowers, directory }: RootfsPlace,
  spec: ProcessSpec,
  { io, cleanUps }: Preparing,
): Promise<WorkerProcess> {
  mkdirSync(directory, { mode: 0o700 });
  cleanUps.add(() => removeTree(workshop.calls, directory));
  const makeDirectory = (name: string): string => {
    const path = join(directory, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  };
  const trees = [...lowers];
  const mounts =
    spec.mounts.length === 0
      ? []
      : await prepareAll(workshop, spec, {
          directory: makeDirectory('mounts'),
          signal: io.signal,
          onCleanUp: cleanUps.add,
          onTrees: (found) => void trees.push(...found),
        });
  const group = workshop.groups && createControlGroup(workshop.groups, nameOf(directory));
  if (group) cleanUps.add(() => group.remove());
  const memory = workshop.memory.begin(group);
  cleanUps.add(() => memory.end());
  const { onOutput, signal } = io;
  const placement = await workshop.placer.place({
    spec,
    rootfs: target,
    prepared: mounts,
    makeDirectory,
    onOutput,
  });
  const order = orderOf(placement, spec, { hasDevices: workshop.trees.haveDevices(trees) });
  const launched = await launchOn(placement, () =>
    workshop.launch(order, { onOutput, signal, group, onReady: placement.complete }),
  );
  return { ...launched, ended: endOf(workshop, spec, { launched, placement, memory, cleanUps }) };
}

/** Of a group: no two have the same in this worker. */
function nameOf(directory: string): string {
  return `${basename(join(directory, '..'))}-${basename(directory)}`;
}

interface MountPlace {
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onCleanUp: CleanUps['add'];
  readonly onTrees: (trees: readonly string[]) => void;
}

async function prepareAll(
  workshop: Workshop,
  { mounts }: ProcessSpec,
  place: MountPlace,
): Promise<PreparedMount[]> {
  const { prepareMounts } = await import('../sandbox/prepare-mounts.js');
  return prepareMounts({ ...workshop, ...place }, showTrees(workshop, mounts, place));
}

/** Programs that make devices and look at them afterwards. */
const MAKERS = /\b(mknod|makedev|mmdebstrap|c?debootstrap)\b/i;

/** A process is shown devices where there are some; of others, where its text says that it makes some. */
function orderOf(
  { order }: Placement,
  { argv }: ProcessSpec,
  { hasDevices }: { readonly hasDevices: boolean },
): LaunchOrder {
  if (order.isSupervised) return order;
  return hasDevices || argv.some((word) => MAKERS.test(word)) ? { ...order, showsDevices: true } : order;
}

/** What was placed is cleared when nothing is started. */
async function launchOn(
  placement: Placement,
  launch: () => Promise<LaunchedProcess>,
): Promise<LaunchedProcess> {
  try {
    return await launch();
  } catch (error) {
    await placement.clear();
    throw error;
  }
}

interface Ending {
  readonly launched: LaunchedProcess;
  readonly placement: Placement;
  readonly memory: WatchedMemory;
  readonly cleanUps: CleanUps;
}

async function endOf(
  { ownership }: Workshop,
  { argv }: ProcessSpec,
  { launched, placement, memory, cleanUps }: Ending,
): Promise<EndedProcess> {
  try {
    const exit = await exitOnceCleared(launched, placement);
    const told = exitOf(exit);
    const hint = told.exitCode === 0 ? undefined : missingIdIn(ownership.ids, argv);
    return {
      exit: { ...told, ...(hint !== undefined && { hint }), ...memory.verdict(told) },
      stubs: exit.stubs,
      cleanUp: cleanUps.run,
    };
  } catch (failure) {
    return { failure, cleanUp: cleanUps.run };
  }
}

/**
 * What was placed is cleared whatever happens; mount points that were made for it are removed like those that the
 * launcher made.
 */
async function exitOnceCleared(launched: LaunchedProcess, placement: Placement): Promise<CommandExit> {
  let exit: CommandExit;
  try {
    exit = await launched.ended;
  } catch (error) {
    await placement.clear();
    throw error;
  }
  return { ...exit, stubs: [...exit.stubs, ...(await placement.clear())] };
}

function exitOf({ code, signal }: CommandExit): Pick<ProcessExit, 'exitCode' | 'signal'> {
  return signal === null ? { exitCode: code ?? 1 } : { exitCode: 128 + constants.signals[signal], signal };
}
