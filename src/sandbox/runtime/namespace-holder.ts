// A process that only holds a user and a network namespace, which a runtime joins. So the network is connected before a
// command is in it.
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { invariant, TsbuildError } from '../../core/errors.js';
import { attachNetwork, type AttachedNetwork } from '../network/attach-network.js';
import type { NetworkTool } from '../network/network-tool.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { idMapText } from '../../host/id-range.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';

export interface NamespaceHolder {
  readonly pid: number;
  close(): void;
}

/** @throws TsbuildError SANDBOX_NO_NETWORK | SANDBOX_FAILED */
export async function holdNamespaces(
  calls: SystemCalls,
  unshare: string,
  { tool, ownership }: { readonly tool: NetworkTool; readonly ownership: Ownership },
): Promise<NamespaceHolder> {
  const child = spawn(unshare, ['--user', '--net', '--', 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const close = (network?: AttachedNetwork): void => {
    network?.close();
    child.kill('SIGKILL');
  };
  try {
    await untilUnshared(child);
    const { pid } = child;
    invariant(pid !== undefined, 'a program that answers has been started');
    for (const file of ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${pid}/${file}`, idMapText(ownership.map));
    const network = await attachNetwork(calls, tool, pid);
    return { pid, close: () => close(network) };
  } catch (error) {
    close();
    throw error;
  }
}

/** What cat answers, it answers from the new namespaces. */
function untilUnshared(child: ChildProcess): Promise<void> {
  // Its end tells as much as an error of writing to it.
  child.stdin?.on('error', () => {});
  child.stdin?.write('\n');
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(
        new TsbuildError(
          'SANDBOX_FAILED',
          `unshare cannot make the namespaces for an OCI runtime: ${reason}`,
        ),
      );
    child.stdout?.once('data', () => resolve());
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(`it ended (${signal ?? code})`));
  });
}
