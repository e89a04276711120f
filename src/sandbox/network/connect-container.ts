// Connects a container whose namespaces stand: with the bridges of its user networks, and with the outside. What comes
// in and goes out passes through a program of the container's own, so that the addresses of clients are kept.
import { closeSync, openSync } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { knownProcess, type KnownProcess } from '../../host/known-process.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_WRONLY } from '../../host/syscalls/open-flags.js';
import { joinNetwork, type NetworkPlug } from './bridge/join-network.js';
import { operate, type OperatorTools } from './bridge/operator.js';
import { connectOutside, type ContainerNamespaces, type OutsideTools } from './connect-outside.js';
import { choosePorts, type WantedPort } from './host-ports.js';
import type { Outside, OutsideAddress, PortForward } from './container-tool.js';
import type { NetworkTool } from './network-tool.js';

/** What a container is connected with, as plain data. */
export interface ContainerNetworkPlan {
  /** Its user networks, in the order of `eth0`, `eth1`, … */
  readonly networks: readonly NetworkPlug[];
  /** Absent: nothing leads outside, as with `--network none` and internal networks. */
  readonly outside?: OutsidePlan | undefined;
}

export interface OutsidePlan extends OutsideAddress {
  readonly tool: NetworkTool;
  /** `eth0` on the default network, `ext0` beside bridges. */
  readonly interfaceName: string;
  readonly ports: readonly WantedPort[];
}

export interface ConnectedContainer {
  readonly ports: readonly PortForward[];
  /** Programs that belong to this run of the container. */
  readonly helpers: readonly KnownProcess[];
}

export interface ConnectTools extends OperatorTools {
  readonly outside: Omit<OutsideTools, 'operator'>;
}

/** A random port may be taken by another between its choice and its use. */
const TRIES = 5;

/**
 * @param pid of PID 1 of the container, which has not become its command yet
 * @throws TsbuildError PORT_TAKEN, SANDBOX_NO_NETWORK, SANDBOX_FAILED, NETWORK_*, ABORTED
 */
export async function connectContainer(
  tools: ConnectTools,
  plan: ContainerNetworkPlan,
  pid: number,
  signal: AbortSignal,
): Promise<ConnectedContainer> {
  const main = knownProcess(pid);
  if (!main) throw new TsbuildError('SANDBOX_FAILED', 'the container ended while its network was set up');
  const network = openSync(`/proc/${pid}/ns/net`, 'r');
  const user = openSync(`/proc/${pid}/ns/user`, 'r');
  try {
    prepare(tools, network);
    for (const plug of plan.networks) await joinNetwork(tools, plug, { main, namespace: network }, signal);
    if (!plan.outside) return { ports: [], helpers: [] };
    const outside = { ...tools.outside, operator: { calls: tools.calls, starter: tools.starter } };
    return await leadOutside(outside, plan.outside, { user, network });
  } finally {
    closeSync(network);
    closeSync(user);
  }
}

async function leadOutside(
  tools: OutsideTools,
  plan: OutsidePlan,
  namespaces: ContainerNamespaces,
  tries = TRIES,
): Promise<ConnectedContainer> {
  const ports = await choosePorts(plan.ports);
  try {
    const outside: Outside = { ...plan, ports };
    return { ports, helpers: [await connectOutside(tools, outside, namespaces)] };
  } catch (error) {
    const isRandom = plan.ports.some(({ hostPort, hostPortLast }) => hostPort === 0 || hostPortLast);
    if (isRandom && tries > 1) return leadOutside(tools, plan, namespaces, tries - 1);
    // Says which port it was, when that is the reason.
    await choosePorts(plan.ports);
    throw error;
  }
}

const LOWEST_OPEN_PORT = '/proc/sys/net/ipv4/ip_unprivileged_port_start';

/** `lo` is up, and every user of the container may listen on every port, as docker has it. */
function prepare(tools: OperatorTools, container: number): void {
  operate(tools, [container], ({ calls }, [fd = 0]) => {
    calls.enterNetwork(fd);
    calls.bringLoopbackUp();
    try {
      calls.write(calls.openat(AT_FDCWD, fromUtf8(LOWEST_OPEN_PORT), O_WRONLY), Buffer.from('0\n'));
    } catch (error) {
      // Where /proc/sys cannot be written, as in containers, root alone listens on ports below 1024.
      if (!isSystemCallError(error, 'EROFS', 'EACCES', 'ENOENT')) throw error;
    }
  });
}
