// Puts a container on a user network, and takes it off. The bridge is there from the first member to the last.
import { closeSync } from 'node:fs';
import { TsbuildError } from '../../../core/errors.js';
import { isSystemCallError } from '../../../host/syscalls/binding.js';
import { isAlive, type KnownProcess } from '../../../host/known-process.js';
import { closeBridge, namespaceOf, openBridge, type BridgeSettings } from './bridge.js';
import {
  readHolder,
  readMembers,
  underLock,
  writeMembers,
  type NetworkFiles,
  type NetworkMember,
} from './network-files.js';
import { plugIn, unplug } from './plug.js';
import type { OperatorTools } from './operator.js';

export interface NetworkPlug {
  /** Of the network, for errors. */
  readonly name: string;
  readonly files: NetworkFiles;
  readonly bridge: BridgeSettings;
  readonly member: Omit<NetworkMember, 'process' | 'interfaceName'>;
}

export interface ContainerEnd {
  /** PID 1 of the container. */
  readonly main: KnownProcess;
  /** Descriptor of its network namespace. */
  readonly namespace: number;
}

/** @throws TsbuildError SANDBOX_NO_NETWORK, SANDBOX_FAILED, ABORTED */
export async function joinNetwork(
  tools: OperatorTools,
  plug: NetworkPlug,
  end: ContainerEnd,
  signal: AbortSignal,
): Promise<NetworkMember> {
  try {
    return await join(tools, plug, end, signal);
  } catch (error) {
    throw noBridge(`cannot connect with the network ${plug.name}`, error);
  }
}

/** @throws TsbuildError SANDBOX_FAILED, ABORTED, SystemCallError */
function join(
  tools: OperatorTools,
  { files, bridge, member }: NetworkPlug,
  { main, namespace }: ContainerEnd,
  signal: AbortSignal,
): Promise<NetworkMember> {
  return underLock(tools.calls, files, signal, () => {
    const others = readMembers(files).filter(({ endpointId }) => endpointId !== member.endpointId);
    const opened = openBridge(tools, files, bridge);
    try {
      const stayed = opened.isNew ? others.map((other) => plugAgain(tools, opened.namespace, other)) : others;
      const interfaceName = plugIn(tools, { bridge: opened.namespace, container: namespace }, member);
      const joined = { ...member, process: main, interfaceName };
      writeMembers(files, [...stayed, joined]);
      return joined;
    } finally {
      closeSync(opened.namespace);
    }
  });
}

/** The bridge that it was on is gone, because its holder was killed. */
function plugAgain(tools: OperatorTools, bridge: number, member: NetworkMember): NetworkMember {
  if (member.interfaceName === undefined) return member;
  const container = namespaceOf(member.process);
  if (container === undefined) return member;
  try {
    return { ...member, interfaceName: plugIn(tools, { bridge, container }, member) };
  } finally {
    closeSync(container);
  }
}

function noBridge(what: string, cause: unknown): unknown {
  if (!isSystemCallError(cause)) return cause;
  return new TsbuildError('SANDBOX_NO_NETWORK', `${what}: the kernel refuses ${cause.message}`, { cause });
}

/**
 * Nothing for one that is not on it. The interface of a container that has ended is gone with it.
 * @param tools absent for a container that has ended
 * @throws TsbuildError SANDBOX_NO_NETWORK, SANDBOX_FAILED, ABORTED
 */
export async function leaveNetwork(
  calls: OperatorTools['calls'],
  files: NetworkFiles,
  endpointId: string,
  { tools, signal }: { readonly tools?: OperatorTools; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await underLock(calls, files, signal, () => {
      const members = readMembers(files);
      const left = members.find((member) => member.endpointId === endpointId);
      if (left && tools && isAlive(left.process)) takeOff(tools, files, left);
      const others = members.filter((member) => member.endpointId !== endpointId);
      writeMembers(files, others);
      if (others.length === 0) closeBridge(files);
    });
  } catch (error) {
    throw noBridge('cannot disconnect from the network', error);
  }
}

function takeOff(tools: OperatorTools, files: NetworkFiles, member: NetworkMember): void {
  const bridge = namespaceOf(readHolder(files));
  if (bridge === undefined) return;
  try {
    unplug(tools, bridge, member);
  } finally {
    closeSync(bridge);
  }
}
