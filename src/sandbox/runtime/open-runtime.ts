// How processes are executed by an OCI runtime.
import { invariant } from '../../core/errors.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { openHall } from './hall.js';
import { hideHybridGroups } from './hide-hybrid-groups.js';
import type { SandboxSettings } from '../sandbox-settings.js';
import type { SystemCalls } from '../../host/syscalls.js';
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
