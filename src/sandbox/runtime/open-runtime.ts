// Opens what executes commands by an OCI runtime.
import { existsSync, readFileSync } from 'node:fs';
import { invariant } from '../../core/errors.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { attachAt } from '../../rootfs/attach-at.js';
import { openHall } from '../../rootfs/hall.js';
import type { SandboxSettings } from '../sandbox-settings.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import type { StartProcess } from '../launcher/start-process.js';
import { runtimeLauncher } from './runtime-launcher.js';

export interface OpenRuntimeOptions {
  readonly unshare: string;
  readonly ownership: Ownership;
  readonly settings: SandboxSettings;
  readonly storeRoot: string;
}

/** @throws TsbuildError SANDBOX_FAILED */
export function openRuntime(
  calls: SystemCalls,
  { unshare, ownership, settings: { runtime, network, groups }, storeRoot }: OpenRuntimeOptions,
): StartProcess {
  invariant(runtime !== undefined, 'a runtime was asked for');
  // Limits are written to groups of version 2, which then must stay in sight.
  if (!groups) hideHybridGroups(calls);
  const tools = network ? [network.program] : [];
  const hall = openHall(calls, {
    user: '--runtime',
    needed: [storeRoot, runtime.program, process.execPath, ...tools],
  });
  return runtimeLauncher(calls, { runtime, unshare, ownership, network, hall });
}

/** Where a host has version 2 beside version 1. */
const HYBRID = '/sys/fs/cgroup/unified';

/**
 * crun refuses hosts that have controllers in both versions of control groups, although it is told to use none. So
 * version 2 is covered there, in the worker's own mount namespace.
 */
function hideHybridGroups(calls: SystemCalls): void {
  const controllers = `${HYBRID}/cgroup.controllers`;
  if (!existsSync(controllers) || readFileSync(controllers, 'utf8').trim() === '') return;
  attachAt(calls, calls.createMount('tmpfs', [['mode', '555']], 0), HYBRID);
}
