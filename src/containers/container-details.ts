// All that is known of a container, with the members of `docker inspect` (moby api/types/container). Pure.
import type { ContainerPaths } from './container-paths.js';
import type {
  ContainerMount,
  ContainerRecord,
  NetworkAttachment,
  PublishedPort,
} from './container-record.js';
import type { ContainerView } from './container-view.js';
import type { Health } from './rules/health.js';
import { argvOf } from './rules/merge-config.js';

type Json = Readonly<Record<string, unknown>>;

export interface ContainerDetails {
  readonly Id: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly State: Json;
  readonly Image: string;
  readonly ResolvConfPath: string;
  readonly HostnamePath: string;
  readonly HostsPath: string;
  readonly LogPath: string;
  /** With a slash in front, as docker has it. */
  readonly Name: string;
  readonly RestartCount: number;
  readonly Driver: string;
  readonly Platform: string;
  readonly HostConfig: Json;
  readonly Mounts: readonly Json[];
  readonly Config: Json;
  readonly NetworkSettings: Json;
}

export interface DetailFacts {
  readonly files: ContainerPaths;
  readonly health?: Health;
  /** Of a volume, the directory that is mounted. */
  readonly volumeData: (name: string) => string;
}

/** How Go writes a time that there is none of. */
const NO_TIME = '0001-01-01T00:00:00Z';

export function containerDetails(view: ContainerView, facts: DetailFacts): ContainerDetails {
  const { record, state } = view;
  const [path = '', ...args] = argvOf(record.config);
  const { files } = facts;
  return {
    Id: record.id,
    Created: timeOf(record.createdAt),
    Path: path,
    Args: args,
    State: stateOf(view, facts.health),
    Image: record.image.config,
    ResolvConfPath: files.resolvConf,
    HostnamePath: files.hostname,
    HostsPath: files.hosts,
    LogPath: files.log,
    Name: `/${record.name}`,
    RestartCount: state?.restartCount ?? 0,
    Driver: 'overlayfs',
    Platform: record.image.platform.split('/')[0] ?? 'linux',
    HostConfig: hostConfigOf(record),
    Mounts: record.mounts.map((mount) => mountOf(mount, facts)),
    Config: configOf(record),
    NetworkSettings: networkSettingsOf(view),
  };
}

function timeOf(ms: number | undefined): string {
  return ms === undefined ? NO_TIME : new Date(ms).toISOString();
}

function stateOf({ status, state, finished }: ContainerView, health: Health | undefined): Json {
  const isUp = status === 'running' || status === 'paused' || status === 'restarting';
  return {
    Status: status,
    Running: isUp,
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: finished?.isOutOfMemory ?? false,
    Dead: false,
    Pid: status === 'running' ? (state?.main.pid ?? 0) : 0,
    ExitCode: isUp ? 0 : (finished?.exitCode ?? 0),
    Error: isUp ? '' : (finished?.error ?? ''),
    StartedAt: timeOf(state?.startedAt),
    FinishedAt: timeOf(finished?.finishedAt),
    ...(health && { Health: healthOf(health) }),
  };
}

function healthOf({ status, failingStreak, log }: Health): Json {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: log.map(({ start, end, exitCode, output }) => ({
      Start: timeOf(start),
      End: timeOf(end),
      ExitCode: exitCode,
      Output: output,
    })),
  };
}

function configOf({ config, image }: ContainerRecord): Json {
  const { healthcheck } = config;
  return {
    Hostname: config.hostname,
    Domainname: config.domainname,
    User: config.user,
    AttachStdin: config.isStdinOpen,
    AttachStdout: true,
    AttachStderr: true,
    ...(config.exposedPorts.length > 0 && { ExposedPorts: emptyObjects(config.exposedPorts) }),
    Tty: config.isTerminal,
    OpenStdin: config.isStdinOpen,
    StdinOnce: config.isStdinOnce,
    Env: config.env,
    Cmd: config.cmd.length === 0 ? null : config.cmd,
    ...(healthcheck && {
      Healthcheck: {
        Test: healthcheck.test,
        ...(healthcheck.interval && { Interval: healthcheck.interval }),
        ...(healthcheck.timeout && { Timeout: healthcheck.timeout }),
        ...(healthcheck.startPeriod && { StartPeriod: healthcheck.startPeriod }),
        ...(healthcheck.startInterval && { StartInterval: healthcheck.startInterval }),
        ...(healthcheck.retries && { Retries: healthcheck.retries }),
      },
    }),
    Image: image.name,
    Volumes: config.volumes.length === 0 ? null : emptyObjects(config.volumes),
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint.length === 0 ? null : config.entrypoint,
    OnBuild: null,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    StopTimeout: config.stopTimeout,
    Shell: config.shell,
  };
}

function hostConfigOf({ host, mounts, ports }: ContainerRecord): Json {
  const binds = mounts.flatMap(bindText);
  return {
    Binds: binds.length === 0 ? null : binds,
    NetworkMode: host.networkMode,
    PortBindings: bindingsOf(ports),
    RestartPolicy: { Name: host.restart.name, MaximumRetryCount: host.restart.maximumRetries },
    AutoRemove: host.isRemovedAtEnd,
    CapAdd: orNull(host.capAdd),
    CapDrop: orNull(host.capDrop),
    Dns: host.dns,
    DnsOptions: host.dnsOptions,
    DnsSearch: host.dnsSearch,
    ExtraHosts: orNull(host.extraHosts.map(({ name, address }) => `${name}:${address}`)),
    GroupAdd: orNull(host.groupAdd),
    IpcMode: host.ipcMode,
    Isolation: host.isolation,
    OomScoreAdj: host.oomScoreAdj,
    PidMode: host.pidMode === 'private' ? '' : host.pidMode,
    Privileged: host.isPrivileged,
    PublishAllPorts: host.isEveryPortPublished,
    ReadonlyRootfs: host.isReadonlyRootfs,
    SecurityOpt: orNull(host.securityOpt),
    UTSMode: host.utsMode === 'private' ? '' : host.utsMode,
    UsernsMode:
      host.userns === 'build' ? host.userns : `keep-id:uid=${host.userns.keepUid},gid=${host.userns.keepGid}`,
    ShmSize: host.shmSizeBytes,
    Sysctls: host.sysctls,
    Init: host.init,
    CpuShares: host.cpuShares ?? 0,
    Memory: host.memory ?? 0,
    MemorySwap: host.memorySwap ?? 0,
    NanoCpus: host.nanoCpus ?? 0,
    CpusetCpus: host.cpusetCpus ?? '',
    PidsLimit: host.pidsLimit ?? null,
    Devices: host.devices.map(({ host: source, container, access }) => ({
      PathOnHost: source,
      PathInContainer: container,
      CgroupPermissions: access,
    })),
    Ulimits: host.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    LogConfig: { Type: 'json-file', Config: { 'max-size': String(host.logMaxBytes) } },
  };
}

function bindText(mount: ContainerMount): readonly string[] {
  if (mount.type !== 'bind') return [];
  return [`${mount.source}:${mount.target}${mount.isReadonly ? ':ro' : ''}`];
}

function mountOf(mount: ContainerMount, { volumeData }: DetailFacts): Json {
  const common = { Destination: mount.target, Mode: mount.isReadonly ? 'ro' : '', RW: !mount.isReadonly };
  switch (mount.type) {
    case 'bind':
      return { Type: 'bind', Source: mount.source, ...common, Propagation: mount.propagation };
    case 'volume':
      return {
        Type: 'volume',
        Name: mount.name,
        Source: volumeData(mount.name),
        ...common,
        Driver: 'local',
        Propagation: '',
      };
    case 'tmpfs':
      return { Type: 'tmpfs', Source: '', ...common, Propagation: '' };
  }
}

function networkSettingsOf({ record, status, state }: ContainerView): Json {
  const isUp = status === 'running';
  const attached = isUp && state ? state.networks : record.networks;
  const ports = isUp ? (state?.ports ?? []) : [];
  const exposed = isUp ? record.config.exposedPorts : [];
  return {
    Ports: { ...Object.fromEntries(exposed.map((port) => [port, null])), ...bindingsOf(ports) },
    Networks: Object.fromEntries(attached.map((network) => [network.networkName, networkOf(network, isUp)])),
    IPAddress: (isUp && attached.find(({ networkName }) => networkName === 'bridge')?.ipAddress) || '',
  };
}

function networkOf(network: NetworkAttachment, isUp: boolean): Json {
  return {
    Aliases: network.aliases.length === 0 ? null : network.aliases,
    NetworkID: network.networkId,
    EndpointID: isUp ? network.endpointId : '',
    Gateway: network.gateway ?? '',
    IPAddress: network.ipAddress ?? '',
    IPPrefixLen: network.prefixLength ?? 0,
    MacAddress: network.macAddress ?? '',
  };
}

/** `{"80/tcp": [{HostIp, HostPort}]}`; for all addresses one of each family, as docker has it. */
function bindingsOf(ports: readonly PublishedPort[]): Json {
  const bindings: Record<string, object[]> = {};
  for (const { hostIp, hostPort, containerPort, protocol } of ports) {
    const addresses = hostIp === '' ? ['0.0.0.0', '::'] : [hostIp];
    const HostPort = hostPort === 0 ? '' : String(hostPort);
    (bindings[`${containerPort}/${protocol}`] ??= []).push(
      ...addresses.map((address) => ({ HostIp: address, HostPort })),
    );
  }
  return bindings;
}

function orNull<Value>(values: readonly Value[]): readonly Value[] | null {
  return values.length === 0 ? null : values;
}

function emptyObjects(keys: readonly string[]): Json {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}
