// What a rung of the ladder cannot give a container: it is refused by its name, and never left out. Pure.
import { TsbuildError } from '../../core/errors.js';
import { CAPABILITY_NAMES, CHROOT_CAPABILITIES } from '../../sandbox/capabilities.js';
import type { RungName } from '../../worker/front/rung.js';
import type { ContainerRequest } from '../container-request.js';
import { capabilitySet } from './capability-set.js';
import { securitySettings } from './security-options.js';

interface Refusal {
  readonly isAsked: boolean;
  readonly what: string;
  readonly hint?: string;
}

const ELSEWHERE = 'leave it out, or run it where namespaces work: `tsbuild doctor` tells what is missing';

const REFUSALS: Readonly<Record<RungName, (request: ContainerRequest) => readonly Refusal[]>> = {
  userns: () => [],
  'userns-single': singleRefusals,
  chroot: chrootRefusals,
};

/** @throws TsbuildError SANDBOX_UNSUPPORTED */
export function refuseOnRung(request: ContainerRequest, rung: RungName): void {
  for (const { isAsked, what, hint = ELSEWHERE } of REFUSALS[rung](request))
    if (isAsked)
      throw new TsbuildError('SANDBOX_UNSUPPORTED', `isolation ${rung} cannot give a container ${what}`, {
        hint,
      });
}

function singleRefusals({ userns = '', securityOpt = [] }: ContainerRequest): readonly Refusal[] {
  const { seccomp } = securitySettings(securityOpt);
  return [
    {
      isAsked: typeof seccomp === 'object' && userns !== 'host',
      what: '--security-opt seccomp=FILE, since its filter is that of the answers about ids',
      hint: 'use --userns host, which does without them, or subordinate ids: `tsbuild doctor`',
    },
    {
      isAsked: userns.startsWith('keep-id') && userns !== 'keep-id:uid=0,gid=0',
      what: `--userns ${userns}`,
      hint: 'leave it out: to the host every id of the container is you. Or add subordinate ids: `tsbuild doctor`',
    },
  ];
}

const DEFAULT_SHM_BYTES = 64 << 20;

function chrootRefusals(request: ContainerRequest): readonly Refusal[] {
  const {
    userns = '',
    hostname,
    sysctls = {},
    devices = [],
    dns = [],
    dnsSearch = [],
    dnsOptions = [],
  } = request;
  const { volumesFrom = [], networks = [] } = request;
  const security = securitySettings(request.securityOpt ?? []);
  const foreign = networks.find(({ name }) => !['bridge', 'default', 'host'].includes(name));
  return [
    ...shared(request),
    ...mountRefusals(request),
    ...portRefusals(request),
    { isAsked: foreign !== undefined, what: `--network ${foreign?.name}`, hint: 'use --network host' },
    { isAsked: request.isPrivileged === true, what: '--privileged' },
    { isAsked: security.seccomp !== 'default', what: '--security-opt seccomp=' },
    {
      isAsked: addedCapabilities(request) !== 0n,
      what: `the capability ${nameOf(addedCapabilities(request))}`,
    },
    { isAsked: userns !== '' && userns !== 'host' && userns !== 'build', what: `--userns ${userns}` },
    { isAsked: request.isReadonlyRootfs === true, what: '--read-only' },
    { isAsked: (request.shmSizeBytes ?? DEFAULT_SHM_BYTES) !== DEFAULT_SHM_BYTES, what: '--shm-size' },
    { isAsked: hostname !== undefined, what: `the host name ${hostname}` },
    { isAsked: Object.keys(sysctls).length > 0, what: '--sysctl' },
    { isAsked: devices.length > 0, what: '--device' },
    {
      isAsked: [dns, dnsSearch, dnsOptions].some((list) => list.length > 0),
      what: 'name servers of its own',
    },
    { isAsked: volumesFrom.length > 0, what: '--volumes-from' },
    { isAsked: request.init === true, what: '--init: it has no process 1' },
    {
      isAsked: request.healthcheck?.test !== undefined && request.healthcheck.test[0] !== 'NONE',
      what: '--health-cmd',
    },
    ...limits(request).map((what) => ({ isAsked: true, what })),
  ];
}

function shared({ pidMode, ipcMode, utsMode }: ContainerRequest): readonly Refusal[] {
  const modes = { pid: pidMode, ipc: ipcMode, uts: utsMode };
  return Object.entries(modes).map(([option, mode = 'host']) => ({
    isAsked: mode !== 'host' && mode !== '',
    what: `--${option} ${mode}`,
    hint: `leave it out: the container has what the machine has (--${option} host)`,
  }));
}

function mountRefusals({ mounts = [] }: ContainerRequest): readonly Refusal[] {
  return mounts.map((mount) => ({
    isAsked: mount.type !== 'bind' || mount.isReadonly !== true,
    what:
      mount.type === 'bind'
        ? `${mount.source}, which it could write to`
        : `a mount of type ${mount.type} at ${mount.target}`,
    hint:
      mount.type === 'bind'
        ? `mount it read-only, which shows a copy: -v ${mount.source}:${mount.target}:ro; or copy files out afterwards: tsbuild cp`
        : 'leave it out: the directory of the image is there, and is removed with the container',
  }));
}

/** A port of the container is that port of the machine. */
function portRefusals({ ports = [], isEveryPortPublished = false }: ContainerRequest): readonly Refusal[] {
  return [
    {
      isAsked: isEveryPortPublished,
      what: '-P',
      hint: 'leave it out: the machine has the ports of the container',
    },
    ...ports.map(({ hostIp, hostPort, hostPortLast = hostPort, containerPort }) => ({
      isAsked: hostIp !== '' || hostPort !== containerPort || hostPortLast !== hostPort,
      what: `port ${containerPort} at ${hostIp === '' ? '' : `${hostIp}:`}${hostPort} of the machine`,
      hint: `its ports are those of the machine: -p ${containerPort}:${containerPort}, or let the program listen elsewhere`,
    })),
  ];
}

function addedCapabilities({ capAdd = [], capDrop = [] }: ContainerRequest): bigint {
  return capabilitySet({ add: capAdd, drop: ['ALL', ...capDrop] }) & ~CHROOT_CAPABILITIES;
}

function nameOf(bits: bigint): string {
  return CAPABILITY_NAMES.find((_, number) => ((bits >> BigInt(number)) & 1n) === 1n) ?? '';
}

const LIMITS = {
  memory: '--memory',
  memorySwap: '--memory-swap',
  nanoCpus: '--cpus',
  cpuShares: '--cpu-shares',
  cpusetCpus: '--cpuset-cpus',
} as const;

function limits(request: ContainerRequest): readonly string[] {
  const asked = Object.entries(LIMITS).flatMap(([key, option]) =>
    request[key as keyof typeof LIMITS] ? [option] : [],
  );
  return (request.pidsLimit ?? 0) > 0 ? [...asked, '--pids-limit'] : asked;
}

/** What such a container has of the machine, as docker's options say it. */
export function asOnChroot(request: ContainerRequest): ContainerRequest {
  return {
    ...request,
    networks: [{ name: 'host' }],
    ports: [],
    pidMode: 'host',
    ipcMode: 'host',
    utsMode: 'host',
    healthcheck: { test: ['NONE'] },
  };
}
