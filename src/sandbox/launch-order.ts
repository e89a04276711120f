// What a launcher is to become. Plain data: tsbuild's launcher and OCI runtimes execute the same order.
import type { ByteString } from '../core/bytes.js';
import type { Confinement } from './confinement.js';
import type { PlannedMount } from './mount-plan.js';
import type { AnyProcess } from './process-spec.js';
import type { ProcessFilters } from './process-filters.js';

/** What commands of builds and containers are told alike. */
export type CommonCommand = Pick<
  AnyProcess,
  'argv' | 'env' | 'cwd' | 'uid' | 'gid' | 'groups' | 'hostname' | 'ulimits' | 'terminal'
>;

/** What a process is told, without its mounts and the files that it is shown. */
type Command = CommonCommand & Pick<AnyProcess, 'network' | 'isInsecure' | 'stdin'>;

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
  /** What binds the command to its root; absent where a mount namespace does. */
  readonly confinement?: Confinement;
  /** Of a container (worker/containers/). Builds have none of it. */
  readonly container?: ContainerOrder;
  /** Files that are emptied when the worker ends before the command. */
  readonly secrets?: readonly ByteString[];
}

/** What a container has that a command of a build has not. */
export interface ContainerOrder {
  /** In the place of docker's default; bit n = capability n. Of one that is insecure: all. */
  readonly capabilities: bigint;
  readonly hasNoNewPrivileges: boolean;
  readonly isRootReadonly: boolean;
  /** Its user namespace has id 0 alone. */
  readonly hasOneId?: boolean;
  /** It does not end with the process that started it. */
  readonly outlivesParent?: boolean;
  /** Namespaces that are not made: of another container, by the launcher's descriptors, or those of the parent. */
  readonly joined: { readonly [Kind in 'ipc' | 'uts']?: number | 'kept' };
  /** Files of /proc/sys, by names with dots, once its own file system of processes is mounted. */
  readonly sysctls: Readonly<Record<string, string>>;
}

export interface OrderOptions extends Pick<
  LaunchOrder,
  'rootfs' | 'scratch' | 'mounts' | 'entry' | 'isSupervised' | 'confinement' | 'secrets'
> {
  readonly filters: ProcessFilters;
}

/** @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function createLaunchOrder(spec: AnyProcess, { filters, ...place }: OrderOptions): LaunchOrder {
  const { network, isInsecure, stdin } = spec;
  const filter = filters(spec);
  return {
    ...commandOf(spec),
    network,
    isInsecure,
    ...place,
    ...(stdin && { stdin }),
    ...(filter && { filter }),
  };
}

/** Nothing else of it. */
export function commandOf(asked: CommonCommand): CommonCommand {
  const { argv, env, cwd, uid, gid, groups, hostname, ulimits, terminal } = asked;
  return { argv, env, cwd, uid, gid, groups, hostname, ulimits, ...(terminal && { terminal }) };
}
