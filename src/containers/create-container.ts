// Makes the record of a container: the image's config and what is asked, merged, and its name.
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { TsbuildError } from '../core/errors.js';
import { errnoOf } from '../core/errno.js';
import type { Digest } from '../core/digest.js';
import type { ContainerConfig as ImageContainerConfig } from '../oci/types.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { letNameGo, takeName } from './container-names.js';
import { requireContainer, writeRecord } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerMount, ContainerRecord, HostConfig } from './container-record.js';
import type { ContainerRequest, RequestedMount } from './container-request.js';
import { askedNetworks } from './networks/attachments.js';
import { listNetworkRecords } from './networks/network-store.js';
import { capabilitySet } from './rules/capability-set.js';
import { mergeConfig } from './rules/merge-config.js';
import { requireNetworkWords } from './rules/network-words.js';
import { planMounts } from './rules/plan-mounts.js';
import { publishedPorts } from './rules/published-ports.js';
import { asOnChroot, refuseOnRung } from './rules/refuse-on-rung.js';
import { refuseUnsupported } from './rules/refuse-unsupported.js';
import { usernsMode } from './rules/userns-mode.js';
import { parseVolumesFrom } from './rules/volumes-from.js';
import type { RungName } from '../worker/front/rung.js';
import { anonymousName } from './volumes/volume-name.js';
import { createVolume } from './volumes/volume-store.js';

/** An image whose layers are in the store. */
export interface ContainerImageSource {
  /** As it was asked for. */
  readonly name: string;
  readonly manifest: Digest;
  readonly config: Digest;
  readonly platform: string;
  readonly imageConfig: ImageContainerConfig;
  readonly layers: readonly StoredLayer[];
}

const DEFAULT_SHM_BYTES = 64 << 20;
const DEFAULT_LOG_BYTES = 10_000_000;
const ID_BYTES = 32;
const SHORT_ID = 12;

/** @throws TsbuildError CONTAINER_* | OPTION_* | STORE_* */
export function createContainerRecord(
  host: ContainerHost,
  asked: ContainerRequest,
  image: ContainerImageSource,
  { now, isolation }: CreationFacts,
): ContainerRecord {
  refuseContradictions(asked);
  refuseUnsupported(asked);
  requireNetworkWords(asked);
  refuseOnRung(asked, isolation);
  const request = isolation === 'chroot' ? asOnChroot(asked) : asked;
  if (isolation === 'chroot') noteChroot(host, asked, image);
  capabilitySet({ add: request.capAdd ?? [], drop: request.capDrop ?? [] });
  const id = randomBytes(ID_BYTES).toString('hex');
  const name = takeName(host.paths, id, request.name);
  try {
    const record = recordOf(host, request, image, { id, name, now, isolation });
    writeRecord(host.paths, record);
    return record;
  } catch (error) {
    letNameGo(host.paths, { id, name });
    rmSync(host.paths.of(id).directory, { recursive: true, force: true });
    throw error;
  }
}

export interface CreationFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isolation: RungName;
}

interface Identity extends CreationFacts {
  readonly id: string;
  readonly name: string;
}

function recordOf(
  host: ContainerHost,
  request: ContainerRequest,
  image: ContainerImageSource,
  { id, name, now, isolation }: Identity,
): ContainerRecord {
  const merged = mergeConfig(image.imageConfig, request);
  const asked = askedNetworks(request.networks ?? [], listNetworkRecords(host.paths), () =>
    randomBytes(ID_BYTES).toString('hex'),
  );
  const ports = publishedPorts(request, merged.exposedPorts);
  // Without mounts the rootfs has those directories.
  const volumePaths = isolation === 'chroot' ? [] : merged.volumes;
  // Last: volumes are made, and directories of the host that are missing.
  const mounts = mountsOf(host, request, { volumePaths, now });
  const isTerminal = request.isTerminal ?? false;
  const isStdinOpen = request.isInteractive ?? false;
  return {
    version: 1,
    id,
    name,
    createdAt: now,
    image: {
      name: image.name,
      manifest: image.manifest,
      config: image.config,
      platform: image.platform,
      layers: image.layers,
    },
    config: {
      ...merged,
      hostname: request.hostname ?? id.slice(0, SHORT_ID),
      domainname: request.domainname ?? '',
      stopSignal: merged.stopSignal || 'SIGTERM',
      stopTimeout: request.stopTimeout ?? 10,
      isTerminal,
      isStdinOpen,
      isStdinOnce: isStdinOpen,
    },
    host: hostConfigOf(request, { networkMode: asked.mode, mounts, isolation }),
    mounts,
    networks: asked.networks,
    ports,
  };
}

function noteChroot(
  host: ContainerHost,
  { mounts = [], networks = [] }: ContainerRequest,
  { imageConfig }: ContainerImageSource,
): void {
  if (networks[0]?.name !== 'host') host.note('isolation chroot: the container has the network of the host');
  const { Test = ['NONE'] } = imageConfig.Healthcheck ?? {};
  if (Test[0] !== 'NONE') host.note('isolation chroot: the health check of the image is not executed');
  for (const mount of mounts)
    if (mount.type === 'bind')
      host.note(`isolation chroot: ${mount.target} is a copy of ${mount.source}, made at each start`);
}

function hostConfigOf(
  request: ContainerRequest,
  {
    networkMode,
    mounts,
    isolation,
  }: {
    readonly networkMode: string;
    readonly mounts: readonly ContainerMount[];
    readonly isolation: RungName;
  },
): HostConfig {
  // Elsewhere all ids are the user, or all are those of the host.
  const hasHostMounts = isolation === 'userns' && mounts.some(({ type }) => type === 'bind');
  const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, hasHostMounts };
  return {
    isRemovedAtEnd: request.isRemovedAtEnd ?? false,
    isolation,
    restart: request.restart ?? { name: 'no', maximumRetries: 0 },
    init: request.init ?? false,
    isReadonlyRootfs: request.isReadonlyRootfs ?? false,
    isPrivileged: request.isPrivileged ?? false,
    capAdd: request.capAdd ?? [],
    capDrop: request.capDrop ?? [],
    securityOpt: request.securityOpt ?? [],
    groupAdd: request.groupAdd ?? [],
    userns: usernsMode(request.userns, user),
    pidMode: request.pidMode ?? 'private',
    ipcMode: request.ipcMode ?? 'private',
    utsMode: request.utsMode ?? 'private',
    networkMode,
    extraHosts: request.extraHosts ?? [],
    dns: request.dns ?? [],
    dnsSearch: request.dnsSearch ?? [],
    dnsOptions: request.dnsOptions ?? [],
    isEveryPortPublished: request.isEveryPortPublished ?? false,
    ulimits: request.ulimits ?? [],
    sysctls: request.sysctls ?? {},
    shmSizeBytes: request.shmSizeBytes ?? DEFAULT_SHM_BYTES,
    oomScoreAdj: request.oomScoreAdj ?? 0,
    devices: request.devices ?? [],
    ...(request.memory !== undefined && { memory: request.memory }),
    ...(request.memorySwap !== undefined && { memorySwap: request.memorySwap }),
    ...(request.nanoCpus !== undefined && { nanoCpus: request.nanoCpus }),
    ...(request.cpuShares !== undefined && { cpuShares: request.cpuShares }),
    ...(request.cpusetCpus !== undefined && { cpusetCpus: request.cpusetCpus }),
    ...(request.pidsLimit !== undefined && { pidsLimit: request.pidsLimit }),
    ...(request.isStrict && { isStrict: true }),
    logMaxBytes: request.logMaxBytes ?? DEFAULT_LOG_BYTES,
  };
}

interface MountFacts {
  readonly volumePaths: readonly string[];
  readonly now: number;
}

function mountsOf(
  host: ContainerHost,
  { mounts = [], volumesFrom = [] }: ContainerRequest,
  { volumePaths, now }: MountFacts,
): readonly ContainerMount[] {
  const fromOthers = volumesFrom.map(parseVolumesFrom).flatMap(({ container, isReadonly }) =>
    requireContainer(host.paths, container).mounts.map((mount): RequestedMount => ({
      ...mount,
      isReadonly: isReadonly ?? mount.isReadonly,
    })),
  );
  return planMounts({ mounts, fromOthers, volumePaths }).map((mount) => madeMount(host, mount, now));
}

/** Volumes exist from now on, and so do the sources of binds that may be made. */
function madeMount(host: ContainerHost, mount: RequestedMount, now: number): ContainerMount {
  const { target, isReadonly = false } = mount;
  switch (mount.type) {
    case 'bind': {
      const { source, isShallow = false, propagation = 'rprivate', isSourceMade = false } = mount;
      requireSource(source, isSourceMade);
      return { type: 'bind', source, target, isReadonly, isShallow, propagation };
    }
    case 'volume': {
      const { name = anonymousName(), labels = {}, isNotCopied = false, subpath = '' } = mount;
      const isAnonymous = mount.name === undefined;
      const marked = isAnonymous ? { 'com.docker.volume.anonymous': '', ...labels } : labels;
      createVolume(host.paths, { name, labels: marked, createdAt: now });
      return { type: 'volume', name, isAnonymous, target, isReadonly, isNotCopied, subpath };
    }
    case 'tmpfs': {
      const { sizeBytes, mode, allowed = [] } = mount;
      return {
        type: 'tmpfs',
        target,
        isReadonly,
        ...(sizeBytes !== undefined && { sizeBytes }),
        ...(mode !== undefined && { mode }),
        allowed,
      };
    }
  }
}

function requireSource(source: string, isMade: boolean): void {
  try {
    statSync(source);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && isMade) return makeSource(source);
    if (errnoOf(error) !== 'ENOENT')
      throw new TsbuildError('CONTAINER_MOUNT', `cannot mount ${source}: ${errnoOf(error)}`, {
        cause: error,
      });
    throw new TsbuildError(
      'CONTAINER_MOUNT',
      `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      { hint: 'make it first, or use -v, which makes a directory' },
    );
  }
}

function makeSource(source: string): void {
  try {
    mkdirSync(source, { recursive: true });
  } catch (cause) {
    throw new TsbuildError(
      'CONTAINER_MOUNT',
      `error while creating mount source path '${source}': ${errnoOf(cause)}`,
      { cause },
    );
  }
}

function refuseContradictions({ isRemovedAtEnd, restart, healthcheck }: ContainerRequest): void {
  if (isRemovedAtEnd && restart && restart.name !== 'no')
    throw new TsbuildError('OPTION_CONFLICT', 'conflicting options: cannot specify both --restart and --rm');
  if (healthcheck?.test?.[0] === 'NONE' && Object.keys(healthcheck).length > 1)
    throw new TsbuildError('OPTION_CONFLICT', '--no-healthcheck conflicts with --health-* options');
}
