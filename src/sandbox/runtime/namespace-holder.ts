// A process that does nothing but hold a user and a network namespace, for a runtime to join: a network is connected
// before there is anything in it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
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
    const pid = child.pid ?? 0;
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
async function untilUnshared({ stdin, stdout }: ChildProcess): Promise<void> {
  // Its end tells as much as an error of writing to it.
  stdin?.on('error', () => {});
  stdin?.write('\n');
  if (stdout === null) return;
  const [answer] = await Promise.race([once(stdout, 'data'), once(stdout, 'close')]);
  if (answer === undefined)
    throw new TsbuildError('SANDBOX_FAILED', 'unshare cannot make the namespaces for an OCI runtime');
}
