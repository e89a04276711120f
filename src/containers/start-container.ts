// Starts a container: by a worker in the user namespace of all containers, which ends when the container runs.
import { hostname as hostOfMachine } from 'node:os';
import type { TerminalSize } from '../sandbox/process-spec.js';
import { execUserOf, parseGroups, parsePasswd, withGroups } from '../layer/accounts/account-rows.js';
import type {
  ContainerProcess,
  OpenedContainer,
  StartedContainer,
} from '../worker/containers/container-process.js';
import { makeFolder } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { endAnchor } from './end-anchor.js';
import { recordEvent } from './events/write-event.js';
import { finisherCommand } from './finisher-command.js';
import { heldMounts } from './held-mounts.js';
import { openWorkerFor } from './open-worker.js';
import { controlGroupsFor } from './resources.js';
import { capabilitySet } from './rules/capability-set.js';
import { healthSettings, probeCommand } from './rules/health.js';
import { argvOf } from './rules/merge-config.js';
import { processEnv } from './rules/process-env.js';
import { securitySettings } from './rules/security-options.js';
import { announceContainer, leaveNetworks, networkOf } from './start-network.js';
import { pidOf } from './running-state.js';
import { volumesToOpen } from './volumes/volumes-of-container.js';

export interface StartChoice {
  /** The caller will attach a client that follows it to its end. */
  readonly isFollowed: boolean;
  readonly restartCount: number;
  readonly restartDelayMs?: number;
  readonly size?: TerminalSize;
  /** The command waits; clients can connect. */
  readonly onPrepared?: () => Promise<void>;
}

/**
 * @throws TsbuildError CONTAINER_RUNNING | CONTAINER_NOT_STARTED | CONTAINER_MOUNT | SANDBOX_* | LAYER_* | STORE_* |
 * ABORTED; nothing runs then
 */
export async function startContainer(
  host: ContainerHost,
  record: ContainerRecord,
  choice: StartChoice,
): Promise<StartedContainer> {
  const files = host.paths.of(record.id);
  makeFolder(files.directory);
  const volumes = volumesToOpen(host, record);
  const [worker, network, controlGroups] = await Promise.all([
    openWorkerFor(host, record),
    networkOf(host, record),
    controlGroupsFor(host, record.host),
  ]);
  try {
    const opened = await worker.open({
      directory: files.directory,
      isThrownAway: record.host.isRemovedAtEnd,
      layers: record.image.layers,
      volumes,
    });
    await worker.prepare({
      ...processOf(host, record, opened, choice),
      network: network.network,
      connection: network.connection,
      controlGroups,
      state: {
        restartCount: choice.restartCount,
        restartDelayMs: choice.restartDelayMs,
        networks: network.attachments,
      },
    });
    await choice.onPrepared?.();
    const started = await worker.start(host.now() * 1000);
    recordEvent(host.paths, record, 'start', { now: started.startedAt / 1000 });
    announceContainer(host, record);
    worker.release();
    return started;
  } catch (error) {
    await worker.close();
    await leaveNetworks(host, record);
    await endAnchor(host);
    throw error;
  }
}

type Rest = 'network' | 'connection' | 'controlGroups' | 'state';

function processOf(
  host: ContainerHost,
  record: ContainerRecord,
  opened: OpenedContainer,
  { isFollowed, size }: StartChoice,
): Omit<ContainerProcess, Rest> {
  const { config, host: settings } = record;
  const passwd = parsePasswd(opened.passwd);
  const groupRows = parseGroups(opened.group);
  const user = withGroups(
    execUserOf(passwd, () => groupRows, config.user),
    groupRows,
    settings.groupAdd,
  );
  const hostname = settings.utsMode === 'host' ? hostOfMachine() : config.hostname;
  const security = securitySettings(settings.securityOpt);
  return {
    argv: argvOf(config),
    env: processEnv({ env: config.env, hostname, hasTerminal: config.isTerminal, home: user.home }),
    cwd: config.workingDir || '/',
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    hostname,
    ulimits: settings.ulimits,
    shmSizeBytes: settings.shmSizeBytes,
    mounts: heldMounts(record, host.paths, host.paths.of(record.id)),
    joined: {
      ...(settings.pidMode === 'host' && { pid: 'host' }),
      ...joinedIpc(host, settings.ipcMode),
      ...(settings.utsMode === 'host' && { uts: 'host' }),
    },
    isRootReadonly: settings.isReadonlyRootfs,
    isPrivileged: settings.isPrivileged,
    capabilities: capabilitySet({
      add: settings.capAdd,
      drop: settings.capDrop,
      isPrivileged: settings.isPrivileged,
    }).toString(16),
    hasNoNewPrivileges: security.hasNoNewPrivileges,
    seccomp: security.seccomp,
    isNothingMasked: security.isNothingMasked,
    sysctls: settings.sysctls,
    oomScoreAdj: settings.oomScoreAdj,
    isInitAdded: settings.init,
    hasInput: config.isStdinOpen,
    ...(config.isTerminal && { terminal: size ?? { columns: 80, rows: 24 } }),
    isInputOnce: config.isStdinOnce && isFollowed,
    isFollowed,
    isFinishedByFollower: isFollowed && settings.restart.name === 'no',
    logMaxBytes: settings.logMaxBytes,
    ...probeOf(config),
    finisher: finisherCommand(host, record.id),
  };
}

function probeOf({ healthcheck, shell }: ContainerRecord['config']): Pick<ContainerProcess, 'probe'> {
  const argv = probeCommand(healthcheck, shell);
  return healthcheck && argv ? { probe: { argv, ...healthSettings(healthcheck) } } : {};
}

function joinedIpc(host: ContainerHost, mode: string): Pick<ContainerProcess['joined'], 'ipc'> {
  if (mode === 'host') return { ipc: 'host' };
  const [, name] = /^container:(.+)$/.exec(mode) ?? [];
  return name === undefined ? {} : { ipc: pidOf(host, name) };
}
