// Networks of the store: made, listed, looked at, deleted, connected with containers.
import { randomBytes } from 'node:crypto';
import { filledText, flag, listOf, object, text, texts, textsByName } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { containersPaths } from '../containers/container-paths.js';
import { connectToNetwork, disconnectFromNetwork } from '../containers/networks/connect.js';
import { isNetworkMatch, parseNetworkFilter } from '../containers/networks/network-filter.js';
import { describeNetwork, type NetworkDescription } from '../containers/networks/network-description.js';
import { isPredefined, type NetworkRecord } from '../containers/networks/network-record.js';
import {
  findNetwork,
  listNetworkRecords,
  makeNetwork,
  removeNetwork,
  type NetworkStore,
} from '../containers/networks/network-store.js';
import { findContainer } from '../containers/rules/find-container.js';
import { listRecords } from '../containers/container-files.js';
import { TsbuildError } from '../core/errors.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { readMembers } from '../sandbox/network/bridge/network-files.js';
import { onEngine, type OpenCommand } from './on-engine.js';

export type { NetworkDescription } from '../containers/networks/network-description.js';

export interface CreateNetworkRequest {
  readonly name: string;
  /** Default and only one: `bridge`. */
  readonly driver?: string;
  /** `172.30.0.0/24`; default a free one. */
  readonly subnet?: string;
  /** Default the first address of the range or the subnet. */
  readonly gateway?: string;
  /** Within the subnet: addresses of containers come from it. */
  readonly ipRange?: string;
  /** Nothing leads outside. */
  readonly isInternal?: boolean;
  readonly hasIpv6?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly driverOptions?: Readonly<Record<string, string>>;
}

export interface NetworksRequest {
  /** As `docker network ls --filter`: `name=PART`, `id=`, `driver=`, `type=builtin`, `label=K=V`, `dangling=true`. */
  readonly filters?: readonly string[];
}

export interface RemoveNetworksRequest {
  /** Names, ids, or beginnings of ids. */
  readonly networks: readonly string[];
  /** A network that is not there is no error. */
  readonly force?: boolean;
}

export interface PruneNetworksRequest {
  /** `label=K`, `label!=K=V`. */
  readonly filters?: readonly string[];
}

export interface ConnectNetworkRequest {
  readonly network: string;
  /** A name, or the beginning of an id. */
  readonly container: string;
  readonly aliases?: readonly string[];
  readonly ipAddress?: string;
}

export interface DisconnectNetworkRequest {
  readonly network: string;
  readonly container: string;
  /** A container that is not there, or is not on the network, is no error. */
  readonly force?: boolean;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

const createRequest = object(
  {
    name: filledText,
    driver: text,
    subnet: text,
    gateway: text,
    ipRange: text,
    isInternal: flag,
    hasIpv6: flag,
    labels: textsByName,
    driverOptions: textsByName,
  },
  ['name'],
);

/**
 * @throws TsbuildError NETWORK_NAME_TAKEN, NETWORK_ADDRESS, OPTION_INVALID, OPTION_UNSUPPORTED for other drivers and
 * for IPv6, STORE_*, ABORTED
 */
export async function createNetwork(
  request: CreateNetworkRequest,
  options: BuildOptions = {},
): Promise<NetworkDescription> {
  createRequest(request, 'request');
  refuseUnsupported(request);
  const { name, subnet, gateway, ipRange, isInternal = false, labels = {}, driverOptions = {} } = request;
  return onNetworks(options, async (store, { engine: { now } }) => {
    const record = await makeNetwork(store, {
      id: newId(),
      name,
      createdAt: now() * 1000,
      isInternal,
      labels,
      options: driverOptions,
      subnet,
      gateway,
      ipRange,
    });
    return describe(store, record);
  });
}

function refuseUnsupported({ name, driver = 'bridge', hasIpv6 = false }: CreateNetworkRequest): void {
  if (!NAME.test(name))
    throw new TsbuildError('OPTION_INVALID', `invalid network name "${name}"`, {
      hint: 'a name has letters, digits, _, . and -, and begins with a letter or a digit',
    });
  if (driver !== 'bridge' && driver !== '')
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      `could not find plugin ${driver} in v1 plugin registry: plugin not found`,
      {
        hint: 'the one driver is bridge: leave out --driver',
      },
    );
  if (hasIpv6)
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      '--ipv6: networks of containers have addresses of IPv4 alone',
      {
        hint: 'leave out --ipv6: ports are published on addresses of IPv6 all the same',
      },
    );
}

/** The predefined ones first, then by name. @throws TsbuildError OPTION_INVALID, STORE_* */
export async function networks(
  request: NetworksRequest = {},
  options: BuildOptions = {},
): Promise<readonly NetworkDescription[]> {
  object({ filters: texts })(request, 'request');
  const filters = (request.filters ?? []).map((each) => parseNetworkFilter(each, 'list'));
  return onNetworks(options, (store) =>
    listNetworkRecords(store.paths)
      .filter((network) => isNetworkMatch(network, filters, (one) => hasMembers(store, one)))
      .map((network) => describe(store, network)),
  );
}

/** In the order of the names. @throws TsbuildError NETWORK_NOT_FOUND, OPTION_INVALID, STORE_* */
export async function inspectNetworks(
  names: readonly string[],
  options: BuildOptions = {},
): Promise<readonly NetworkDescription[]> {
  listOf(filledText)(names, 'names');
  return onNetworks(options, (store) => {
    const all = listNetworkRecords(store.paths);
    return names.map((name) => describe(store, findNetwork(all, name)));
  });
}

/**
 * One after the other, up to the first that cannot be removed.
 * @returns the names of those that were removed, as they were asked for
 * @throws TsbuildError NETWORK_NOT_FOUND, NETWORK_IN_USE, OPTION_INVALID, STORE_*, ABORTED
 */
export async function removeNetworks(
  request: RemoveNetworksRequest,
  options: BuildOptions = {},
): Promise<readonly string[]> {
  object({ networks: listOf(filledText), force: flag }, ['networks'])(request, 'request');
  const { networks: names, force = false } = request;
  return onNetworks(options, async (store) => {
    const all = listNetworkRecords(store.paths);
    const removed: string[] = [];
    for (const name of names) {
      const network = foundOrAbsent(() => findNetwork(all, name), force);
      if (!network) continue;
      await removeNetwork(store, network);
      removed.push(name);
    }
    return removed;
  });
}

/** Removes the user networks that no container is on, whether it runs or not. @returns their names */
export async function pruneNetworks(
  request: PruneNetworksRequest = {},
  options: BuildOptions = {},
): Promise<readonly string[]> {
  object({ filters: texts })(request, 'request');
  const filters = (request.filters ?? []).map((each) => parseNetworkFilter(each, 'prune'));
  return onNetworks(options, async (store) => {
    const used = new Set(
      listRecords(store.paths).flatMap(({ networks: own }) => own.map(({ networkId }) => networkId)),
    );
    const doomed = listNetworkRecords(store.paths)
      .filter((network) => !isPredefined(network) && !used.has(network.id) && !hasMembers(store, network))
      .filter((network) => isNetworkMatch(network, filters, () => false));
    for (const network of doomed) await removeNetwork(store, network);
    return doomed.map(({ name }) => name);
  });
}

/**
 * A running container gets a further interface, and is found by its names at once.
 * @throws TsbuildError NETWORK_*, CONTAINER_NOT_FOUND, OPTION_CONFLICT, OPTION_INVALID, SANDBOX_*, STORE_*, ABORTED
 */
export async function connectNetwork(
  request: ConnectNetworkRequest,
  options: BuildOptions = {},
): Promise<void> {
  object({ network: filledText, container: filledText, aliases: texts, ipAddress: text }, [
    'network',
    'container',
  ])(request, 'request');
  const { network, container, aliases = [], ipAddress } = request;
  await onNetworks(options, async (store, { emit }) => {
    const record = findContainer(listRecords(store.paths), container);
    const found = findNetwork(listNetworkRecords(store.paths), network);
    const asked = { aliases, ...(ipAddress !== undefined && { ipAddress }), endpointId: newId() };
    const notes = await connectToNetwork(store, found, record, asked);
    for (const message of notes) emit({ kind: 'note', message });
  });
}

/** @throws TsbuildError NETWORK_NOT_FOUND, CONTAINER_NOT_FOUND, OPTION_INVALID, SANDBOX_*, STORE_*, ABORTED */
export async function disconnectNetwork(
  request: DisconnectNetworkRequest,
  options: BuildOptions = {},
): Promise<void> {
  object({ network: filledText, container: filledText, force: flag }, ['network', 'container'])(
    request,
    'request',
  );
  const { network, container, force = false } = request;
  await onNetworks(options, async (store) => {
    const record = foundOrAbsent(() => findContainer(listRecords(store.paths), container), force);
    const found = findNetwork(listNetworkRecords(store.paths), network);
    const isOn = record?.networks.some(({ networkId }) => networkId === found.id);
    if (record && (isOn || !force)) await disconnectFromNetwork(store, found, record);
  });
}

/** @param mayBeAbsent then undefined when there is none */
function foundOrAbsent<T>(find: () => T, mayBeAbsent: boolean): T | undefined {
  try {
    return find();
  } catch (error) {
    if (mayBeAbsent && error instanceof TsbuildError && error.code.endsWith('_NOT_FOUND')) return undefined;
    throw error;
  }
}

function onNetworks<T>(
  options: BuildOptions,
  work: (store: NetworkStore, open: OpenCommand) => T | Promise<T>,
): Promise<T> {
  return onEngine(options, async (open) => {
    const { engine, signal } = open;
    return work({ calls: loadSyscalls, paths: containersPaths(engine.store.paths), signal }, open);
  });
}

function hasMembers({ paths }: NetworkStore, network: NetworkRecord): boolean {
  return !isPredefined(network) && readMembers(paths.network(network.id)).length > 0;
}

function describe({ paths }: NetworkStore, network: NetworkRecord): NetworkDescription {
  return describeNetwork(network, isPredefined(network) ? [] : readMembers(paths.network(network.id)));
}

function newId(): string {
  return randomBytes(32).toString('hex');
}
