// Connects a network namespace by pasta or slirp4netns. The tool runs in the worker's namespaces and dies with it.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { TsbuildError } from '../../core/errors.js';
import { lastWords } from '../../host/last-words.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { toolArguments, type NetworkTool } from './network-tool.js';

export interface AttachedNetwork {
  /** When the tool has ended, and with it the connection, whatever ended it. */
  readonly ended: Promise<void>;
  /** Ends the tool. Idempotent. */
  close(): void;
}

/**
 * @param pid of a process in the network namespace, whose user namespace has its ids.
 * @throws TsbuildError SANDBOX_NO_NETWORK
 */
export async function attachNetwork(
  calls: Pick<SystemCalls, 'pipe'>,
  tool: NetworkTool,
  pid: number,
): Promise<AttachedNetwork> {
  // A pipe, not the socket that Node would make: pasta opens it by its name.
  const { readEnd, writeEnd } = calls.pipe();
  const ready = new Socket({ fd: readEnd, readable: true, writable: false });
  const child = start(tool, pid, writeEnd);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await untilReady(tool, child, ready);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    ready.destroy();
  }
  return { ended, close: () => void child.kill('SIGKILL') };
}

/** @param ready is closed */
function start({ name, program }: NetworkTool, pid: number, ready: number): ChildProcess {
  try {
    return spawn(program, toolArguments(name, pid), { stdio: ['ignore', 'ignore', 'pipe', ready], env: {} });
  } finally {
    closeSync(ready);
  }
}

function untilReady(tool: NetworkTool, child: ChildProcess, ready: Socket): Promise<void> {
  const complaint = lastWords(child.stderr);
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(
        new TsbuildError('SANDBOX_NO_NETWORK', `${tool.name} cannot connect a network: ${reason}`, {
          hint: 'use --network host, or --network none',
        }),
      );
    ready.once('data', () => resolve());
    ready.once('error', (error) => fail(error.message));
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(complaint() || `it ended (${signal ?? code})`));
  });
}
