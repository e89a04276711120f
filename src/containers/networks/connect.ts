// Puts a container on a user network, and takes it off, while it runs or not.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import { isAlive, type KnownProcess } from '../../host/known-process.js';
import { joinNetwork, leaveNetwork } from '../../sandbox/network/bridge/join-network.js';
import type { OperatorTools } from '../../sandbox/network/bridge/operator.js';
import { launcherStarter } from '../../sandbox/launcher/start-launcher.js';
import { writeDurably } from '../../store/durable-write.js';
import type { RequestedNetwork } from '../container-request.js';
import type { ContainerRecord, ContainerState } from '../container-record.js';
import { attachmentOf, DEFAULT_NETWORK } from './attachments.js';
import { renewHosts, renewOwnHosts } from './hosts-of.js';
import { isPredefined, type NetworkRecord } from './network-record.js';
import type { NetworkStore } from './network-store.js';
import { reserveAddress } from './reserve-address.js';

/**
 * @returns notes for the user
 * @throws TsbuildError NETWORK_IN_USE, NETWORK_ADDRESS, OPTION_CONFLICT, SANDBOX_*, STORE_*, ABORTED
 */
export async function connectToNetwork(
  store: NetworkStore,
  network: NetworkRecord,
  record: ContainerRecord,
  asked: Omit<RequestedNetwork, 'name'> & { readonly endpointId: string },
): Promise<readonly string[]> {
  requireOwnNetwork(record, network);
  if (record.networks.some(({ networkId }) => networkId === network.id))
    throw new TsbuildError(
      'NETWORK_IN_USE',
      `endpoint with name ${record.name} already exists in network ${network.name}`,
    );
  const attachment = attachmentOf({ ...asked, name: network.name }, network, asked.endpointId);
  const changed = { ...record, networks: [...record.networks, attachment] };
  const running = runningProcesses(store, record);
  if (running) {
    const { plug } = await reserveAddress(store, network, changed, attachment);
    await withTools(store, running, async (tools, namespace) => {
      await joinNetwork(tools, plug, { main: running.main, namespace }, store.signal);
    });
  }
  replaceRecord(store, changed);
  renewHosts(store.paths, [network.id]);
  const staysInside = running?.helpers.length === 0 && !network.isInternal;
  return staysInside ? [noWayOut(record)] : [];
}

/**
 * The program that leads out is a child of the monitor, which makes children before the command begins, and never
 * after.
 */
function noWayOut({ name }: ContainerRecord): string {
  return `${name} reaches its networks and nothing outside until it is restarted: a way out is made at the start. tsbuild restart ${name}`;
}

/** @throws TsbuildError NETWORK_NOT_FOUND, SANDBOX_*, STORE_*, ABORTED */
export async function disconnectFromNetwork(
  store: NetworkStore,
  network: NetworkRecord,
  record: ContainerRecord,
): Promise<void> {
  const attachment = record.networks.find(({ networkId }) => networkId === network.id);
  if (!attachment)
    throw new TsbuildError(
      'NETWORK_NOT_FOUND',
      `container ${record.name} is not connected to network ${network.name}`,
      { hint: `tsbuild network inspect ${network.name} shows who is` },
    );
  const running = runningProcesses(store, record);
  const files = store.paths.network(network.id);
  const calls = await store.calls();
  const leave = (tools?: OperatorTools): Promise<void> =>
    leaveNetwork(calls, files, attachment.endpointId, {
      ...(tools && { tools }),
      signal: store.signal,
    });
  if (running) await withTools(store, running, leave);
  else await leave();
  const changed = { ...record, networks: record.networks.filter((other) => other !== attachment) };
  replaceRecord(store, changed);
  if (running) renewOwnHosts(store.paths, changed);
  renewHosts(store.paths, [network.id]);
}

/** Docker's words, and its reasons. */
function requireOwnNetwork(
  { host: { networkMode }, networks }: ContainerRecord,
  network: NetworkRecord,
): void {
  if (networkMode.startsWith('container:') || networkMode === 'host')
    throw new TsbuildError(
      'OPTION_CONFLICT',
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  if (networkMode === 'none' && networks.length === 0)
    throw new TsbuildError(
      'OPTION_CONFLICT',
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
  if (isPredefined(network))
    throw new TsbuildError(
      'OPTION_CONFLICT',
      network.name === DEFAULT_NETWORK
        ? 'a container is on the network bridge from its start, or never'
        : `cannot connect container to ${network.name} network - container must be created in ${network.name} network mode`,
    );
}

interface Running {
  readonly main: KnownProcess;
  readonly monitor: KnownProcess;
  readonly helpers: readonly KnownProcess[];
}

/** Undefined when it does not run. */
function runningProcesses({ paths }: NetworkStore, { id }: ContainerRecord): Running | undefined {
  const state = readState(paths.of(id).state);
  return state && isAlive(state.main) && isAlive(state.monitor) ? state : undefined;
}

function readState(path: string): ContainerState | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ContainerState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The monitor is in the user namespace above all containers, and launchers enter it too. */
async function withTools(
  store: NetworkStore,
  { main, monitor }: Running,
  work: (tools: OperatorTools, namespace: number) => Promise<void>,
): Promise<void> {
  const calls = await store.calls();
  const open: number[] = [];
  const keep = (path: string): number => {
    const fd = openSync(path, 'r');
    open.push(fd);
    return fd;
  };
  try {
    const namespace = keep(`/proc/${main.pid}/ns/net`);
    const starter = launcherStarter(calls, {
      namespace: keep(`/proc/${monitor.pid}/ns/user`),
      directory: store.paths.root,
    });
    await work({ calls, starter }, namespace);
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

function replaceRecord({ paths }: NetworkStore, record: ContainerRecord): void {
  const { directory, record: path } = paths.of(record.id);
  writeDurably(path, JSON.stringify(record), directory);
}
