// unshare(1) of util-linux, which makes the namespaces of workers and launchers: Node has threads and cannot unshare
// them itself.
import { TsbuildError } from '../../core/errors.js';
import { findProgram } from '../../host/find-program.js';
import { OWN_UNSHARE, thisUsernsHost, unlockCommands } from './userns-switches.js';

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

/**
 * `tsbuild-unshare`, which a host may allow more than others, else `unshare`.
 * @throws TsbuildError SANDBOX_NO_UNSHARE
 */
export function findUnshare(): string {
  const found = findProgram(OWN_UNSHARE) ?? findProgram('unshare');
  if (found !== undefined) return found;
  throw new TsbuildError('SANDBOX_NO_UNSHARE', 'unshare of util-linux is not installed, which RUN needs', {
    hint: 'sudo apt-get install util-linux',
  });
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
      hint: unlockCommands(thisUsernsHost())[0],
    });
  }
  return workerEnd(complaint, status);
}

/** A stack trace is of tsbuild itself: a fault that no other isolation mends. */
export function workerEnd(complaint: string, status: number | string | null): TsbuildError {
  const text = complaint.trim();
  return new TsbuildError(
    /^ {4}at /m.test(text) ? 'INTERNAL' : 'SANDBOX_FAILED',
    `the sandbox worker ended unexpectedly (${status})${text ? `: ${text}` : ''}`,
  );
}
