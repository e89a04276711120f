// The network of a container before it starts: its files, and how the worker connects it.
import { hostResolvConf } from '../host/resolv-conf.js';
import type { ContainerProcess } from '../worker/containers/container-process.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, NetworkAttachment } from './container-record.js';
import { hostnameText, hostsText, ownNames, resolvConfText } from './network-files.js';
import { pidOf } from './running-state.js';
import { writeHostsFile, writeNetworkFile } from './write-network-files.js';

export interface StartNetwork extends Pick<ContainerProcess, 'network' | 'connection'> {
  readonly attachments: readonly NetworkAttachment[];
}

/** @throws TsbuildError CONTAINER_* | NETWORK_* | SANDBOX_NO_NETWORK | STORE_* */
export async function networkOf(host: ContainerHost, record: ContainerRecord): Promise<StartNetwork> {
  const { networkMode } = record.host;
  const [, other] = /^container:(.+)$/.exec(networkMode) ?? [];
  if (other !== undefined) {
    writeFiles(host, record);
    return { network: { joined: pidOf(host, other) }, attachments: [] };
  }
  writeFiles(host, record);
  return { network: networkMode === 'host' ? 'host' : 'own', attachments: record.networks };
}

function writeFiles({ paths }: ContainerHost, record: ContainerRecord): void {
  const files = paths.of(record.id);
  const { extraHosts, dns, dnsSearch, dnsOptions } = record.host;
  const own = [{ address: '127.0.1.1', names: ownNames(record.config) }];
  writeHostsFile(files.hosts, hostsText({ extra: extraHosts, hostGateway: '127.0.0.1', own, members: [] }));
  writeNetworkFile(files.hostname, hostnameText(record.config.hostname));
  const server = record.host.networkMode === 'host' ? 'host' : undefined;
  const text = resolvConfText({ host: hostResolvConf(), server, dns, dnsSearch, dnsOptions });
  writeNetworkFile(files.resolvConf, text);
}
