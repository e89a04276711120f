// Builds a step's world around this process and becomes the command: namespaces, mounts, pivot_root, identity, seccomp, execve (design.md
// section 4). Synchronous from start to end: only the calling thread enters the new namespaces, so nothing may run on others.
import { fchownSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { invariant, TsbuildError } from '../../core/errors.js';
import { DEFAULT_CAPABILITIES } from './capabilities.js';
import { becomeCommand } from './command.js';
import { dropBoundingSet } from './drop-bounding-set.js';
import type { FromLauncher, LaunchOrder, ToLauncher } from './launcher-protocol.js';
import { executeMount, type MountContext } from './mount-executor.js';
import { ownerWriter } from './owner-writer.js';
import { openDirectory, openInside, type Stub } from './path-in-root.js';
import { RESOURCE_LIMITS, limitValue } from './resource-limits.js';
import type { SystemCalls } from './syscalls.js';
import { isSystemCallError } from './syscalls/binding.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from './syscalls/file-calls.js';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWUTS,
} from './syscalls/process-calls.js';

export interface LaunchChannel {
  send(message: FromLauncher): void;
  /** Waits for the next message. */
  receive(): ToLauncher;
  /** Descriptors of the command's standard output and error. */
  readonly outputs: readonly [number, number];
}

/** Returns only by throwing. The caller is PID 1 of a new pid namespace, in a user namespace whose ids are mapped. */
export function launch(calls: SystemCalls, order: LaunchOrder, channel: LaunchChannel): void {
  const { send, outputs } = channel;
  calls.unshare(CLONE_NEWNS);
  calls.makeAllPrivate();
  // Still as the invoking user, who alone may pass through the directories above the store.
  const sources = openSources(order);
  if (!order.isSupervised) {
    calls.setGroups([]);
    calls.setIds({ uid: 0, gid: 0 });
  }
  calls.dieWithParent();
  // Namespaces belong to whom makes them: these to the container's root.
  calls.unshare(
    CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | (order.network === 'none' ? CLONE_NEWNET : 0),
  );
  process.umask(0o022);
  if (order.network === 'none') calls.bringLoopbackUp();
  const stubs = enterRootfs(calls, order, sources);
  calls.setHostname(order.hostname);
  calls.dup(openSync('/dev/null', 'r'), 0);
  calls.fchdir(workingDirectory(calls, order));
  setLimits(calls, order);
  calls.startSession();
  // Opening /dev/stdout opens the pipe again, which the user must be allowed to.
  outputs.forEach((own, i) => {
    if (!order.isSupervised) fchownSync(own, order.uid, order.gid);
    calls.dup(own, i + 1);
  });
  send({ kind: 'ready', stubs });
  if (order.isSupervised) becomeSupervised(calls, order, channel);
  else becomeUser(calls, order);
  calls.resetSignals();
  calls.keepOnlyStandardDescriptors();
  becomeCommand(calls, order.argv, order.env);
}

type Sources = ReadonlyMap<string, number>;

/** Descriptors of everything that the order names by a path of the worker. */
function openSources(order: LaunchOrder): Sources {
  const trees = order.mounts.flatMap((mount) => (mount.kind === 'tree' ? [mount.source] : []));
  return new Map(
    [order.rootfs, order.scratch, ...trees].map((path) => [path, openSync(path, O_PATH | O_NOFOLLOW)]),
  );
}

function sourceOf(sources: Sources, path: string): number {
  const fd = sources.get(path);
  invariant(fd !== undefined, `${path} was opened`);
  return fd;
}

/** Mounts everything and makes the rootfs the root. Returns the mount points that were made in it. */
function enterRootfs(calls: SystemCalls, order: LaunchOrder, sources: Sources): Stub[] {
  const stubs: Stub[] = [];
  const writeOwner = ownerWriter(calls, order);
  const scratch = calls.createMount('tmpfs', [['mode', '700']], 0);
  calls.attach(scratch, sourceOf(sources, order.scratch));
  // pivot_root needs a mount that was made in this namespace.
  calls.mkdirat(scratch, 'root', 0o755);
  const root = calls.cloneTree(sourceOf(sources, order.rootfs), { isRecursive: false });
  calls.attach(root, calls.openat(scratch, 'root', O_PATH | O_DIRECTORY));
  // Before the mounts, so that a missing working directory becomes part of the layer.
  openInside(calls, root, order.cwd, { create: 'dir', owner: order, writeOwner });
  const context: MountContext = {
    calls,
    writeOwner,
    root,
    scratch,
    onStub: (stub) => stubs.push(stub),
    openSource: (path) => sourceOf(sources, path),
  };
  for (const mount of order.mounts) executeMount(context, mount);
  calls.fchdir(root);
  calls.pivotToCurrentDirectory();
  return stubs;
}

export function workingDirectory(calls: SystemCalls, order: LaunchOrder): number {
  // A mount may have hidden the directory; in it, it belongs to root as with runc.
  const root = openDirectory('/');
  const procDevice = lstatSync('/proc', { throwIfNoEntry: false })?.dev;
  const isMounted = procDevice !== fstatSync(root).dev;
  const fd = openInside(calls, root, order.cwd, {
    create: 'dir',
    procDevice: isMounted ? procDevice : undefined,
  });
  if (fd !== undefined && fstatSync(fd).isDirectory()) return fd;
  throw new TsbuildError(
    'LAYER_UNSAFE',
    `the working directory ${order.cwd} is not a directory in the image`,
  );
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

/** The order matters: each line takes away something that the lines above needed (runc's standard_init_linux.go without no_new_privs). */
function becomeUser(calls: SystemCalls, order: LaunchOrder): void {
  forgetKeyring(calls);
  if (!order.isInsecure) dropBoundingSet(calls, DEFAULT_CAPABILITIES);
  if (order.filter) calls.installSeccompFilter(order.filter);
  calls.clearAmbient();
  calls.setGroups(order.groups);
  calls.setIds(order);
  if (!order.isInsecure) calls.setCapabilities(order.uid === 0 ? DEFAULT_CAPABILITIES : 0n);
  calls.dieWithParent();
}

/** With one id there is none to change to: the supervisor answers as if it had been changed. */
function becomeSupervised(calls: SystemCalls, order: LaunchOrder, { send, receive }: LaunchChannel): void {
  invariant(order.filter, 'a supervised step has a filter');
  forgetKeyring(calls);
  if (!order.isInsecure) dropBoundingSet(calls, DEFAULT_CAPABILITIES);
  if (order.uid !== 0) calls.denyRootPrivileges();
  send({ kind: 'supervise', listener: installTraps(calls, order.filter) });
  receive();
  calls.clearAmbient();
  if (order.uid !== 0) calls.setCapabilities(0n);
  else if (!order.isInsecure) calls.setCapabilities(DEFAULT_CAPABILITIES);
  calls.dieWithParent();
}

function installTraps(calls: SystemCalls, filter: Uint8Array): number {
  try {
    return calls.installTrappingFilter(filter);
  } catch (error) {
    // A process can have one supervisor: EBUSY inside a container that has its own.
    const reason = isSystemCallError(error) ? error.message : String(error);
    throw new TsbuildError('SANDBOX_FAILED', `the kernel refuses to have a RUN step supervised: ${reason}`, {
      hint: 'use subordinate ids (--isolation userns)',
      cause: error,
    });
  }
}

export function forgetKeyring(calls: SystemCalls): void {
  try {
    calls.joinNewSessionKeyring();
  } catch (error) {
    // A host without keyrings (ENOSYS), or one whose own seccomp filter keeps them out of reach (EPERM): there is nothing to inherit.
    if (!isSystemCallError(error, 'ENOSYS', 'EPERM')) throw error;
  }
}
