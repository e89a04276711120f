// A container as the lists show it, made from its view. Pure.
import type { ContainerMount, PublishedPort } from './container-record.js';
import type { ContainerView } from './container-view.js';
import type { ContainerSummary, HealthStatus, ListedPort, SummaryMount } from './rules/container-summary.js';
import { argvOf } from './rules/merge-config.js';

export function summariseContainer(
  { record, status, state, finished }: ContainerView,
  health: HealthStatus | undefined,
): ContainerSummary {
  const isUp = status === 'running' || status === 'paused';
  return {
    id: record.id,
    name: record.name,
    image: record.image.name,
    imageId: record.image.config,
    argv: argvOf(record.config),
    createdAt: record.createdAt,
    status,
    ...(state && { startedAt: state.startedAt }),
    ...(finished && !isUp && { finishedAt: finished.finishedAt, exitCode: finished.exitCode }),
    ...(health !== undefined && isUp && { health }),
    ports: isUp ? listedPorts(state?.ports ?? [], record.config.exposedPorts) : [],
    labels: record.config.labels,
    mounts: record.mounts.map(listedMount),
    networks: networkNames(record.host.networkMode, record.networks),
  };
}

/** Published ones, an address of each family for all addresses; then those that are only exposed. */
export function listedPorts(
  published: readonly PublishedPort[],
  exposed: readonly string[],
): readonly ListedPort[] {
  const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const own = exposed
    .filter((text) => !taken.has(text))
    .map((text) => {
      const [port, protocol = 'tcp'] = text.split('/');
      return { containerPort: Number(port), protocol };
    });
  return [...published.flatMap(addressesOf), ...own];
}

function addressesOf({ hostIp, hostPort, containerPort, protocol }: PublishedPort): readonly ListedPort[] {
  const addresses = hostIp === '' ? ['0.0.0.0', '::'] : [hostIp];
  return addresses.map((address) => ({ containerPort, protocol, hostIp: address, hostPort }));
}

function listedMount(mount: ContainerMount): SummaryMount {
  switch (mount.type) {
    case 'volume':
      return { type: 'volume', name: mount.name, destination: mount.target };
    case 'bind':
      return { type: 'bind', source: mount.source, destination: mount.target };
    case 'tmpfs':
      return { type: 'tmpfs', destination: mount.target };
  }
}

function networkNames(
  mode: string,
  networks: readonly { readonly networkName: string }[],
): readonly string[] {
  return networks.length > 0 ? networks.map(({ networkName }) => networkName) : [mode];
}
