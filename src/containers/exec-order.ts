// What a further command in a container is to become: the container's own settings, and what is asked for this one.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { O_DIRECTORY, O_PATH } from '../host/syscalls/open-flags.js';
import type { OwnSystemCalls } from '../host/syscalls/system-calls.js';
import { execUserOf, parseGroups, parsePasswd } from '../layer/accounts/account-rows.js';
import { openInside } from '../rootfs/path-in-root.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import { filterOf } from '../worker/containers/container-filter.js';
import type { ContainerRecord, ContainerState } from './container-record.js';
import { capabilitySet } from './rules/capability-set.js';
import { execEnv } from './rules/process-env.js';
import { securitySettings } from './rules/security-options.js';

export interface ExecChoice {
  readonly command: readonly string[];
  readonly isDetached?: boolean;
  readonly isInteractive?: boolean;
  readonly isTerminal?: boolean;
  readonly isPrivileged?: boolean;
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
}

export interface ExecFacts {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
  readonly choice: ExecChoice;
}

/** @throws TsbuildError OPTION_INVALID | STEP_NOT_FOUND for a user who is not there */
export function execOrder(
  calls: OwnSystemCalls,
  { record: { config, host }, state, choice }: ExecFacts,
): LaunchOrder {
  const accounts = (path: string): string => readInside(calls, state, path);
  const user = execUserOf(
    parsePasswd(accounts('/etc/passwd')),
    () => parseGroups(accounts('/etc/group')),
    choice.user || config.user,
  );
  const isPrivileged = choice.isPrivileged === true || host.isPrivileged;
  const security = securitySettings(host.securityOpt);
  const capabilities = capabilitySet({ add: host.capAdd, drop: host.capDrop, isPrivileged });
  const hasOneId = host.isolation === 'userns-single';
  const isSupervised = hasOneId && host.userns === 'build';
  const filter = filterOf(
    { seccomp: security.seccomp, isPrivileged, uid: user.uid, capabilities: capabilities.toString(16) },
    { isSupervised },
  );
  return {
    argv: choice.command,
    env: execEnv({
      env: config.env,
      asked: choice.env ?? [],
      hostname: config.hostname,
      hasTerminal: choice.isTerminal === true,
      home: user.home,
    }),
    cwd: choice.workingDir || config.workingDir || '/',
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    hostname: config.hostname,
    network: 'host',
    isInsecure: isPrivileged,
    ulimits: [],
    rootfs: '/',
    scratch: '/',
    mounts: [],
    ...(filter && { filter }),
    isSupervised,
    container: {
      capabilities,
      hasNoNewPrivileges: security.hasNoNewPrivileges,
      isRootReadonly: host.isReadonlyRootfs,
      hasOneId,
      outlivesParent: choice.isDetached === true,
      joined: {},
      sysctls: {},
    },
  };
}

const ACCOUNT_BYTES = 1 << 20;

/** A file of the container, whose links do not lead out of it. Empty where there is no such file. */
function readInside(calls: OwnSystemCalls, { main }: ContainerState, path: string): string {
  const root = openSync(`/proc/${main.pid}/root`, O_PATH | O_DIRECTORY);
  const opened = [root];
  try {
    const found = openInside(calls, root, path);
    if (found === undefined) return '';
    opened.push(found);
    const { size } = fstatSync(found);
    if (calls.status(found).type !== 'file' || size > ACCOUNT_BYTES) return '';
    return readFileSync(`/proc/self/fd/${found}`, 'utf8');
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
