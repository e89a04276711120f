// One RUN from layers to layer, in the worker: trees, overlay, mounts, launcher, diff. Reads like design.md section 3.
import { chmodSync, closeSync, lstatSync, mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { StorePaths } from '../../store/store-paths.js';
import { makeContainerDirectory, mountOverlay } from '../rootfs/overlay.js';
import { removeStubs } from '../rootfs/remove-stubs.js';
import { upperDiff } from '../rootfs/upper-diff.js';
import type { LaunchOrder } from '../sandbox/launcher-protocol.js';
import { planMounts, type PreparedMount } from '../sandbox/mount-plan.js';
import type { LayerRef, StepResult, StepSpec } from '../sandbox/sandbox.js';
import { assembleFilter, encodeProgram } from '../sandbox/seccomp/assemble-filter.js';
import { defaultProfile } from '../sandbox/seccomp/default-profile.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { modificationTime, openDirectory } from '../sandbox/path-in-root.js';
import { AT_FDCWD } from '../sandbox/syscalls/file-calls.js';
import { outOfMemoryKills } from './out-of-memory.js';
import type { CommandExit, LaunchIo, LauncherProcess } from './launcher-process.js';
import { mountView, prepareMounts } from './prepare-mounts.js';
import { storeLayer } from './store-layer.js';
import { createTemporaryTree } from './temporary-tree.js';
import type { TreeStore } from './tree-store.js';

export interface StepRunner {
  readonly calls: SystemCalls;
  readonly paths: StorePaths;
  readonly trees: TreeStore;
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
  const { calls, paths, trees } = runner;
  const lowers = await trees.ensure(layers, io.signal);
  const temporary = createTemporaryTree(calls, paths.trees);
  const undo: (() => void)[] = [() => temporary.remove()];
  const workshop = {
    calls,
    paths,
    trees,
    directory: temporary.path,
    signal: io.signal,
    onCleanUp: (action: () => void) => void undo.push(action),
  };
  try {
    const rootfs = mountRootfs(calls, temporary.path, lowers);
    undo.push(rootfs.detach);
    const prepared = await prepareMounts(workshop, step.mounts);
    const killsBefore = outOfMemoryKills();
    const exit = await runner.takeLauncher().launch(orderFor(step, prepared, rootfs), io);
    const isOutOfMemory = exit.code !== 0 && outOfMemoryKills() > killsBefore;
    if (exit.code !== 0) return { ...resultOf(exit), isOutOfMemory };
    removeStubs(calls, rootfs.target, exit.stubs);
    rootfs.detach();
    const lower = mountView(workshop, lowers, { name: 'lower', isWritable: false });
    const layer = await storeLayer(upperDiff(calls, { upper: rootfs.upper, lower }), {
      paths,
      trees,
      upper: rootfs.upper,
      signal: io.signal,
    });
    return { ...resultOf(exit), layer };
  } finally {
    for (const action of undo.toReversed()) action();
  }
}

interface MountedRootfs {
  readonly target: string;
  readonly upper: string;
  readonly scratch: string;
  /** Idempotent. */
  readonly detach: () => void;
}

function mountRootfs(calls: SystemCalls, directory: string, lowers: readonly string[]): MountedRootfs {
  const at = (name: string): string => join(directory, name);
  for (const name of ['upper', 'empty']) makeContainerDirectory(calls, at(name), 0o755);
  for (const name of ['work', 'rootfs', 'scratch']) mkdirSync(at(name), { mode: 0o700 });
  const top = lowers[0];
  if (top !== undefined) copyRootAttributes(calls, top, at('upper'));
  mountOverlay(calls, {
    lowers: lowers.length > 0 ? lowers : [at('empty')],
    upper: at('upper'),
    work: at('work'),
    target: at('rootfs'),
  });
  let isMounted = true;
  const detach = (): void => {
    if (isMounted) calls.detach(at('rootfs'));
    isMounted = false;
  };
  return { target: at('rootfs'), upper: at('upper'), scratch: at('scratch'), detach };
}

/** The root of an overlay looks like the root of its upper directory. */
function copyRootAttributes(calls: SystemCalls, from: string, to: string): void {
  const stat = lstatSync(from);
  calls.lchownat(AT_FDCWD, to, stat.uid, stat.gid);
  chmodSync(to, stat.mode & 0o7777);
  const fd = openDirectory(from);
  calls.utimensat(AT_FDCWD, to, { mtime: modificationTime(fd) });
  closeSync(fd);
}

function orderFor(step: StepSpec, prepared: readonly PreparedMount[], rootfs: MountedRootfs): LaunchOrder {
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
    rootfs: rootfs.target,
    scratch: rootfs.scratch,
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
