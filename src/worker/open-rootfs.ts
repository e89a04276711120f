// One RUN from layers to layer, in the worker: trees, overlay, mounts, launcher, diff.
import type { StoredLayer } from '../store/stored-layer.js';
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import type { StorePaths } from '../store/store-paths.js';
import { createStepGroup, type StepGroups, outOfMemoryKills } from '../sandbox/cgroup/control-groups.js';
import type { Ownership } from '../rootfs/ownership.js';
import type { RootfsDriver } from '../rootfs/rootfs-driver.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import { removeStubs } from '../rootfs/remove-stubs.js';
import type { StepResult, StepSpec } from './sandbox.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import type { CommandExit, LaunchIo, LaunchStep } from '../sandbox/launcher/start-process.js';
import type { PreparedMount } from '../sandbox/mount-plan.js';
import type { WorkerWords } from './protocol.js';
import type { MountWorkshop } from '../sandbox/prepare-mounts.js';
import type { Stage, StageBuilder } from '../sandbox/mount-placer.js';
import { assertStepIds, missingIdIn } from '../sandbox/process-ids.js';
import { createTemporaryTree } from '../rootfs/temporary-tree.js';
import type { TreeStore } from '../rootfs/tree-store.js';

export interface StepRunner extends WorkerWords {
  readonly calls: SystemCalls;
  readonly paths: StorePaths;
  readonly trees: TreeStore;
  readonly ownership: Ownership;
  readonly driver: RootfsDriver;
  /** Absent without limits of resources. */
  readonly groups?: StepGroups | undefined;
  readonly stage: StageBuilder;
  /** Called with a work directory that a killed build left, before it is deleted. */
  readonly onAbandoned?: (path: string) => void;
  readonly launch: LaunchStep;
}

/**
 * `deliver` gets the result before the step's directories and mounts are cleaned up, so that the front need not wait for that.
 * @throws TsbuildError as Sandbox.run
 */
export async function runStep(
  runner: StepRunner,
  layers: readonly StoredLayer[],
  step: StepSpec,
  { deliver, ...io }: LaunchIo & { readonly deliver: (result: StepResult) => void },
): Promise<void> {
  const { calls, paths, trees, driver } = runner;
  runner.stage.check(step);
  assertStepIds(runner.ownership.ids, step);
  const lowers = await trees.ensure(layers, io.signal);
  const used = [...lowers];
  const temporary = createTemporaryTree(calls, paths.trees);
  const undo: (() => void)[] = [() => temporary.remove()];
  const onCleanUp = (action: () => void): void => void undo.push(action);
  const makeDirectory = (name: string): string => {
    const path = join(temporary.path, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  };
  try {
    const rootfs = await driver.open(makeDirectory('rootfs'), lowers);
    onCleanUp(() => rootfs.close());
    const prepared =
      step.mounts.length > 0
        ? await prepareAll(notingTrees(runner, used), step, {
            directory: makeDirectory('mounts'),
            signal: io.signal,
            onCleanUp,
          })
        : [];
    const group = runner.groups && createStepGroup(runner.groups, basename(temporary.path));
    if (group) onCleanUp(() => group.remove());
    const killsBefore = outOfMemoryKills();
    const { onOutput } = io;
    const stage = await runner.stage.set({ step, rootfs: rootfs.target, prepared, makeDirectory, onOutput });
    const ended = onStage(stage, () =>
      runner.launch(orderOf(stage, { step, hasDevices: trees.haveDevices(used) }), {
        ...io,
        group,
        onReady: stage.complete,
      }),
    );
    // Loaded while the command runs.
    const [exit, { storeLayer }] = await Promise.all([ended, import('../rootfs/store-layer.js')]);
    const isOutOfMemory =
      exit.code !== 0 && (group ? group.isOutOfMemory() : outOfMemoryKills() > killsBefore);
    if (exit.code !== 0) {
      const hint = missingIdIn(runner.ownership.ids, step.argv);
      return deliver({ ...resultOf(exit), isOutOfMemory, ...(hint !== undefined && { hint }) });
    }
    removeStubs(calls, rootfs.target, exit.stubs);
    const { entries, tree } = await rootfs.changes();
    const { areContentsHashed } = step;
    const layer = await storeLayer(entries, { paths, trees, tree, areContentsHashed, signal: io.signal });
    rootfs.stored?.(paths.tree(layer.diffId));
    deliver({ ...resultOf(exit), layer });
  } finally {
    for (const action of undo.toReversed()) action();
  }
}

/** Every tree that is unpacked for a mount is added to `used`. */
function notingTrees(runner: StepRunner, used: string[]): StepRunner {
  const { trees } = runner;
  return {
    ...runner,
    trees: {
      ...trees,
      async ensure(layers, signal) {
        const found = await trees.ensure(layers, signal);
        used.push(...found);
        return found;
      },
    },
  };
}

/** Programs that make devices and look at them afterwards. */
const MAKERS = /\b(mknod|makedev|mmdebstrap|c?debootstrap)\b/i;

/** A step is shown devices where there are some; of others, where its text says that it makes some. */
function orderOf(
  { order }: Stage,
  { step, hasDevices }: { readonly step: StepSpec; readonly hasDevices: boolean },
): LaunchOrder {
  if (order.isSupervised) return order;
  return hasDevices || step.argv.some((word) => MAKERS.test(word)) ? { ...order, showsDevices: true } : order;
}

async function prepareAll(
  runner: StepRunner,
  { mounts }: StepSpec,
  place: Pick<MountWorkshop, 'directory' | 'signal' | 'onCleanUp'>,
): Promise<PreparedMount[]> {
  const { prepareMounts } = await import('../sandbox/prepare-mounts.js');
  return prepareMounts({ ...runner, ...place }, mounts);
}

/** The stage is cleared whatever happens; mount points that it made are removed like those that the launcher made. */
async function onStage(stage: Stage, launch: () => Promise<CommandExit>): Promise<CommandExit> {
  const [exit, cleared] = await launch().then(
    async (ended) => [ended, await stage.clear()] as const,
    async (error: unknown) => {
      await stage.clear();
      throw error;
    },
  );
  return { ...exit, stubs: [...exit.stubs, ...cleared] };
}

function resultOf(exit: CommandExit): StepResult {
  if (exit.signal === null) return { exitCode: exit.code ?? 1, isOutOfMemory: false };
  return { exitCode: 128 + constants.signals[exit.signal], signal: exit.signal, isOutOfMemory: false };
}
