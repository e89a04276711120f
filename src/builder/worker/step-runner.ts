// One RUN from layers to layer, in the worker: trees, overlay, mounts, launcher, diff. Reads like design.md section 3.
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { StorePaths } from '../../store/store-paths.js';
import type { Ownership } from '../rootfs/ownership.js';
import type { RootfsDriver } from '../rootfs/rootfs-driver.js';
import { removeStubs } from '../rootfs/remove-stubs.js';
import type { LaunchOrder } from '../sandbox/launcher-protocol.js';
import { planMounts, type PreparedMount } from '../sandbox/mount-plan.js';
import type { LayerRef, StepResult, StepSpec } from '../sandbox/sandbox.js';
import { assembleFilter, encodeProgram } from '../sandbox/seccomp/assemble-filter.js';
import { defaultProfile } from '../sandbox/seccomp/default-profile.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { outOfMemoryKills } from './out-of-memory.js';
import type { CommandExit, LaunchIo, LauncherProcess } from './launcher-process.js';
import { prepareMounts } from './prepare-mounts.js';
import { storeLayer } from './store-layer.js';
import { createTemporaryTree } from './temporary-tree.js';
import type { TreeStore } from './tree-store.js';

export interface StepRunner {
  readonly calls: SystemCalls;
  readonly paths: StorePaths;
  readonly trees: TreeStore;
  readonly ownership: Ownership;
  readonly driver: RootfsDriver;
  /** A launcher that waits for its order; the next one is started behind it. */
  takeLauncher(): LauncherProcess;
}

/** @throws TsbuildError as Sandbox.run */
export async function runStep(
  runner: StepRunner,
  layers: readonly LayerRef[],
  step: StepSpec,
  io: LaunchIo,
): Promise<StepResult> {
  const { calls, paths, trees, driver } = runner;
  const lowers = await trees.ensure(layers, io.signal);
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
    const directory = makeDirectory('mounts');
    const prepared = await prepareMounts({ ...runner, directory, signal: io.signal, onCleanUp }, step.mounts);
    const killsBefore = outOfMemoryKills();
    const place = { rootfs: rootfs.target, scratch: makeDirectory('scratch') };
    const exit = await runner.takeLauncher().launch(orderFor(step, prepared, place), io);
    const isOutOfMemory = exit.code !== 0 && outOfMemoryKills() > killsBefore;
    if (exit.code !== 0) return { ...resultOf(exit), isOutOfMemory };
    removeStubs(calls, rootfs.target, exit.stubs);
    const { entries, tree } = await rootfs.changes();
    const layer = await storeLayer(entries, { paths, trees, tree, signal: io.signal });
    return { ...resultOf(exit), layer };
  } finally {
    for (const action of undo.toReversed()) action();
  }
}

/** Paths of the worker: the mounted rootfs, and an empty directory. */
type Place = Pick<LaunchOrder, 'rootfs' | 'scratch'>;

function orderFor(step: StepSpec, prepared: readonly PreparedMount[], place: Place): LaunchOrder {
  const { argv, env, cwd, uid, gid, groups, hostname, network, isInsecure, ulimits } = step;
  const mounts = planMounts(step, prepared);
  const order = {
    argv,
    env,
    cwd,
    uid,
    gid,
    groups,
    hostname,
    network,
    isInsecure,
    ulimits,
    mounts,
    ...place,
  };
  return isInsecure ? order : { ...order, filter: encodedFilter() };
}

function encodedFilter(): Uint8Array {
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    throw new TsbuildError('SANDBOX_FAILED', `RUN is supported on x64 and arm64, this is ${process.arch}`);
  return encodeProgram(assembleFilter(defaultProfile(process.arch)));
}

function resultOf(exit: CommandExit): StepResult {
  if (exit.signal === null) return { exitCode: exit.code ?? 1, isOutOfMemory: false };
  return { exitCode: 128 + constants.signals[exit.signal], signal: exit.signal, isOutOfMemory: false };
}
