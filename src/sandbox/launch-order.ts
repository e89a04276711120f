// What a launcher is to become. Plain data: launchers of tsbuild's own and OCI runtimes execute the same order.
import type { ByteString } from '../core/bytes.js';
import type { Confinement } from './confinement.js';
import type { PlannedMount } from './mount-plan.js';
import type { AnyProcess } from './process-spec.js';
import type { ProcessFilters } from './process-filters.js';

/** The part of a process that its mounts have nothing to do with. */
type Command = Pick<
  AnyProcess,
  | 'argv'
  | 'env'
  | 'cwd'
  | 'uid'
  | 'gid'
  | 'groups'
  | 'hostname'
  | 'network'
  | 'isInsecure'
  | 'ulimits'
  | 'stdin'
  | 'terminal'
>;

/** One command and everything that a process needs to become it. */
export interface LaunchOrder extends Command {
  /** The mounted rootfs and an empty directory, as paths in the worker's mount namespace. */
  readonly rootfs: string;
  readonly scratch: string;
  readonly mounts: readonly PlannedMount[];
  /** How the rootfs becomes the root; `pivot` with all its mounts by default. */
  readonly entry?: 'pivot' | 'chroot';
  /**
   * The namespace has one id: owners are recorded (rootfs/owner-record.ts), and what the command asks about ids is
   * answered by a supervisor, to whom the notifications of its filter are given.
   */
  readonly isSupervised?: boolean;
  /** The command is to see the devices of its rootfs, which are files there. */
  readonly showsDevices?: boolean;
  /** Encoded seccomp filter; absent for an insecure process without a supervisor. */
  readonly filter?: Uint8Array;
  /** What binds the command to its root beside that; absent where a namespace does. */
  readonly confinement?: Confinement;
  /** Files of the worker's that are emptied when it ends before the process. */
  readonly secrets?: readonly ByteString[];
}

export interface OrderOptions extends Pick<
  LaunchOrder,
  'rootfs' | 'scratch' | 'mounts' | 'entry' | 'isSupervised' | 'confinement' | 'secrets'
> {
  readonly filters: ProcessFilters;
}

/** @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function createLaunchOrder(spec: AnyProcess, { filters, ...place }: OrderOptions): LaunchOrder {
  const { argv, env, cwd, uid, gid, groups, hostname, network, isInsecure, ulimits, stdin, terminal } = spec;
  const filter = filters(spec);
  return {
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
    ...place,
    ...(stdin && { stdin }),
    ...(terminal && { terminal }),
    ...(filter && { filter }),
  };
}
