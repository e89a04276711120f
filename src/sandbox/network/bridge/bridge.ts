// The bridge of a user network: an interface in a network namespace of its own, which nothing but the members of the
// network leads to. So networks are apart without rules of a firewall. A process that rests holds the namespace.
import { closeSync, openSync } from 'node:fs';
import { invariant } from '../../../core/errors.js';
import { killKnown, knownProcess, type KnownProcess } from '../../../host/known-process.js';
import { CLONE_NEWNET } from '../../../host/syscalls/process-calls.js';
import { lastOf, parseBlock, parseIpv4 } from '../ipv4.js';
import type { Launcher } from '../../launcher/start-launcher.js';
import { restMessage } from '../../launcher/make-message.js';
import { openRouteSocket } from '../netlink/route-socket.js';
import { newAddress, newBridge, setLinkUp } from '../netlink/requests.js';
import { macAddressOf } from './addresses.js';
import { readHolder, writeHolder, type NetworkFiles } from './network-files.js';
import type { OperatorTools } from './operator.js';

/** The name of the interface in its namespace. */
export const BRIDGE = 'bridge';

export interface BridgeSettings {
  /** `172.18.0.0/24` */
  readonly subnet: string;
  /** The address of the bridge. */
  readonly gateway: string;
}

export interface OpenBridge {
  /** Descriptor of its network namespace, to be closed. */
  readonly namespace: number;
  /** It has no members yet. */
  readonly isNew: boolean;
}

/**
 * Finds the bridge, or makes it. Under the lock of the network.
 * @throws TsbuildError SANDBOX_FAILED, SystemCallError
 */
export function openBridge(tools: OperatorTools, files: NetworkFiles, settings: BridgeSettings): OpenBridge {
  const found = namespaceOf(readHolder(files));
  if (found !== undefined) return { namespace: found, isNew: false };
  const holder = startHolder(tools, settings);
  writeHolder(files, holder);
  const namespace = namespaceOf(holder);
  invariant(namespace !== undefined, 'a process that rests has a network namespace');
  return { namespace, isNew: true };
}

/** Nothing when there is none. Under the lock of the network. */
export function closeBridge(files: NetworkFiles): void {
  const holder = readHolder(files);
  if (holder) killKnown(holder);
  writeHolder(files, undefined);
}

/** Undefined when the process is gone. */
export function namespaceOf(process: KnownProcess | undefined): number | undefined {
  if (!process) return undefined;
  try {
    const fd = openSync(`/proc/${process.pid}/ns/net`, 'r');
    // Else the namespace may be that of a later process with its number.
    if (knownProcess(process.pid)?.startTime === process.startTime) return fd;
    closeSync(fd);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function startHolder({ calls, starter }: OperatorTools, settings: BridgeSettings): KnownProcess {
  const launcher = starter.start([], { isBeside: true });
  try {
    makeBridge(launcher, settings);
    launcher.calls.startSession();
    launcher.tell(restMessage());
    const holder = knownProcess(launcher.pid);
    invariant(holder, 'a launcher that rests lives');
    return holder;
  } catch (error) {
    launcher.close();
    calls.reap(launcher.pid, { isAwaited: true });
    throw error;
  } finally {
    launcher.close();
  }
}

function makeBridge({ calls }: Launcher, { subnet, gateway }: BridgeSettings): void {
  calls.unshare(CLONE_NEWNET);
  calls.bringLoopbackUp();
  const block = parseBlock(subnet);
  const address = parseIpv4(gateway);
  invariant(block && address !== undefined, 'a network has a subnet and a gateway');
  const routes = openRouteSocket(calls);
  // An address of its own: else it takes that of one of its members, and changes with them.
  routes.request('a bridge', newBridge(BRIDGE, macAddressOf(address)));
  const index = routes.indexOf(BRIDGE);
  const { prefixLength } = block;
  routes.request(
    'the address of a bridge',
    newAddress({ index, address, prefixLength, broadcast: lastOf(block) }),
  );
  routes.request('a bridge', setLinkUp(index));
  routes.close();
}
