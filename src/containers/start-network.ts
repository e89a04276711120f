// The network of a container before it starts: its files, and how the worker connects it; and after its end.
import { TsbuildError } from '../core/errors.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import type { ContainerProcess } from '../worker/containers/container-process.js';
import { requireContainer } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, ContainerState, NetworkAttachment } from './container-record.js';
import { renewHosts } from './networks/hosts-of.js';
import type { NetworkStore } from './networks/network-store.js';
import { prepareNetwork } from './networks/prepare-network.js';
import { releaseNetworks } from './networks/release.js';
import { pidOf } from './running-state.js';

export interface StartNetwork extends Pick<ContainerProcess, 'network' | 'connection'> {
  readonly attachments: readonly NetworkAttachment[];
}

/** @throws TsbuildError CONTAINER_* | NETWORK_* | SANDBOX_NO_NETWORK | STORE_* */
export async function networkOf(host: ContainerHost, record: ContainerRecord): Promise<StartNetwork> {
  const [, other] = /^container:(.+)$/.exec(record.host.networkMode) ?? [];
  if (other !== undefined) {
    requireSameUsers(host, record, { option: '--network', other });
    return { network: { joined: pidOf(host, other) }, attachments: [] };
  }
  const { plan, attachments, notes } = await prepareNetwork(storeOf(host), record);
  for (const note of notes) host.note(note);
  return { network: plan ? 'own' : 'host', ...(plan && { connection: plan }), attachments };
}

/**
 * A namespace belongs to the users of its container, and so do the files of a container.
 * @throws TsbuildError OPTION_CONFLICT | CONTAINER_NOT_FOUND
 */
export function requireSameUsers(
  { paths }: ContainerHost,
  { host }: ContainerRecord,
  { option, other }: { readonly option: string; readonly other: string },
): void {
  const { userns, isolation } = requireContainer(paths, other).host;
  if (isolation === host.isolation && JSON.stringify(userns) === JSON.stringify(host.userns)) return;
  throw new TsbuildError(
    'OPTION_CONFLICT',
    `${option} container:${other}: that container has other ids than this one`,
    { hint: 'run both with the same --userns and --isolation, such as --userns host' },
  );
}

/** From now on other members of its networks find it. @throws TsbuildError STORE_* */
export function announceContainer({ paths }: ContainerHost, { networks }: ContainerRecord): void {
  renewHosts(
    paths,
    networks.map(({ networkId }) => networkId),
  );
}

/** @param state of the run that has ended; absent when it never began. @throws TsbuildError STORE_* | ABORTED */
export function leaveNetworks(
  host: ContainerHost,
  record: ContainerRecord,
  state?: Pick<ContainerState, 'helpers'>,
): Promise<void> {
  return releaseNetworks(storeOf(host), record, state);
}

function storeOf({ paths, signal }: ContainerHost): NetworkStore {
  return { calls: loadSyscalls, paths, signal };
}
