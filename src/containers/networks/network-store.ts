// The user networks of a store: a folder each. A network is there from the renaming of its folder on.
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { LOCK_EX, waitForLock } from '../../host/flock.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { readMembers, underLock } from '../../sandbox/network/bridge/network-files.js';
import { closeBridge } from '../../sandbox/network/bridge/bridge.js';
import { hostRoutes } from '../../sandbox/network/host-routes.js';
import { parseBlock, type Ipv4Block } from '../../sandbox/network/ipv4.js';
import { storeWriteError } from '../../store/durable-write.js';
import type { ContainersPaths } from '../container-paths.js';
import { isPredefined, PREDEFINED, type NetworkRecord } from './network-record.js';
import { chooseAddresses, type AddressRequest } from './subnets.js';

export interface NewNetwork extends AddressRequest {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly isInternal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface NetworkStore {
  /** Loaded when a lock is taken. */
  readonly calls: () => Promise<OwnSystemCalls>;
  readonly paths: ContainersPaths;
  readonly signal: AbortSignal;
}

/** The predefined ones first, then by name. */
export function listNetworkRecords({ networks, network }: ContainersPaths): NetworkRecord[] {
  const own = namesIn(networks)
    .filter((id) => /^[\da-f]{64}$/.test(id))
    .flatMap((id) => readRecord(network(id).record) ?? []);
  return [...PREDEFINED, ...own.toSorted((a, b) => (a.name < b.name ? -1 : 1))];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Undefined for one that was removed meanwhile. */
function readRecord(path: string): NetworkRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as NetworkRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * By its whole id, its name, or the beginning of its id, in this order.
 * @throws TsbuildError NETWORK_NOT_FOUND, OPTION_INVALID for a beginning that several have
 */
export function findNetwork(all: readonly NetworkRecord[], wanted: string): NetworkRecord {
  const exact = all.find(({ id }) => id === wanted) ?? all.find(({ name }) => name === wanted);
  if (exact) return exact;
  const [found, ...others] = wanted === '' ? [] : all.filter(({ id }) => id.startsWith(wanted));
  if (others.length > 0)
    throw new TsbuildError(
      'OPTION_INVALID',
      `network ${wanted} is ambiguous (${others.length + 1} matches found on ID prefix)`,
      { hint: 'write more of the id, or the name' },
    );
  if (found) return found;
  throw new TsbuildError('NETWORK_NOT_FOUND', `network ${wanted} not found`, {
    hint: `tsbuild network create ${wanted}`,
  });
}

/** @throws TsbuildError NETWORK_NAME_TAKEN, NETWORK_ADDRESS, STORE_UNWRITABLE, STORE_FULL, ABORTED */
export function makeNetwork(
  store: NetworkStore,
  { subnet, gateway, ipRange, ...own }: NewNetwork,
): Promise<NetworkRecord> {
  return locked(store, () => {
    const others = listNetworkRecords(store.paths);
    if (others.some(({ name }) => name === own.name))
      throw new TsbuildError('NETWORK_NAME_TAKEN', `network with name ${own.name} already exists`, {
        hint: `tsbuild network rm ${own.name}, or choose another name`,
      });
    const used = [...hostRoutes(), ...others.flatMap(blockOf)];
    const addresses = chooseAddresses({ subnet, gateway, ipRange }, used);
    const record: NetworkRecord = { version: 1, driver: 'bridge', ...own, addresses };
    writeFolder(store.paths, record);
    return record;
  });
}

function blockOf({ addresses }: NetworkRecord): Ipv4Block[] {
  const block = addresses && parseBlock(addresses.subnet);
  return block ? [block] : [];
}

function writeFolder(paths: ContainersPaths, record: NetworkRecord): void {
  const { directory } = paths.network(record.id);
  const unfinished = `${directory}.new`;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    writeFileSync(join(unfinished, 'record.json'), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(unfinished, directory);
  } catch (error) {
    throw storeWriteError(error, directory);
  }
}

/** @throws TsbuildError NETWORK_IN_USE, ABORTED, STORE_UNWRITABLE */
export async function removeNetwork(store: NetworkStore, record: NetworkRecord): Promise<void> {
  const { id, name } = record;
  if (isPredefined(record))
    throw new TsbuildError('NETWORK_IN_USE', `${name} is a pre-defined network and cannot be removed`);
  await locked(store, async () => {
    const files = store.paths.network(id);
    if (readRecord(files.record) === undefined) return;
    await underLock(await store.calls(), files, store.signal, () => {
      const members = readMembers(files);
      if (members.length > 0)
        throw new TsbuildError(
          'NETWORK_IN_USE',
          `error while removing network: network ${name} id ${id} has active endpoints`,
          { hint: `tsbuild network disconnect ${name} ${members[0]?.names[0] ?? ''}` },
        );
      closeBridge(files);
      const gone = `${files.directory}.gone`;
      renameSync(files.directory, gone);
      rmSync(gone, { recursive: true, force: true });
    });
  });
}

async function locked<T>({ calls, paths, signal }: NetworkStore, work: () => T | Promise<T>): Promise<T> {
  try {
    mkdirSync(paths.networks, { recursive: true, mode: 0o700 });
    closeSync(openSync(join(paths.networks, 'lock'), 'a', 0o600));
  } catch (error) {
    throw storeWriteError(error, paths.networks);
  }
  const lock = await waitForLock(await calls(), join(paths.networks, 'lock'), LOCK_EX, signal);
  try {
    return await work();
  } finally {
    closeSync(lock);
  }
}
