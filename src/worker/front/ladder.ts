// The sandbox ladder: rungs are probed by trying, strongest first, and the one in use is said with its reason.
// A forced rung is never left for another.
import { TsbuildError } from '../../core/errors.js';
import type { StorePaths } from '../../store/store-paths.js';
import { openControlGroups } from '../../sandbox/cgroup/open-control-groups.js';
import type { ResourceLimits } from '../../sandbox/cgroup/limit-files.js';
import {
  chooseNetwork,
  type NetworkChoice,
  type WantedNetwork,
} from '../../sandbox/network/choose-network.js';
import {
  createDefaultNetwork,
  type OnNote,
  type DefaultNetwork,
} from '../../sandbox/network/default-network.js';
import { findRuntime } from '../../sandbox/runtime/oci-runtime.js';
import { pointToDoctor } from './doctor-hint.js';
import { chrootRung } from './chroot-rung.js';
import { createEmulation, type Emulation } from './emulation.js';
import { createEmulatorSearch } from './emulator-search.js';
import type { Rung, RungName } from './rung.js';
import { usernsRung } from './userns-rung.js';
import type { SandboxSettings } from '../../sandbox/sandbox-settings.js';
import { usernsSingleRung } from './userns-single-rung.js';
import { openWorkerSandbox, type WorkerSandbox } from './worker-sandbox.js';

/** Strongest first. */
export const RUNGS: readonly Rung[] = [usernsRung, usernsSingleRung, chrootRung];

export function rungOf(name: RungName): Rung {
  return RUNGS.find((rung) => rung.name === name)!;
}

/** A rung by its name; `auto`: the strongest that works here; `none`: none. */
export type Isolation = 'auto' | 'userns' | 'userns-single' | 'chroot' | 'none';

export interface LadderOptions {
  readonly isolation: Isolation;
  /** What the user asked of every process. */
  readonly request: {
    readonly network?: WantedNetwork;
    readonly resources?: ResourceLimits;
    /** `crun`, `runc`, `runsc` or an absolute path: an OCI runtime. */
    readonly runtime?: string;
  };
  readonly paths: StorePaths;
  /** The only file system for processes that is to be used; the best one that works by default. */
  readonly rootfs?: SandboxSettings['rootfs'] | undefined;
  readonly signal: AbortSignal;
  /** One line that says which rung is used and why. */
  readonly onNote: OnNote;
}

/** A sandbox, the network that its processes get when they name none, and what executes foreign programs in it. */
export interface BuildSandbox extends Omit<WorkerSandbox, 'files'> {
  readonly networks: DefaultNetwork;
  readonly emulation: Emulation;
}

interface Failure {
  readonly rung: Rung;
  readonly error: TsbuildError;
}

/**
 * @throws TsbuildError SANDBOX_NONE for `none`; SANDBOX_* of the forced rung; SANDBOX_UNSUPPORTED with the reason of
 * each rung when none works; ABORTED
 */
export async function openSandbox({
  isolation,
  request,
  paths,
  rootfs,
  signal,
  onNote,
}: LadderOptions): Promise<BuildSandbox> {
  if (isolation === 'none')
    throw pointToDoctor(
      new TsbuildError('SANDBOX_NONE', 'a command must be executed, which --isolation none does not allow', {
        hint: 'leave --isolation out',
      }),
    );
  const candidates = RUNGS.filter(({ name }) => isolation === 'auto' || isolation === name);
  const failures: Failure[] = [];
  const chosen = chooseNetwork(request.network ?? 'default');
  const groups = openControlGroups(request.resources);
  const runtime = request.runtime === undefined ? undefined : findRuntime(request.runtime);
  for (const rung of candidates) {
    try {
      const network = rung.sharesNetwork ? networkOfHost(rung, chosen) : chosen;
      const settings: SandboxSettings = {
        ...(network.tool && { network: network.tool }),
        ...(groups && { groups }),
        ...(runtime && { runtime }),
        ...(rootfs !== undefined && { rootfs }),
      };
      const sandbox = await openWorkerSandbox({ rung, paths, settings, signal, explain: pointToDoctor });
      onNote(noteOf(rung, failures));
      if (sandbox.note !== undefined) onNote(sandbox.note);
      const emulation = createEmulation({
        search: createEmulatorSearch(),
        register: sandbox.emulate,
        onNote,
      });
      return { ...sandbox, networks: createDefaultNetwork(network, onNote), emulation };
    } catch (error) {
      if (!(error instanceof TsbuildError) || !error.code.startsWith('SANDBOX_')) throw error;
      failures.push({ rung, error });
    }
  }
  throw pointToDoctor(refusalOf(isolation, failures));
}

/** Why no rung is left, as one error. The hint is that of the strongest rung. Pure. */
export function refusalOf(isolation: Isolation, failures: readonly Failure[]): TsbuildError {
  const first = failures[0]?.error;
  if (!first)
    return new TsbuildError('SANDBOX_UNSUPPORTED', `isolation ${isolation} is not supported on this machine`);
  if (failures.every(({ error }) => error.message === first.message)) return first;
  const reasons = failures.map(reasonOf).join('\n');
  const message = `no isolation works on this machine:\n${reasons}`;
  return first.with({ code: 'SANDBOX_UNSUPPORTED', message, cause: first });
}

/** @throws TsbuildError SANDBOX_UNSUPPORTED when the user named a network that a process cannot have */
function networkOfHost({ name }: Rung, { tool, isForced }: NetworkChoice): NetworkChoice {
  if (isForced && tool)
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `isolation ${name} cannot give a process --network ${tool.name}`,
    );
  // The description of the rung says it.
  return { isForced };
}

function reasonOf({ rung, error }: Failure): string {
  return `${rung.name}: ${error.message}`;
}

/** Pure. */
export function noteOf(rung: Rung, failures: readonly Failure[], who = 'the sandbox uses'): string {
  const why =
    failures.length === 0
      ? ''
      : `; stronger ones do not work here (\`tsbuild doctor\` tells how to enable them): ${failures.map(reasonOf).join('; ')}`;
  return `${who} isolation ${rung.name} (${rung.description})${why}`;
}
