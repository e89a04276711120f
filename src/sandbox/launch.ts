// Builds a sandbox around a launcher and makes it the command: namespaces, mounts, pivot_root, identity, seccomp,
// execve. The launcher makes every call, in its namespaces.
import { fromUtf8 } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import { DEFAULT_CAPABILITIES } from './capabilities.js';
import { becomeCommand } from './command.js';
import { dropBoundingSet } from './drop-bounding-set.js';
import type { LaunchOrder } from './launch-order.js';
import { executeMounts, type MountContext } from './mount-executor.js';
import { ownerWriter } from '../rootfs/owner-writer.js';
import { openInside, type Stub } from '../rootfs/path-in-root.js';
import { RESOURCE_LIMITS, limitValue } from './resource-limits.js';
import { installTraps, trapCalls, type CallTraps } from './trap-calls.js';
import { openStandard, type OpenStandard, type Standard } from './standard-descriptors.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { MOUNT_RDONLY } from '../host/syscalls/mount-calls.js';
import { O_DIRECTORY, O_PATH } from '../host/syscalls/open-flags.js';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWUTS,
} from '../host/syscalls/process-calls.js';

export interface LaunchChannel {
  readonly standard: Standard;
  /**
   * The launcher's descriptor of the network namespace to enter. Absent: the host's, or a new one that has only `lo`.
   */
  readonly network?: number | undefined;
  /** Called with the mount points that were made in the rootfs. The command starts when it has resolved. */
  onReady(stubs: readonly Stub[]): Promise<void>;
  /** Has the notifications of the filter answered. `listener`: the launcher's descriptor of them. */
  supervise(listener: number): Promise<void>;
  readonly traps?: CallTraps | undefined;
  /**
   * Makes the launcher the init of what it was to become: a child goes on in its place (monitor/init-message.ts). The
   * init has the user and the filter of the command.
   */
  readonly init?: (() => void) | undefined;
  /** Absent where a pid namespace ends what a command leaves running. */
  readonly keepers?: KeeperChannel | undefined;
}

export interface KeeperChannel {
  /** The launcher's descriptor of the pipe whose other end the worker has. */
  readonly leash: number;
  /** Of the launcher. */
  readonly pid: number;
  /**
   * Called for each process beside the launcher; all are children of the worker (syscalls/keeper-calls.ts). The ender
   * kills the command. A guard acts only when the worker ends before the command.
   */
  onMade(kind: 'ender' | 'guard', pid: number): void;
}

/**
 * The launcher is PID 1 of a new pid namespace, in the user namespace of the worker's commands.
 * @throws TsbuildError, SystemCallError
 */
export async function launch(calls: SystemCalls, order: LaunchOrder, channel: LaunchChannel): Promise<void> {
  const { network } = channel;
  calls.together(() => {
    calls.unshare(CLONE_NEWNS);
    calls.makeAllPrivate();
  });
  // Still as the invoking user, who alone may pass through the directories above the store.
  const sources = openSources(calls, order);
  calls.together(() => {
    if (!order.isSupervised && !order.container?.hasOneId) {
      calls.setGroups([]);
      calls.setIds({ uid: 0, gid: 0 });
    }
    calls.dieWithParent();
    if (network !== undefined) calls.enterNetwork(network);
    // A namespace belongs to the user who makes it. These shall belong to root of the sandbox.
    joinOthers(calls, order);
    calls.unshare(ownNamespaces(order));
    calls.umask(0o022);
  });
  if (order.network === 'none') calls.bringLoopbackUp();
  const stubs = enterRootfs(calls, order, sources);
  const standard = openStandard(calls, order, channel.standard);
  const directory = workingDirectory(calls, order);
  setLimits(calls, order);
  calls.together(() => {
    if (order.container?.joined.uts === undefined) calls.setHostname(order.hostname);
    calls.fchdir(directory);
    standard.give();
    if (!channel.init) takeSession(calls, standard);
  });
  await channel.onReady(stubs);
  if (order.isSupervised) await becomeSupervised(calls, order, channel);
  else await becomeUser(calls, order, channel);
  channel.init?.();
  calls.together(() => {
    if (channel.init) takeSession(calls, standard);
    calls.resetSignals();
    calls.keepOnlyStandardDescriptors();
  });
  becomeCommand(calls, order.argv, order.env);
}

function takeSession(calls: SystemCalls, standard: OpenStandard): void {
  calls.startSession();
  standard.become();
}

function joinOthers(calls: SystemCalls, { container }: LaunchOrder): void {
  const { ipc, uts } = container?.joined ?? {};
  if (typeof ipc === 'number') calls.enterNamespace(ipc, CLONE_NEWIPC);
  if (typeof uts === 'number') calls.enterNamespace(uts, CLONE_NEWUTS);
}

function ownNamespaces({ network, container }: LaunchOrder): number {
  const { ipc, uts } = container?.joined ?? {};
  return (
    (uts === undefined ? CLONE_NEWUTS : 0) |
    (ipc === undefined ? CLONE_NEWIPC : 0) |
    CLONE_NEWCGROUP |
    (network === 'none' ? CLONE_NEWNET : 0)
  );
}

type Sources = ReadonlyMap<string, number>;

/** Descriptors of everything that the order names by a path of the worker. */
function openSources(calls: SystemCalls, order: LaunchOrder): Sources {
  const trees = order.mounts.flatMap((mount) => (mount.kind === 'tree' ? [mount.source] : []));
  const paths = [...new Set([order.rootfs, order.scratch, ...trees])];
  const found = calls.lookAtAll(AT_FDCWD, paths.map(fromUtf8));
  return new Map(paths.map((path, i) => [path, found[i]!.fd]));
}

function sourceOf(sources: Sources, path: string): number {
  const fd = sources.get(path);
  invariant(fd !== undefined, `${path} was opened`);
  return fd;
}

/** Where in the scratch directory the rootfs is mounted. */
const ROOT = fromUtf8('root');

/** Mounts everything and makes the rootfs the root. Returns the mount points that were made in it. */
function enterRootfs(calls: SystemCalls, order: LaunchOrder, sources: Sources): Stub[] {
  const stubs: Stub[] = [];
  const writeOwner = ownerWriter(calls, order);
  const scratch = calls.createMount('tmpfs', [['mode', '700']], 0);
  const root = calls.cloneTree(sourceOf(sources, order.rootfs), { isRecursive: false });
  calls.together(() => {
    calls.attach(scratch, sourceOf(sources, order.scratch));
    // pivot_root needs a mount that was made in this namespace.
    calls.mkdirat(scratch, ROOT, 0o755);
  });
  calls.attach(root, calls.openat(scratch, ROOT, O_PATH | O_DIRECTORY));
  // Before the mounts, so that a missing working directory becomes part of the layer.
  const owner = order.container ? { uid: 0, gid: 0 } : order;
  openInside(calls, root, order.cwd, { create: 'dir', owner, writeOwner });
  const context: MountContext = {
    calls,
    writeOwner,
    root,
    rootDevice: calls.status(root).device,
    scratch,
    onStub: (stub) => stubs.push(stub),
    openSource: (path) => sourceOf(sources, path),
  };
  executeMounts(context, order.mounts);
  calls.together(() => {
    if (order.container?.isRootReadonly) calls.restrict(root, MOUNT_RDONLY, { isRecursive: false });
    calls.fchdir(root);
    calls.pivotToCurrentDirectory();
  });
  return stubs;
}

export function workingDirectory(calls: SystemCalls, order: LaunchOrder): number {
  // A mount may have hidden the directory; in it, it belongs to root as with runc.
  const root = calls.openat(AT_FDCWD, fromUtf8('/'), O_PATH | O_DIRECTORY);
  const direct = calls.lookBeneath(root, fromUtf8(order.cwd));
  if (typeof direct === 'object' && direct.type === 'directory') return direct.fd;
  const procDevice = deviceOf(calls, root, 'proc');
  const isMounted = procDevice !== calls.status(root).device;
  const fd = madeDirectory(calls, root, order.cwd, isMounted ? procDevice : undefined);
  if (fd !== undefined && calls.status(fd).type === 'directory') return fd;
  throw new TsbuildError(
    'LAYER_UNSAFE',
    `the working directory ${order.cwd} is not a directory in the image`,
  );
}

/** Undefined where there is none and none can be made, as in the proc file system. */
function madeDirectory(
  calls: SystemCalls,
  root: number,
  path: string,
  procDevice: bigint | undefined,
): number | undefined {
  try {
    return openInside(calls, root, path, { create: 'dir', procDevice });
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS')) return undefined;
    throw error;
  }
}

/** Undefined when there is no such entry. */
function deviceOf(calls: SystemCalls, dir: number, name: string): bigint | undefined {
  const fd = openInside(calls, dir, name);
  if (fd === undefined) return undefined;
  const { device } = calls.status(fd);
  calls.close(fd);
  return device;
}

export function setLimits(calls: SystemCalls, order: LaunchOrder): void {
  for (const { name, soft, hard } of order.ulimits) {
    // Linux has no use for it, but supervisors have (notify/credential-table.ts).
    if (order.isSupervised && name === 'locks') continue;
    const resource = RESOURCE_LIMITS[name];
    if (resource === undefined) throw new TsbuildError('OPTION_INVALID', `invalid ulimit type: ${name}`);
    try {
      calls.setLimit(resource, limitValue(soft), limitValue(hard));
    } catch (error) {
      throw new TsbuildError(
        'SANDBOX_FAILED',
        `cannot set --ulimit ${name}=${soft}:${hard}: above the hard limit of this user`,
        { cause: error },
      );
    }
  }
}

/**
 * The order matters: each line takes away something that the lines above needed (runc's standard_init_linux.go without
 * no_new_privs).
 */
export async function becomeUser(
  calls: SystemCalls,
  order: LaunchOrder,
  { traps }: Pick<LaunchChannel, 'traps'>,
): Promise<void> {
  forgetKeyring(calls);
  const kept = boundCapabilities(calls, order);
  if (traps) await trapCalls(calls, traps);
  if (order.filter) calls.installSeccompFilter(order.filter);
  calls.together(() => {
    calls.clearAmbient();
    if (!order.container?.hasOneId) calls.setGroups(order.groups);
    calls.setIds(order);
    if (!order.isInsecure) calls.setCapabilities(order.uid === 0 ? kept : 0n);
    if (!order.container?.outlivesParent) calls.dieWithParent();
    if (order.container?.hasNoNewPrivileges) calls.forbidNewPrivileges();
  });
}

/** With one id there is none to change to: the supervisor answers as if it had been changed. */
export async function becomeSupervised(
  calls: SystemCalls,
  order: LaunchOrder,
  { supervise }: Pick<LaunchChannel, 'supervise'>,
): Promise<void> {
  invariant(order.filter, 'a supervised process has a filter');
  forgetKeyring(calls);
  const kept = boundCapabilities(calls, order);
  if (order.uid !== 0) calls.denyRootPrivileges();
  await supervise(installTraps(calls, order.filter));
  calls.clearAmbient();
  if (order.uid !== 0) calls.setCapabilities(0n);
  else if (!order.isInsecure) calls.setCapabilities(kept);
  if (!order.container?.outlivesParent) calls.dieWithParent();
  if (order.container?.hasNoNewPrivileges) calls.forbidNewPrivileges();
}

/** No program that is executed gets others. @returns those that are kept */
function boundCapabilities(calls: SystemCalls, order: LaunchOrder): bigint {
  const kept = order.container?.capabilities ?? DEFAULT_CAPABILITIES;
  if (!order.isInsecure) dropBoundingSet(calls, kept);
  return kept;
}

export function forgetKeyring(calls: SystemCalls): void {
  try {
    calls.joinNewSessionKeyring();
  } catch (error) {
    // A host without keyrings (ENOSYS), or one whose own seccomp filter keeps them out of reach (EPERM): there is
    // nothing to inherit.
    if (!isSystemCallError(error, 'ENOSYS', 'EPERM')) throw error;
  }
}
