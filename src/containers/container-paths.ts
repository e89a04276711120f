// Where containers, volumes and networks lie in the store: in its local part, since they belong to this machine.
// Nothing else knows these paths. Pure: nothing is created.
import { join } from 'node:path';
import type { StorePaths } from '../store/store-paths.js';
import type { RungName } from '../worker/front/rung.js';

/** Rungs with a user namespace. */
export type AnchoredRung = Exclude<RungName, 'chroot'>;

export interface AnchorPaths {
  readonly record: string;
  readonly lock: string;
}

export interface ContainersPaths {
  readonly root: string;
  /** For each rung that has one, the process that keeps the user namespace of all containers, and its lock. */
  readonly anchors: Readonly<Record<AnchoredRung, AnchorPaths>>;
  /** Which rung containers get here (choose-isolation.ts). */
  readonly isolation: string;
  /** A symbolic link for each name, whose text is the id: made exclusively, so that a name is taken once. */
  readonly names: string;
  /** A folder for each container, by id. */
  readonly containers: string;
  /** A folder for each volume, by name. */
  readonly volumes: string;
  /** A folder for each network, by id, and the lock of their making. */
  readonly networks: string;
  /** What happened, a line of JSON each. */
  readonly events: string;
  of(id: string): ContainerPaths;
  network(id: string): NetworkPaths;
}

/** The files of one user network. */
export interface NetworkPaths {
  readonly directory: string;
  readonly record: string;
  /** Held while the members change. */
  readonly lock: string;
  readonly members: string;
  /** The process that holds the namespace of its bridge. */
  readonly holder: string;
}

/** The files of one container. */
export interface ContainerPaths {
  readonly directory: string;
  readonly record: string;
  readonly state: string;
  /** Written by the monitor (sandbox/monitor/), and by the one that finishes. */
  readonly exit: string;
  readonly finished: string;
  readonly lock: string;
  readonly log: string;
  readonly health: string;
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
  /** Where its changes are. */
  readonly rootfs: string;
}

export function containersPaths({ local }: Pick<StorePaths, 'local'>): ContainersPaths {
  const root = join(local, 'containers');
  const containers = join(root, 'c');
  const networks = join(root, 'networks');
  return {
    root,
    anchors: { userns: anchorPaths(root, 'anchor'), 'userns-single': anchorPaths(root, 'anchor-single') },
    isolation: join(root, 'isolation.json'),
    names: join(root, 'names'),
    containers,
    volumes: join(root, 'volumes'),
    networks,
    events: join(root, 'events'),
    of: (id) => containerPaths(join(containers, id)),
    network: (id) => networkPaths(join(networks, id)),
  };
}

function anchorPaths(root: string, name: string): AnchorPaths {
  return { record: join(root, `${name}.json`), lock: join(root, `${name}.lock`) };
}

function networkPaths(directory: string): NetworkPaths {
  return {
    directory,
    record: join(directory, 'record.json'),
    lock: join(directory, 'lock'),
    members: join(directory, 'members.json'),
    holder: join(directory, 'holder.json'),
  };
}

function containerPaths(directory: string): ContainerPaths {
  return {
    directory,
    record: join(directory, 'record.json'),
    state: join(directory, 'state.json'),
    exit: join(directory, 'exit'),
    finished: join(directory, 'finished.json'),
    lock: join(directory, 'lock'),
    log: join(directory, 'log'),
    health: join(directory, 'health'),
    hosts: join(directory, 'hosts'),
    hostname: join(directory, 'hostname'),
    resolvConf: join(directory, 'resolv.conf'),
    rootfs: join(directory, 'rootfs'),
  };
}
