// What a container needs of networks before it starts: its addresses, its files, and the plan by which the worker
// connects it (sandbox/network/connect-container.ts).
import { readFileSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import { hostResolvConf } from '../../host/resolv-conf.js';
import { chooseNetwork, type NetworkChoice } from '../../sandbox/network/choose-network.js';
import type { ContainerNetworkPlan, OutsidePlan } from '../../sandbox/network/connect-container.js';
import { outsideAddress } from '../../sandbox/network/container-tool.js';
import { hostRoutes } from '../../sandbox/network/host-routes.js';
import type { ContainerRecord, NetworkAttachment } from '../container-record.js';
import { hostnameText, hostsTextOfHost, resolvConfText, type ResolvFacts } from '../network-files.js';
import { writeHostsFile, writeNetworkFile } from '../write-network-files.js';
import { DEFAULT_NETWORK, userAttachments } from './attachments.js';
import { hostsOf } from './hosts-of.js';
import { findNetwork, listNetworkRecords, type NetworkStore } from './network-store.js';
import { reserveAddress, type Reservation } from './reserve-address.js';

export interface PreparedNetwork {
  /** Absent: the network of the host, or of another container. */
  readonly plan?: ContainerNetworkPlan | undefined;
  /** With addresses; for the state. */
  readonly attachments: readonly NetworkAttachment[];
  /** For the user. */
  readonly notes: readonly string[];
}

/**
 * Reserves the addresses and writes hosts, hostname and resolv.conf in the container's folder. For one that shares the
 * network of another container nothing: it has that one's files too.
 * @throws TsbuildError NETWORK_NOT_FOUND, NETWORK_ADDRESS, SANDBOX_NO_NETWORK, STORE_*, ABORTED
 */
export async function prepareNetwork(
  store: NetworkStore,
  record: ContainerRecord,
  choice: NetworkChoice = chooseNetwork('default'),
): Promise<PreparedNetwork> {
  const mode = record.host.networkMode;
  if (mode.startsWith('container:')) return { attachments: [], notes: [] };
  const isOnDefault = record.networks.some(({ networkId }) => networkId === DEFAULT_NETWORK);
  const reserved = await reserveAll(store, record);
  const wantsOutside = isOnDefault || reserved.some(({ isInternal }) => !isInternal);
  const notes: string[] = [];
  if (mode === 'host' || (isOnDefault && reserved.length === 0 && choice.tool === undefined)) {
    if (mode !== 'host') notes.push(...fallBackToHost(record, choice));
    else if (record.ports.length > 0)
      notes.push('Published ports are discarded when using host network mode');
    writeHostFiles(store, record);
    return { attachments: record.networks, notes };
  }
  if (wantsOutside && choice.tool === undefined) notes.push(...stayInside(record, choice));
  const outside = wantsOutside ? outsidePlan(record, choice, reserved.length > 0) : undefined;
  writeOwnFiles(store, record, wantsOutside ? outside?.nameServer : undefined);
  return {
    plan: { networks: reserved.map(({ plug }) => plug), outside },
    attachments: record.networks.map((asked) =>
      asked.networkId === DEFAULT_NETWORK
        ? { ...asked, ...(outside && addressOf(outside)) }
        : (reserved.find(({ attachment }) => attachment.networkId === asked.networkId)?.attachment ?? asked),
    ),
    notes,
  };
}

interface ReservedNetwork extends Reservation {
  readonly isInternal: boolean;
}

async function reserveAll(store: NetworkStore, record: ContainerRecord): Promise<ReservedNetwork[]> {
  const all = listNetworkRecords(store.paths);
  const reserved: ReservedNetwork[] = [];
  for (const attachment of userAttachments(record)) {
    const network =
      all.find(({ id }) => id === attachment.networkId) ?? findNetwork(all, attachment.networkName);
    const { isInternal } = network;
    reserved.push({ ...(await reserveAddress(store, network, record, attachment)), isInternal });
  }
  return reserved;
}

function outsidePlan(
  record: ContainerRecord,
  { tool }: NetworkChoice,
  isBesideBridges: boolean,
): OutsidePlan | undefined {
  return (
    tool && {
      ...outsideAddress(tool.name, record.id, hostRoutes()),
      tool,
      interfaceName: isBesideBridges ? 'ext0' : 'eth0',
      ports: record.ports,
    }
  );
}

function addressOf({ address, prefixLength, gateway }: OutsidePlan): Partial<NetworkAttachment> {
  return { ipAddress: address, prefixLength, gateway };
}

function fallBackToHost({ ports }: ContainerRecord, { reason = '' }: NetworkChoice): string[] {
  const moved = ports.find(({ hostPort, containerPort }) => hostPort !== containerPort);
  if (moved)
    throw new TsbuildError(
      'SANDBOX_NO_NETWORK',
      `port ${moved.containerPort} cannot be published as ${moved.hostPort === 0 ? 'another' : moved.hostPort}: ${reason}`,
      { hint: 'with the network of the host a port is published as itself alone, as -p 8080:8080' },
    );
  return [`the container uses the network of the host: ${reason}`];
}

function stayInside({ ports }: ContainerRecord, { reason = '' }: NetworkChoice): string[] {
  if (ports.length > 0)
    throw new TsbuildError('SANDBOX_NO_NETWORK', `ports cannot be published: ${reason}`, {
      hint: 'install passt, or leave -p out',
    });
  return [`the container reaches its networks and nothing outside: ${reason}`];
}

function writeOwnFiles({ paths }: NetworkStore, record: ContainerRecord, server: string | undefined): void {
  const files = paths.of(record.id);
  writeHostsFile(files.hosts, hostsOf(paths, record));
  writeNetworkFile(files.hostname, hostnameText(record.config.hostname));
  writeNetworkFile(
    files.resolvConf,
    resolvConf(record, server === undefined ? undefined : { address: server }),
  );
}

function writeHostFiles({ paths }: NetworkStore, record: ContainerRecord): void {
  const files = paths.of(record.id);
  writeNetworkFile(files.hosts, hostsTextOfHost(hostFile(), record.host.extraHosts));
  writeNetworkFile(files.hostname, hostnameText(record.config.hostname));
  writeNetworkFile(files.resolvConf, resolvConf(record, 'host'));
}

function resolvConf({ host }: ContainerRecord, server: ResolvFacts['server']): string {
  const { dns, dnsSearch, dnsOptions } = host;
  return resolvConfText({ host: hostResolvConf(), server, dns, dnsSearch, dnsOptions });
}

function hostFile(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '127.0.0.1\tlocalhost\n';
    throw error;
  }
}
