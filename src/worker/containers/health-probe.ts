// The process that executes the health check of a container again and again (sandbox/monitor/probe-message.ts): a child
// of the monitor, outside of the container. Each check enters it, and becomes what the container is.
import { closeSync, fchownSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { join as joinInside } from 'node:path/posix';
import { fromUtf8 } from '../../core/bytes.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NONBLOCK, O_PATH } from '../../host/syscalls/open-flags.js';
import { CLONE_NEWPID, CLONE_NEWUSER } from '../../host/syscalls/process-calls.js';
import type { OwnSystemCalls, SystemCalls } from '../../host/syscalls/system-calls.js';
import { groupOnDisk } from '../../rootfs/ownership.js';
import { openInside } from '../../rootfs/path-in-root.js';
import { foreignNamespaces } from '../../sandbox/foreign-namespaces.js';
import { forgetKeyring } from '../../sandbox/launch.js';
import { launcherStarterBy, type ParentLauncher } from '../../sandbox/launcher/parent-launcher.js';
import { FIRST_OWN } from '../../sandbox/launcher/start-launcher.js';
import { PROBE_CALLS, probeMessage } from '../../sandbox/monitor/probe-message.js';
import { filterOf } from './container-filter.js';
import type { ContainerProcess, HealthProbe } from './container-process.js';
import type { ContainerRun, StartTools } from './container-run.js';

export interface PreparedProbe {
  /** The first check is made after one interval. */
  begin(): void;
  /** Instead of `begin`. */
  close(): void;
}

/** Its descriptors, in this order. */
const [CONTAINER, OUTPUT, WRITTEN, FILE, DIRECTORY, CWD] = [0, 1, 2, 3, 4, 5].map((n) => FIRST_OWN + n) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/**
 * All namespaces of the container stand, and its command has not begun.
 * @param pid PID 1 of the container
 * @throws TsbuildError SANDBOX_FAILED
 */
export function prepareProbe(
  { calls, ownership, hasOneId = false }: StartTools,
  { process, directory }: ContainerRun,
  parent: ParentLauncher,
  { pid, probe }: { readonly pid: number; readonly probe: HealthProbe },
): PreparedProbe {
  const opened: number[] = [];
  const keep = (fd: number): number => {
    opened.push(fd);
    return fd;
  };
  try {
    const root = keep(calls.openat(AT_FDCWD, fromUtf8(`/proc/${pid}/root`), O_PATH | O_DIRECTORY));
    const { readEnd, writeEnd } = calls.pipe();
    const given = [
      calls.openProcess(pid),
      readEnd,
      writeEnd,
      openSync(join(directory, 'health'), 'a', 0o600),
      openSync(directory, 'r'),
      openInside(calls, root, process.cwd) ?? calls.openat(root, fromUtf8('.'), O_PATH | O_DIRECTORY),
    ].map(keep);
    // Opening /dev/stdout opens the pipe again.
    fchownSync(writeEnd, ownership.idOnDisk(process.uid), groupOnDisk(ownership, process.gid));
    const launcher = launcherStarterBy(calls, parent).start(given);
    const its = launcher.calls;
    forgetKeyring(its);
    its.forbidTracing();
    const entered = foreignNamespaces(pid);
    if ((entered & CLONE_NEWPID) !== 0) its.enterNamespace(CONTAINER, CLONE_NEWPID);
    its.setStatusFlags(OUTPUT, O_NONBLOCK);
    const path = commandIn(calls, root, probe.argv[0] ?? '', process.env);
    const kinds = CLONE_NEWUSER | (entered & ~CLONE_NEWPID);
    const recorded = launcher.record(
      (recording) => become(recording, { process, probe, path, kinds, hasOneId }),
      PROBE_CALLS,
    );
    return {
      begin() {
        launcher.tell(
          probeMessage({
            interval: nanoseconds(probe.intervalMs),
            startInterval: nanoseconds(probe.startIntervalMs),
            startPeriod: nanoseconds(probe.startPeriodMs),
            timeout: nanoseconds(probe.timeoutMs),
            container: CONTAINER,
            output: OUTPUT,
            file: FILE,
            fileSize: 0,
            directory: DIRECTORY,
            calls: recorded,
          }),
        );
        launcher.close();
      },
      close: () => launcher.close(),
    };
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

interface Check {
  readonly process: ContainerProcess;
  readonly probe: HealthProbe;
  /** Of its program, in the container. */
  readonly path: string;
  readonly kinds: number;
  readonly hasOneId: boolean;
}

/** The same order as `becomeUser` has (sandbox/launch.ts): no call may fail, and none has a result here. */
function become(its: SystemCalls, { process, probe, path, kinds, hasOneId }: Check): void {
  const { uid, gid, groups, env, isPrivileged, hasNoNewPrivileges } = process;
  const kept = BigInt(`0x${process.capabilities}`);
  const filter = filterOf(process);
  its.enterNamespace(CONTAINER, kinds);
  its.fchdir(CWD);
  its.startSession();
  its.dup(WRITTEN, 1);
  its.dup(WRITTEN, 2);
  its.umask(0o022);
  if (!isPrivileged)
    its.dropBounding(knownCapabilities().filter((bit) => ((kept >> BigInt(bit)) & 1n) === 0n));
  if (filter) its.installSeccompFilter(filter);
  if (hasOneId && uid !== 0) its.denyRootPrivileges();
  its.clearAmbient();
  // With one id there is none to change to, and no supervisor for each check.
  if (!hasOneId) its.setGroups(groups);
  if (!hasOneId) its.setIds({ uid, gid });
  if (!isPrivileged) its.setCapabilities(uid === 0 ? kept : 0n);
  its.dieWithParent();
  if (hasNoNewPrivileges) its.forbidNewPrivileges();
  its.resetSignals();
  its.keepOnlyStandardDescriptors();
  its.execve(fromUtf8(path), probe.argv, env);
}

/** Numbers of the capabilities that this kernel has. */
function knownCapabilities(): readonly number[] {
  const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
  return Array.from({ length: last + 1 }, (_, bit) => bit);
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}

/** By the PATH of the container. One that is not there is looked for again by each check, which says so. */
function commandIn(calls: OwnSystemCalls, root: number, name: string, env: readonly string[]): string {
  if (name.includes('/')) return name;
  const search = env.findLast((variable) => variable.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  const places = search.split(':').filter(Boolean);
  const paths = places.map((place) => joinInside(place, name));
  return paths.find((path) => isProgram(calls, root, path)) ?? paths[0] ?? name;
}

function isProgram(calls: OwnSystemCalls, root: number, path: string): boolean {
  const fd = openInside(calls, root, path);
  if (fd === undefined) return false;
  try {
    const status = fstatSync(fd);
    return status.isFile() && (status.mode & 0o111) !== 0;
  } finally {
    closeSync(fd);
  }
}
