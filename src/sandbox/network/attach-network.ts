// Connects the network namespace of a waiting process by pasta or slirp4netns. The tool runs in the worker's namespaces
// and dies with it.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { TsbuildError } from '../../core/errors.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { toolArguments, type NetworkTool } from './network-tool.js';

export interface AttachedNetwork {
  /** Ends the tool, and with it the connection. Idempotent. */
  close(): void;
}

const MAX_COMPLAINT = 4096;

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
  const child = spawn(tool.program, toolArguments(tool.name, pid), {
    stdio: ['ignore', 'ignore', 'pipe', writeEnd],
    env: {},
  });
  closeSync(writeEnd);
  const ready = new Socket({ fd: readEnd, readable: true, writable: false });
  try {
    await untilReady(tool, child, ready);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    ready.destroy();
  }
  return { close: () => void child.kill('SIGKILL') };
}

function untilReady(tool: NetworkTool, child: ChildProcess, ready: Socket): Promise<void> {
  let complaint = '';
  child.stderr?.on(
    'data',
    (data: Buffer) => (complaint = (complaint + data.toString()).slice(-MAX_COMPLAINT)),
  );
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(
        new TsbuildError('SANDBOX_NO_NETWORK', `${tool.name} cannot connect a RUN step: ${reason}`, {
          hint: 'use --network host, or --network none',
        }),
      );
    ready.once('data', () => resolve());
    ready.once('error', (error) => fail(error.message));
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(complaint.trim() || `it ended (${signal ?? code})`));
  });
}
