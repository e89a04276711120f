// unshare(1) of util-linux, which makes the namespaces of workers and launchers: Node has threads and cannot unshare them itself.
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';

/** Options for a worker: it keeps its capabilities and dies with its parent. */
export const WORKER_NAMESPACES = [
  '--user',
  '--keep-caps',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--',
];

/** @throws TsbuildError SANDBOX_NO_UNSHARE */
export function findUnshare(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin'].filter((folder) =>
    folder.startsWith('/'),
  );
  const found = folders.map((folder) => join(folder, 'unshare')).find(isExecutable);
  if (found) return found;
  throw new TsbuildError('SANDBOX_NO_UNSHARE', 'unshare of util-linux is not installed, which RUN needs', {
    hint: 'sudo apt-get install util-linux',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absence is a value here.
    return false;
  }
}

/** What the words of unshare(1) mean, and the one command that helps. */
export function namespaceError(complaint: string, status: number | string | null): TsbuildError {
  const text = complaint.trim();
  if (/unrecognized option|invalid option/.test(text)) {
    return new TsbuildError('SANDBOX_NO_UNSHARE', `unshare is too old or not that of util-linux: ${text}`, {
      hint: 'install util-linux 2.36 or newer',
    });
  }
  if (/unshare failed|fork failed/.test(text)) {
    return new TsbuildError('SANDBOX_NO_USERNS', `this host does not allow user namespaces: ${text}`, {
      hint: unlockCommand(),
    });
  }
  return new TsbuildError(
    'SANDBOX_FAILED',
    `the sandbox worker ended unexpectedly (${status})${text ? `: ${text}` : ''}`,
  );
}

function unlockCommand(): string {
  const isSet = (path: string, value: string): boolean => {
    try {
      return readFileSync(path, 'utf8').trim() === value;
    } catch {
      // A kernel without that switch.
      return false;
    }
  };
  if (isSet('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1'))
    return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  if (isSet('/proc/sys/kernel/unprivileged_userns_clone', '0'))
    return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  if (isSet('/proc/sys/user/max_user_namespaces', '0'))
    return 'sudo sysctl -w user.max_user_namespaces=28633';
  return 'in a container, allow unshare and mount: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined';
}
