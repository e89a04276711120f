// What this machine can do for a RUN, found by trying. Nothing of it lasts: no image, and no store where there was
// none.
import { makeDirectories } from './host/make-directories.js';
import type { Environment } from './build-options.js';
import { rmdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { RungDiagnosis } from './worker/front/diagnose-rungs.js';
import type { PlatformDiagnosis } from './worker/front/diagnose-emulators.js';
import type { FilesystemDiagnosis, NetworkDiagnosis } from './worker/front/diagnose-settings.js';
import { findTools, type ToolDiagnosis } from './worker/front/host-tools.js';
import { storeWriteError, temporaryName } from './store/durable-write.js';
import { storePaths } from './store/store-paths.js';
import { defaultStoreRoot, openStore } from './store/store.js';
import { validateDoctorArguments } from './validate-arguments.js';

/**
 * The stable shape of `tsbuild doctor --json`: members may be added, none changes its meaning while `version` is the
 * same.
 */
export interface Diagnosis {
  readonly version: 1;
  readonly host: {
    /** As `process.platform`, `process.arch` and `process.version` of Node. */
    readonly platform: string;
    readonly arch: string;
    readonly node: string;
    /** The user id that builds run as; absent where there are none. */
    readonly uid?: number;
    readonly user?: string;
    /** The folder whose file system was tried. */
    readonly store: string;
  };
  /** What a build takes for its RUN steps, and `run` for a container; `none` when they would be refused. */
  readonly isolation: RungDiagnosis['name'] | 'none';
  /** Strongest first. */
  readonly rungs: readonly RungDiagnosis[];
  /** Of that isolation, fastest first: the first that works is used. Empty for `none`. */
  readonly filesystems: readonly FilesystemDiagnosis[];
  /** Of that isolation; absent for `none`. */
  readonly network?: NetworkDiagnosis;
  /** Other platforms than the machine's, and what executes a RUN of them. Empty for `none`. */
  readonly platforms: readonly PlatformDiagnosis[];
  readonly tools: readonly ToolDiagnosis[];
}

export interface DoctorOptions {
  /** TSBUILD_ROOT, XDG_DATA_HOME and HOME count. Default the environment of this process. */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
}

/**
 * Runs a tiny program on every rung of the ladder, on the file system of the store, and looks for the programs that
 * make more possible.
 * @throws TsbuildError STORE_UNWRITABLE, STORE_FULL, OPTION_INVALID, ABORTED
 */
export async function doctor(options: DoctorOptions = {}): Promise<Diagnosis> {
  validateDoctorArguments(options);
  const { env = process.env, signal = new AbortController().signal } = options;
  // A build, which comes through the same door, loads no sandbox for nothing.
  const [{ diagnoseRungs }, { diagnoseFilesystems, diagnoseNetwork }, { diagnoseEmulators }, { RUNGS }] =
    await Promise.all([
      import('./worker/front/diagnose-rungs.js'),
      import('./worker/front/diagnose-settings.js'),
      import('./worker/front/diagnose-emulators.js'),
      import('./worker/front/ladder.js'),
    ]);
  const root = defaultStoreRoot(env);
  const trial = makeTrialFolder(storePaths(root).tmp);
  try {
    const options = { makeStore: (name: string) => openStore(join(trial.path, name)), signal };
    const rungs = await diagnoseRungs(options);
    const isolation = rungs.find(({ works }) => works)?.name ?? 'none';
    const rung = RUNGS.find(({ name }) => name === isolation);
    return {
      version: 1,
      host: hostOf(root),
      isolation,
      rungs,
      filesystems: rung ? await diagnoseFilesystems(rung, options) : [],
      ...(rung && { network: await diagnoseNetwork(rung, options) }),
      platforms: rung ? await diagnoseEmulators(rung, options) : [],
      tools: process.platform === 'linux' ? findTools() : [],
    };
  } finally {
    removeTrialFolder(trial);
  }
}

interface TrialFolder {
  readonly path: string;
  /** The topmost of the folders that were not there before. */
  readonly made: string;
}

function makeTrialFolder(parent: string): TrialFolder {
  const path = temporaryName(parent);
  try {
    return { path, made: makeDirectories(path, 0o700) ?? path };
  } catch (error) {
    throw storeWriteError(error, path);
  }
}

/** A build that began meanwhile keeps the folders it uses. */
function removeTrialFolder({ path, made }: TrialFolder): void {
  rmSync(path, { recursive: true, force: true });
  for (let folder = dirname(path); folder.startsWith(made); folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch {
      // In use.
      return;
    }
  }
}

function hostOf(store: string): Diagnosis['host'] {
  const { platform, arch, version: node } = process;
  const uid = process.getuid?.();
  const user = accountName();
  return {
    platform,
    arch,
    node,
    ...(uid !== undefined && { uid }),
    ...(user !== undefined && { user }),
    store,
  };
}

function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // An id without an account, as in many containers.
    return undefined;
  }
}
